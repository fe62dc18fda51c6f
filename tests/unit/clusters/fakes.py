"""Fakes of what the services of clusters stand on: Magnum, a project, and the context of a request."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.actions.request import OperationId, Person, Place
from bot.actions.service import Context
from bot.adapters.kube.connection_pools import ConnectionPools
from bot.adapters.openstack.magnum_errors import MagnumError, MagnumNotFound
from bot.clusters.catalog import ClusterCatalog, ConfiguredEntry
from bot.clusters.cluster import NoCloud
from bot.clusters.projects import ProjectParts, Projects
from bot.clusters.templates.spec import Defaults

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OPERATION = OperationId("7f3a" + "0" * 28)
DEFAULTS = Defaults(
    image="fcos", flavor="m1", external_network="public", kubernetes="v1.29.5", container_runtime="containerd"
)

Json = dict[str, Any]


def cluster(name: str = "dev", **changes: Any) -> Json:
    """A cluster as Magnum lists it."""
    body = {
        "uuid": f"u-{name}",
        "name": name,
        "status": "CREATE_COMPLETE",
        "cluster_template_id": "t-base",
        "node_count": 3,
        "master_count": 1,
        "created_at": "2026-11-01T08:00:00+00:00",
        "api_address": "https://10.0.0.1:6443",
        "labels": {},
    }
    return {**body, **changes}


def template(name: str = "base", **changes: Any) -> Json:
    """A cluster template as Magnum lists it."""
    body = {
        "uuid": f"t-{name}",
        "name": name,
        "network_driver": "calico",
        "image_id": "fcos",
        "public": False,
        "hidden": False,
        "created_at": "2026-11-01T08:00:00+00:00",
        "labels": {"kube_tag": "v1.29.5"},
    }
    return {**body, **changes}


class FakeMagnum:
    """A Magnum of two lists. `failure` is raised by whatever is asked; `sent` has what was changed."""

    cloud = "xloud"

    def __init__(self, *, clusters: Sequence[Json] = (), templates: Sequence[Json] = ()) -> None:
        self.cluster_bodies = list(clusters)
        self.template_bodies = list(templates)
        self.failure: MagnumError | None = None
        self.sent: list[Any] = []

    def clusters(self) -> list[Json]:
        self._fail()
        return list(self.cluster_bodies)

    def cluster(self, ref: str) -> Json:
        self._fail()
        return self._one(self.cluster_bodies, ref)

    def templates(self) -> list[Json]:
        self._fail()
        return list(self.template_bodies)

    def template(self, ref: str) -> Json:
        return self._one(self.template_bodies, ref)

    def create_template(self, values: Mapping[str, Any], *, operation: str) -> Json:
        self.sent.append(dict(values))
        body = template(**{**values, "uuid": str(uuid.uuid4()), "created_at": NOW.isoformat()})
        self.template_bodies.append(body)
        return body

    def update_template(self, ref: str, patch: Sequence[Json], *, operation: str) -> Json:
        self.sent.append(list(patch))
        body = self._one(self.template_bodies, ref)
        body |= {change["path"].removeprefix("/"): change["value"] for change in patch}
        return body

    def delete_template(self, ref: str, *, operation: str) -> None:
        self.template_bodies.remove(self._one(self.template_bodies, ref))

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure

    def _one(self, bodies: list[Json], ref: str) -> Json:
        body = next((body for body in bodies if body["uuid"] == ref), None)
        if body is None:
            raise MagnumNotFound(f"there is no {ref}")
        return body


class FakeProjects(Projects):
    """One project over a fake Magnum, for every name and operation."""

    def __init__(self, magnum: FakeMagnum | None, **configured: ConfiguredEntry) -> None:
        catalog = ClusterCatalog(project="shop", magnum=magnum, configured=configured)
        self.parts = FakeParts(
            name="shop",
            magnum=magnum,  # type: ignore[arg-type]
            catalog=catalog,
            credentials=None,  # type: ignore[arg-type]
            defaults=DEFAULTS,
            pools=ConnectionPools(),
        )

    def get(self, name: str | None, *, operation: str = "") -> ProjectParts:
        return self.parts


class FakeParts(ProjectParts):
    """A project into whose clusters nobody gets."""

    def connect(self, cluster: Any, *, operation: str, seconds: float, answer: float | None = None) -> Any:
        raise NoCloud("no credentials", why="in this test")


def context(*, person: str = "U1", resumed: bool = False) -> Context:
    """The context of one request."""
    return Context(
        operation=OPERATION,
        reference="7f3a",
        person=Person(id=person, team="T", name="ana"),
        place=Place(channel="C", thread=""),
        project="shop",
        resumed=resumed,
        progress=lambda _state: None,
    )
