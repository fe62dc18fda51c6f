"""The last verification of each cluster."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select

from storage.database import Database
from storage.models import VerificationRow


@dataclasses.dataclass(frozen=True, kw_only=True)
class LastVerification:
    """What was found last; `cluster` is its id, never its name."""

    project: str
    cluster: str
    name: str
    verdict: str
    report: dict[str, Any]
    at: datetime


class VerificationRepository:
    """Last verifications in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, found: LastVerification) -> None:
        """Replace what is known of a cluster."""
        with self._database.writing() as connection:
            connection.execute(
                delete(VerificationRow).where(
                    VerificationRow.project == found.project, VerificationRow.cluster == found.cluster
                )
            )
            connection.execute(insert(VerificationRow).values(**dataclasses.asdict(found)))

    def forget(self, project: str, cluster: str) -> None:
        """A cluster is gone."""
        gone = delete(VerificationRow).where(
            VerificationRow.project == project, VerificationRow.cluster == cluster
        )
        with self._database.writing() as connection:
            connection.execute(gone)

    def of_project(self, project: str) -> list[LastVerification]:
        """Return the last verifications of a project's clusters, by name."""
        columns = [getattr(VerificationRow, field.name) for field in dataclasses.fields(LastVerification)]
        statement = select(*columns).where(VerificationRow.project == project).order_by(VerificationRow.name)
        with self._database.reading() as connection:
            return [LastVerification(**row) for row in connection.execute(statement).mappings()]
