"""Changes of NetworkPolicies, with what a roll-back needs: the objects before and after each.

Table `policy_changes`, one row an operation. A change is stored before the cluster is asked to write. A crash
in between leaves it in the state `begun`, with everything that is needed to finish it, or to see that
somebody else has changed the policy first.
"""

import dataclasses
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.exc import IntegrityError

from storage.models.clusters import PolicyChangeRow
from storage.repository import Repository, columns_of

BEGUN, WRITTEN, GIVEN_UP = "begun", "written", "given_up"


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyChange:
    """One change. Objects are without what only the server writes; None means that there is no policy."""

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


class PolicyChangeRepository(Repository):
    """The NetworkPolicy changes of all projects."""

    def begin(self, change: PolicyChange) -> bool:
        """Store a change that is about to be made; return False if its operation has one already."""
        with self._database.writing() as connection:
            try:
                with connection.begin_nested():
                    connection.execute(insert(PolicyChangeRow).values(**dataclasses.asdict(change)))
            except IntegrityError:
                return False
        return True

    def mark_written(
        self,
        operation: str,
        *,
        after: dict[str, Any] | None,
        uid: str = "",
        version: str = "",
        note: str = "",
    ) -> None:
        """Store the object after the write; for a roll-back, also mark the change that it has reverted."""
        values = {"state": WRITTEN, "after": after, "after_uid": uid, "after_version": version, "note": note}
        undoes = select(PolicyChangeRow.undoes).where(PolicyChangeRow.operation == operation)
        with self._database.writing() as connection:
            connection.execute(_change(operation).values(**values))
            reverted = connection.execute(undoes).scalar()
            if reverted is not None:
                connection.execute(_change(reverted).values(undone_by=operation))

    def mark_given_up(self, operation: str, *, note: str) -> None:
        """Note that a change was not made, and why."""
        self._write(_change(operation).values(state=GIVEN_UP, note=note))

    def get(self, operation: str) -> PolicyChange | None:
        """Return the change of an operation, None if it has made none."""
        return next(iter(self._read(_changes().where(PolicyChangeRow.operation == operation))), None)

    def find(self, project: str, prefix: str) -> list[PolicyChange]:
        """Return the changes of a project whose operation begins with a reference, newest first."""
        referenced = PolicyChangeRow.operation.startswith(prefix, autoescape=True)
        return self._read(_changes().where(PolicyChangeRow.project == project, referenced))

    def of_cluster(self, project: str, cluster: str, *, limit: int) -> list[PolicyChange]:
        """Return the newest written changes of a cluster, newest first."""
        of_cluster = (PolicyChangeRow.project == project, PolicyChangeRow.cluster == cluster)
        return self._read(_changes().where(*of_cluster, PolicyChangeRow.state == WRITTEN).limit(limit))

    def _read(self, query: Select[Any]) -> list[PolicyChange]:
        return [PolicyChange(**row) for row in self._rows(query)]


def _change(operation: str) -> Any:
    return update(PolicyChangeRow).where(PolicyChangeRow.operation == operation)


def _changes() -> Select[Any]:
    columns = columns_of(PolicyChangeRow, PolicyChange)
    return select(*columns).order_by(PolicyChangeRow.at.desc(), PolicyChangeRow.operation)
