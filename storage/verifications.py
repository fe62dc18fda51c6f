"""The last verification of each cluster, for the App Home and for what other services say of a cluster.

Table `verifications`. One row a cluster, replaced in one transaction; older verifications are in the audit
log.
"""

import dataclasses
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select

from storage.models.clusters import VerificationRow
from storage.repository import Repository, columns_of


@dataclasses.dataclass(frozen=True, kw_only=True)
class LastVerification:
    """The result of a cluster's last verification; `cluster` is its id, never its name."""

    project: str
    cluster: str
    name: str
    verdict: str
    report: dict[str, Any]
    at: datetime


class VerificationRepository(Repository):
    """The last verifications of all projects."""

    def store(self, verification: LastVerification) -> None:
        """Store a verification in place of the cluster's last one."""
        cluster = (
            VerificationRow.project == verification.project,
            VerificationRow.cluster == verification.cluster,
        )
        with self._database.writing() as connection:
            connection.execute(delete(VerificationRow).where(*cluster))
            connection.execute(insert(VerificationRow).values(**dataclasses.asdict(verification)))

    def delete(self, project: str, cluster: str) -> None:
        """Delete the verification of a cluster that is gone."""
        cluster_rows = (VerificationRow.project == project, VerificationRow.cluster == cluster)
        self._write(delete(VerificationRow).where(*cluster_rows))

    def of_project(self, project: str) -> list[LastVerification]:
        """Return the last verifications of a project's clusters, sorted by name."""
        columns = columns_of(VerificationRow, LastVerification)
        query = select(*columns).where(VerificationRow.project == project).order_by(VerificationRow.name)
        return [LastVerification(**row) for row in self._rows(query)]
