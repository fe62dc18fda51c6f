"""Owners and pods of controllers, where the documents of a whole cluster do not reach."""

from __future__ import annotations

from typing import Any

import pytest

from bot.policy.manifests import controllers
from bot.policy.manifests.controllers import OwnerIndex
from bot.policy.manifests.kube_objects import ManifestObject
from bot.policy.reach.field_errors import FieldErrors
from bot.policy.reach.model import Workload


def manifest_object(
    kind: str, name: str, owner: tuple[str, str] | None = None, **spec: Any
) -> ManifestObject:
    references = [{"kind": owner[0], "name": owner[1], "controller": True}] if owner else []
    value = {"metadata": {"name": name, "ownerReferences": references}, "spec": spec}
    return ManifestObject("test", "apps", kind, "shop", name, value, "")


def index(*objects: ManifestObject) -> OwnerIndex:
    return OwnerIndex({Workload("shop", obj.kind, obj.name): obj for obj in objects})


def test_owners_are_followed_to_the_topmost_one() -> None:
    job = manifest_object("Job", "night-1", ("CronJob", "night"))
    owners = index(job, manifest_object("CronJob", "night"))
    pod = manifest_object("Pod", "night-1-x", ("Job", "night-1"))
    assert owners.topmost_owner(pod) == Workload("shop", "CronJob", "night")
    assert owners.topmost_owner(job) == Workload("shop", "CronJob", "night")
    assert owners.topmost_owner(manifest_object("Pod", "bare")) is None


def test_an_object_that_owns_itself_ends_the_search() -> None:
    loop = manifest_object("Job", "loop", ("Job", "loop"))
    assert index(loop).topmost_owner(loop) == Workload("shop", "Job", "loop")


def test_a_mirror_of_a_static_pod_is_not_owned_by_its_node() -> None:
    assert index().topmost_owner(manifest_object("Pod", "etcd-n1", ("Node", "n1"))) is None


@pytest.mark.parametrize(
    ("kind", "spec", "count"),
    [
        pytest.param("Deployment", {"replicas": None}, 1, id="null-is-the-default"),
        pytest.param("DaemonSet", {"replicas": 5}, 1, id="a-daemon-set-is-one-pod"),
        pytest.param("Deployment", {"replicas": True}, 0, id="a-boolean-is-no-number"),
        pytest.param("Deployment", {"replicas": -1}, 0, id="below-zero"),
    ],
)
def test_a_controller_is_expanded_to_as_many_pods_as_it_says(
    kind: str, spec: dict[str, Any], count: int
) -> None:
    errors = FieldErrors()
    pods = list(controllers.expand(manifest_object(kind, "web", template={}, **spec), errors))
    assert len(pods) == count and len(errors.errors) == (0 if count else 1)
