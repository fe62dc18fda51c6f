"""What durable work asks of the world: one project's Magnum, and a verification of one of its clusters."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Protocol

from bot.drivers.driver import Driver
from bot.drivers.verification.report import VerificationReport

Json = dict[str, Any]


class MagnumApi(Protocol):
    """What is asked of Magnum; all of it raises `MagnumError`."""

    def template(self, ref: str) -> Json: ...

    def clusters(self) -> list[Json]: ...

    def cluster(self, ref: str) -> Json: ...

    def create_cluster(self, values: Mapping[str, Any], *, operation: str) -> str: ...

    def delete_cluster(self, cluster: str, *, operation: str) -> None: ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProjectCloud:
    """One project's cloud."""

    cloud: str  # its name: what the names of clusters are unique within
    magnum: MagnumApi
    # a cluster's UUID and the driver it is meant to run, to what was found; raises `Problem`
    verify: Callable[[str, Driver | None], VerificationReport]
    # a cluster's UUID: it is gone, so what was found in it last says nothing any more
    forget: Callable[[str], None]


ProjectClouds = Callable[
    [str, str], ProjectCloud
]  # by project, for one operation; raises `Problem` if it has no cloud or is gone


class OpenMigrations(Protocol):
    """Which clusters open migrations name, as source or as target."""

    def naming(self, cluster: str, *, ordered_by: str = "") -> str | None:
        """The migration that names a cluster by its UUID, or that had it built; None if there is none.

        `ordered_by` is the operation of the cluster's mark: while it is built, nobody has noted its UUID yet.
        """
        ...


class NoMigrations:
    """Where there are no migrations."""

    def naming(self, cluster: str, *, ordered_by: str = "") -> str | None:
        """None does."""
        return None


@dataclasses.dataclass(frozen=True, kw_only=True)
class LifecycleTimeouts:
    """How long things may take."""

    create: timedelta
    delete: timedelta
    verify: timedelta
