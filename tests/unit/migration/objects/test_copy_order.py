"""What is created before what."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from bot.migration.objects.copy_order import CopyStage, ordered, stage_of
from bot.migration.objects.fields import Ref, ref_of
from bot.migration.objects.ownership import graph
from tests.unit.migration.builders import an

CHAIN = [
    "Namespace",
    "CustomResourceDefinition",
    "StorageClass",
    "ServiceAccount",
    "ClusterRole",
    "RoleBinding",
    "Secret",
    "ResourceQuota",
    "NetworkPolicy",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Service",
    "Deployment",
    "Coupon.shop.example",
    "HorizontalPodAutoscaler",
    "Ingress",
    "CronJob",
    "ValidatingWebhookConfiguration",
]


def ref(kind: str, name: str = "x") -> Ref:
    kind, _, group = kind.partition(".")
    return Ref(group, kind, "", name)


@given(seed=st.integers())
def test_the_order_of_kinds_does_not_depend_on_the_order_they_are_given_in(seed: int) -> None:
    refs = [ref(kind) for kind in CHAIN]
    random.Random(seed).shuffle(refs)
    flat = [item.kind for _, batches in ordered(refs, graph([])) for batch in batches for item in batch]
    assert flat == [kind.partition(".")[0] for kind in CHAIN]


def test_every_object_comes_exactly_once() -> None:
    refs = [ref(kind, name) for kind in CHAIN for name in "ab"] * 2
    flat = [item for _, batches in ordered(refs, graph([])) for batch in batches for item in batch]
    assert sorted(flat) == sorted(set(refs))


def test_policies_come_before_the_pods_that_they_isolate_and_webhooks_after_all() -> None:
    assert stage_of(ref("NetworkPolicy")) < stage_of(ref("Deployment"))
    assert max(CopyStage) is stage_of(ref("MutatingWebhookConfiguration"))


def test_a_kind_that_is_called_like_one_of_kubernetes_is_a_custom_resource() -> None:
    assert stage_of(ref("Service.serving.knative.dev")) is CopyStage.CUSTOM
    assert stage_of(ref("NetworkPolicy.projectcalico.org")) is CopyStage.POLICIES


def test_custom_resources_come_owners_first() -> None:
    cluster = an("Cluster", "c", api="db.example/v1")
    user = an("User", "a", api="db.example/v1", owner=cluster)
    [(stage, batches)] = ordered([ref_of(user), ref_of(cluster)], graph([cluster, user]))
    assert stage is CopyStage.CUSTOM
    assert batches == [[ref_of(cluster)], [ref_of(user)]]
