"""Which processes run: one row per replica id, kept alive by a heartbeat."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from storage.database import Database
from storage.models import ReplicaRow


class ReplicaTaken(Exception):
    """Another live process has this replica id."""


class ReplicaRepository:
    """Replicas in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(
        self, replica: str, *, instance: str, version: str, now: datetime, alive_for: timedelta
    ) -> None:
        """Take a replica id for a process. Raises `ReplicaTaken` while another's heartbeat lives."""
        with self._database.writing() as connection:
            query = select(ReplicaRow.instance, ReplicaRow.heartbeat_at).where(ReplicaRow.id == replica)
            row = connection.execute(query.with_for_update()).first()
            if row is not None and row.instance != instance and row.heartbeat_at > now - alive_for:
                raise ReplicaTaken(f"{replica} was alive at {row.heartbeat_at.isoformat()}")
            connection.execute(delete(ReplicaRow).where(ReplicaRow.id == replica))
            connection.execute(
                insert(ReplicaRow).values(
                    id=replica, instance=instance, version=version, started_at=now, heartbeat_at=now
                )
            )

    def beat(self, replica: str, *, instance: str, now: datetime) -> bool:
        """Say that a process lives; False if its id was taken by another."""
        statement = (
            update(ReplicaRow)
            .where(ReplicaRow.id == replica, ReplicaRow.instance == instance)
            .values(heartbeat_at=now)
            .returning(ReplicaRow.id)
        )
        with self._database.writing() as connection:
            return connection.execute(statement).first() is not None

    def alive(self, *, since: datetime) -> list[str]:
        """The replicas whose last heartbeat is younger than a time, by name."""
        statement = select(ReplicaRow.id).where(ReplicaRow.heartbeat_at > since).order_by(ReplicaRow.id)
        with self._database.reading() as connection:
            return list(connection.execute(statement).scalars())

    def leave(self, replica: str, *, instance: str) -> None:
        """Give a replica id back at an orderly end."""
        with self._database.writing() as connection:
            connection.execute(
                delete(ReplicaRow).where(ReplicaRow.id == replica, ReplicaRow.instance == instance)
            )
