"""Migrations of clusters: where each stands, its plan, and what somebody wants of it.

The workflow writes where it stands and reads what is wanted; requests read the first and write the second. So
a click needs no running workflow, and a workflow that was taken over by another replica hears it all the
same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, delete, insert, or_, select, text, update

from storage.database import Database
from storage.models import MigrationRow, MigrationTurnRow

RUNNING, PAUSED, BACK = "running", "paused", "going back"
DONE, CANCELLED, ROLLED_BACK, FAILED = "done", "cancelled", "rolled back", "failed"
OPEN_STATES = (RUNNING, PAUSED, BACK)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterMigration:
    """One migration. `source` and `target` are ids of clusters; `history` is what was done, oldest first."""

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
        """Whether it has not come to its end."""
        return self.state in OPEN_STATES


@dataclasses.dataclass(frozen=True, kw_only=True)
class PendingSignal:
    """The newest that somebody wants of a migration; number 0: nobody has wanted anything yet."""

    word: str
    number: int
    by: str


class ClusterMigrationRepository:
    """Migrations in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- looking

    def get(self, migration: str, *, project: str | None = None) -> ClusterMigration | None:
        """One migration; None if there is none of that id, or it is another project's."""
        found = next(iter(self._read(_rows().where(MigrationRow.id == migration))), None)
        return found if found is not None and project in (None, found.project) else None

    def wish(self, migration: str) -> PendingSignal | None:
        """What is wanted of a migration. Of a row that holds a whole plan little is read: many look
        every few seconds.
        """
        columns = (MigrationRow.control, MigrationRow.control_number, MigrationRow.control_by)
        with self._database.reading() as connection:
            found = connection.execute(select(*columns).where(MigrationRow.id == migration)).first()
        return PendingSignal(word=found[0], number=found[1], by=found[2]) if found is not None else None

    def of_project(self, project: str, *, limit: int = 50) -> list[ClusterMigration]:
        """The migrations of a project, newest first."""
        return self._read(_rows().where(MigrationRow.project == project).limit(limit))

    def of_operations(self, operations: Sequence[str]) -> list[ClusterMigration]:
        """The migrations that some operations have begun."""
        return self._read(_rows().where(MigrationRow.operation.in_(operations))) if operations else []

    def naming(self, cluster: str, *, ordered_by: str = "") -> str | None:
        """The open migration that names a cluster by its id, as source or target, or whose operation
        ordered it.
        """
        ordered = and_(MigrationRow.state.in_(OPEN_STATES), MigrationRow.operation == ordered_by)
        either = or_(_names(cluster), ordered) if ordered_by else _names(cluster)
        found = self._read(_rows().where(either).limit(1))
        return found[0].id if found else None

    # --- changing

    def begin(self, made: ClusterMigration) -> ClusterMigration:
        """Keep a new migration; returns what stands in its way: another open one, or this very one.

        One open migration at most names a cluster. A second attempt of an operation gets what it has.
        """
        own = MigrationRow.operation == made.operation
        wanted = [_names(each) for each in (made.source, made.target) if each]
        with self._database.writing() as connection:
            if (
                self._database.dialect == "postgresql"
            ):  # two that begin at one moment would not see each other
                connection.execute(text("LOCK TABLE migrations IN SHARE ROW EXCLUSIVE MODE"))
            known = connection.execute(_rows().where(own)).mappings().first()
            known = known or connection.execute(_rows().where(or_(*wanted))).mappings().first()
            if known is not None:
                return ClusterMigration(**known)
            connection.execute(insert(MigrationRow).values(**dataclasses.asdict(made)))
        return made

    def stands(self, migration: str, **values: Any) -> None:
        """Note where it stands: any of `state`, `step`, `since`, `waits`, `target`, `plan`, `digest`,
        `ended_at`.

        With its end its turn ends.
        """
        with self._database.writing() as connection:
            if values.get("state", RUNNING) not in OPEN_STATES:
                connection.execute(delete(MigrationTurnRow).where(MigrationTurnRow.migration == migration))
            connection.execute(update(MigrationRow).where(MigrationRow.id == migration).values(**values))

    def tell(self, migration: str, event: dict[str, Any], *, once: str) -> None:
        """Add to its history what `once` has not been told of yet."""
        with self._database.writing() as connection:
            found = (
                connection.execute(_rows().where(MigrationRow.id == migration).with_for_update())
                .mappings()
                .first()
            )
            if found is None or any(each.get("once") == once for each in found["history"]):
                return
            history = [*found["history"], {**event, "once": once}]
            connection.execute(
                update(MigrationRow).where(MigrationRow.id == migration).values(history=history)
            )

    def want(self, migration: str, control: str, *, by: str, operation: str) -> ClusterMigration | None:
        """Note what somebody wants of an open migration; the same operation again wants it once."""
        with self._database.writing() as connection:
            row = (
                connection.execute(_rows().where(MigrationRow.id == migration).with_for_update())
                .mappings()
                .first()
            )
            found = ClusterMigration(**row) if row is not None else None
            if found is None or not found.open:
                return found
            once = f"wanted:{operation}"
            if any(each.get("once") == once for each in found.history):
                return found
            wish = {"what": control, "by": by, "once": once, "number": found.control_number + 1}
            values: dict[str, Any] = {
                "control": control,
                "control_number": found.control_number + 1,
                "control_by": by,
                "history": [*found.history, wish],
            }
            connection.execute(update(MigrationRow).where(MigrationRow.id == migration).values(**values))
            return dataclasses.replace(found, **values)

    def _read(self, statement: Select[Any]) -> list[ClusterMigration]:
        with self._database.reading() as connection:
            return [ClusterMigration(**row) for row in connection.execute(statement).mappings()]


def _names(cluster: str) -> Any:
    either = or_(MigrationRow.source == cluster, MigrationRow.target == cluster)
    return MigrationRow.state.in_(OPEN_STATES) & either


def _rows() -> Select[Any]:
    columns = [getattr(MigrationRow, field.name) for field in dataclasses.fields(ClusterMigration)]
    return select(*columns).order_by(MigrationRow.begun_at.desc(), MigrationRow.id)
