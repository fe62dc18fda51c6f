"""Migrations of clusters: the plan and the state of each, and the signals that people send to it.

Table `migrations`. The workflow writes the state and reads the signals; requests do the opposite. So a click
needs no running workflow, and a workflow that another replica has taken over receives its signals all the
same. An open migration is the only one that names its clusters: `create` guarantees it in its transaction.
"""

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, insert, or_, select, text, update

from storage.models.clusters import MigrationRow, MigrationTurnRow
from storage.repository import Repository, columns_of

RUNNING, PAUSED, BACK = "running", "paused", "going back"
DONE, CANCELLED, ROLLED_BACK, FAILED = "done", "cancelled", "rolled back", "failed"
OPEN_STATES = (RUNNING, PAUSED, BACK)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterMigration:
    """One migration. `source` and `target` are cluster ids; `history` holds its events, oldest first."""

    id: str
    operation: str
    project: str
    source: str
    source_name: str
    target: str
    target_name: str
    actor: str
    actor_name: str
    begun_at: datetime
    order: dict[str, Any]
    plan: dict[str, Any] = dataclasses.field(repr=False)
    digest: str
    state: str = RUNNING
    step: str = ""
    since: datetime
    waits: str = ""
    history: list[dict[str, Any]] = dataclasses.field(default_factory=list, repr=False)
    control: str = ""
    control_number: int = 0
    control_by: str = ""
    ended_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether the migration has not come to its end."""
        return self.state in OPEN_STATES

    def knows(self, once: str) -> bool:
        """Whether the history has an event with this idempotency key."""
        return any(event.get("once") == once for event in self.history)


@dataclasses.dataclass(frozen=True, kw_only=True)
class PendingSignal:
    """The newest signal to a migration: `word` is what is asked for; number 0 means that there is none."""

    word: str
    number: int
    by: str


class ClusterMigrationRepository(Repository):
    """The migrations of all projects."""

    # --- queries

    def get(self, migration: str, *, project: str | None = None) -> ClusterMigration | None:
        """Return a migration; None if there is none of that id, or it is another project's."""
        of_project = () if project is None else (MigrationRow.project == project,)
        return next(iter(self._read(_migrations().where(MigrationRow.id == migration, *of_project))), None)

    def pending_signal(self, migration: str) -> PendingSignal | None:
        """Return the newest signal to a migration, None for an unknown one.

        Workflows ask every few seconds, so this reads none of the plan and the history.
        """
        control, number, by = MigrationRow.control, MigrationRow.control_number, MigrationRow.control_by
        signal = select(control.label("word"), number.label("number"), by.label("by"))
        row = self._row(signal.where(MigrationRow.id == migration))
        return PendingSignal(**row) if row is not None else None

    def of_project(self, project: str, *, limit: int = 50) -> list[ClusterMigration]:
        """Return the migrations of a project, newest first."""
        return self._read(_migrations().where(MigrationRow.project == project).limit(limit))

    def of_operations(self, operations: Sequence[str]) -> list[ClusterMigration]:
        """Return the migrations that some operations have started, newest first."""
        return self._read(_migrations().where(MigrationRow.operation.in_(operations))) if operations else []

    def open_migration_of(self, cluster: str, *, ordered_by: str = "") -> str | None:
        """Return the id of the open migration that uses a cluster as its source or target, or has ordered it.

        `ordered_by` is the operation that has ordered the cluster: until the deployment is over, the
        migration does not know the cluster's id.
        """
        uses = _uses(cluster)
        if ordered_by:
            is_open = MigrationRow.state.in_(OPEN_STATES)
            uses = or_(uses, and_(is_open, MigrationRow.operation == ordered_by))
        migrations = self._read(_migrations().where(uses).limit(1))
        return migrations[0].id if migrations else None

    def _read(self, query: Select[Any]) -> list[ClusterMigration]:
        return [ClusterMigration(**row) for row in self._rows(query)]

    # --- changes

    def create(self, migration: ClusterMigration) -> ClusterMigration:
        """Store a new migration and return it, or return the one that stands in its way.

        That is an open migration of one of its clusters, or the one that this operation has stored before.
        """
        same_operation = _migrations().where(MigrationRow.operation == migration.operation)
        clusters = [_uses(cluster) for cluster in (migration.source, migration.target) if cluster]
        with self._database.writing() as connection:
            if (
                self._database.dialect == "postgresql"
            ):  # two that begin at one moment would not see each other
                connection.execute(text("LOCK TABLE migrations IN SHARE ROW EXCLUSIVE MODE"))
            for query in (same_operation, _migrations().where(or_(*clusters))):
                existing = connection.execute(query).mappings().first()
                if existing is not None:
                    return ClusterMigration(**existing)
            connection.execute(insert(MigrationRow).values(**dataclasses.asdict(migration)))
        return migration

    def update_state(self, migration: str, **values: Any) -> None:
        """Store any of `state`, `step`, `since`, `waits`, `target`, `plan`, `digest` and `ended_at`.

        The transaction that ends a migration also releases its concurrency permit.
        """
        with self._database.writing() as connection:
            if values.get("state", RUNNING) not in OPEN_STATES:
                connection.execute(delete(MigrationTurnRow).where(MigrationTurnRow.migration == migration))
            connection.execute(_update(migration).values(**values))

    def append_event(self, migration: str, event: dict[str, Any], *, once: str) -> None:
        """Append an event to the history, unless it has one with the idempotency key `once`."""
        with self._database.writing() as connection:
            current = _locked(connection, migration)
            if current is not None and not current.knows(once):
                history = [*current.history, {**event, "once": once}]
                connection.execute(_update(migration).values(history=history))

    def send_signal(
        self, migration: str, control: str, *, by: str, operation: str
    ) -> ClusterMigration | None:
        """Send a signal to an open migration, once an operation; return the migration, None if unknown."""
        once = f"wanted:{operation}"
        with self._database.writing() as connection:
            current = _locked(connection, migration)
            if current is None or not current.open or current.knows(once):
                return current
            number = current.control_number + 1
            event = {"what": control, "by": by, "once": once, "number": number}
            values: dict[str, Any] = {"control": control, "control_number": number, "control_by": by}
            values["history"] = [*current.history, event]
            connection.execute(_update(migration).values(**values))
            return dataclasses.replace(current, **values)


def _uses(cluster: str) -> Any:
    """The condition that an open migration has a cluster as its source or target."""
    either = or_(MigrationRow.source == cluster, MigrationRow.target == cluster)
    return and_(MigrationRow.state.in_(OPEN_STATES), either)


def _migrations() -> Select[Any]:
    columns = columns_of(MigrationRow, ClusterMigration)
    return select(*columns).order_by(MigrationRow.begun_at.desc(), MigrationRow.id)


def _update(migration: str) -> Any:
    return update(MigrationRow).where(MigrationRow.id == migration)


def _locked(connection: Connection, migration: str) -> ClusterMigration | None:
    query = _migrations().where(MigrationRow.id == migration).with_for_update()
    row = connection.execute(query).mappings().first()
    return ClusterMigration(**row) if row is not None else None
