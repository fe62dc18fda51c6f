"""What the lifecycle workflows need from outside, as Protocols: a project's cloud, and open migrations."""

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
    """The cloud of one project, for one operation."""

    name: str  # names of clusters are unique within it
    magnum: MagnumApi
    # verifies a cluster by its UUID for the driver that it is meant to run; raises `Problem`
    verify: Callable[[str, Driver | None], VerificationReport]
    # drops the last verification of a cluster, by its UUID: the cluster is gone
    forget: Callable[[str], None]


# by project and operation; raises `Problem` if the project has no cloud or is gone
ProjectClouds = Callable[[str, str], ProjectCloud]


class OpenMigrations(Protocol):
    """Which clusters open migrations name, as source or as target."""

    def open_migration_of(self, cluster: str, *, ordered_by: str = "") -> str | None:
        """Return the migration that names a cluster by its UUID, or that ordered it; None if there is none.

        `ordered_by` is the operation in the cluster's label: while it is built, its UUID is recorded nowhere.
        """
        ...


class NoMigrations:
    """`OpenMigrations` for whoever needs no such protection: no migration names any cluster."""

    def open_migration_of(self, cluster: str, *, ordered_by: str = "") -> str | None:
        """Return None for every cluster."""
        return None


@dataclasses.dataclass(frozen=True, kw_only=True)
class LifecycleTimeouts:
    """How long each part of a cluster's life may take."""

    create: timedelta
    delete: timedelta
    verify: timedelta  # until the driver of a new cluster is healthy
