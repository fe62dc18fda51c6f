"""Changes of NetworkPolicies: what was there before, what was written, and what came of it.

A change is noted before the cluster is asked to write, so that a crash in between leaves it `begun`, with
everything that is needed to finish it or to see that somebody else came first.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.exc import IntegrityError

from storage.database import Database
from storage.models import PolicyChangeRow

BEGUN, WRITTEN, GIVEN_UP = "begun", "written", "given_up"


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyChange:
    """One change. `before` and `after` are objects without what only the server writes; None: no such
    policy.
    """

    operation: str
    project: str
    cluster: str
    cluster_name: str
    namespace: str
    policy: str
    kind: str  # apply, delete, rollback
    actor: str
    at: datetime
    state: str = BEGUN
    before: dict[str, Any] | None = None
    before_uid: str = ""
    before_version: str = ""
    wanted: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    after_uid: str = ""
    after_version: str = ""
    note: str = ""
    undoes: str | None = None
    undone_by: str | None = None


class PolicyChangeRepository:
    """Changes of policies in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, change: PolicyChange) -> bool:
        """Note a change that is about to be made; False if its operation has one already."""
        with self._database.writing() as connection:
            try:
                with connection.begin_nested():
                    connection.execute(insert(PolicyChangeRow).values(**dataclasses.asdict(change)))
            except IntegrityError:
                return False
        return True

    def written(
        self,
        operation: str,
        *,
        after: dict[str, Any] | None,
        uid: str = "",
        version: str = "",
        note: str = "",
    ) -> None:
        """Note what is there now; a roll-back also marks what it took back."""
        values = {"state": WRITTEN, "after": after, "after_uid": uid, "after_version": version, "note": note}
        with self._database.writing() as connection:
            connection.execute(
                update(PolicyChangeRow).where(PolicyChangeRow.operation == operation).values(**values)
            )
            undoes = connection.execute(
                select(PolicyChangeRow.undoes).where(PolicyChangeRow.operation == operation)
            ).scalar()
            if undoes is not None:
                connection.execute(
                    update(PolicyChangeRow)
                    .where(PolicyChangeRow.operation == undoes)
                    .values(undone_by=operation)
                )

    def give_up(self, operation: str, *, note: str) -> None:
        """Note that a change was not made, and why."""
        with self._database.writing() as connection:
            connection.execute(
                update(PolicyChangeRow)
                .where(PolicyChangeRow.operation == operation)
                .values(state=GIVEN_UP, note=note)
            )

    def get(self, operation: str) -> PolicyChange | None:
        """The change of an operation."""
        return next(iter(self._read(_changes().where(PolicyChangeRow.operation == operation))), None)

    def find(self, project: str, prefix: str) -> list[PolicyChange]:
        """The changes of a project whose operation begins with a reference, newest first."""
        wanted = PolicyChangeRow.operation.startswith(prefix, autoescape=True)
        return self._read(_changes().where(PolicyChangeRow.project == project, wanted))

    def of_cluster(self, project: str, cluster: str, *, limit: int) -> list[PolicyChange]:
        """The newest written changes of a cluster, newest first."""
        mine = (
            PolicyChangeRow.project == project,
            PolicyChangeRow.cluster == cluster,
            PolicyChangeRow.state == WRITTEN,
        )
        return self._read(_changes().where(*mine).limit(limit))

    def _read(self, statement: Select[Any]) -> list[PolicyChange]:
        with self._database.reading() as connection:
            return [PolicyChange(**row) for row in connection.execute(statement).mappings()]


def _changes() -> Select[Any]:
    columns = [getattr(PolicyChangeRow, field.name) for field in dataclasses.fields(PolicyChange)]
    return select(*columns).order_by(PolicyChangeRow.at.desc(), PolicyChangeRow.operation)
