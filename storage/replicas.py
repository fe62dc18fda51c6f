"""The running processes: one row per replica id, kept alive by a heartbeat.

Table `replicas`. A replica id belongs to one live process: it is claimed under a row lock, and refused while
the heartbeat of another process is young enough.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from storage.models.requests import ReplicaRow
from storage.repository import Repository


class ReplicaTaken(Exception):
    """Another live process has this replica id."""


class ReplicaRepository(Repository):
    """The replicas and their heartbeats. `instance` differs from process to process."""

    def claim(
        self, replica: str, *, instance: str, version: str, now: datetime, alive_for: timedelta
    ) -> None:
        """Claim a replica id for a process. Raises `ReplicaTaken` while another's heartbeat counts."""
        values = {"id": replica, "instance": instance, "version": version}
        query = select(ReplicaRow.instance, ReplicaRow.heartbeat_at).where(ReplicaRow.id == replica)
        with self._database.writing() as connection:
            row = connection.execute(query.with_for_update()).first()
            if row is not None and row.instance != instance and row.heartbeat_at > now - alive_for:
                raise ReplicaTaken(f"{replica} was alive at {row.heartbeat_at.isoformat()}")
            connection.execute(delete(ReplicaRow).where(ReplicaRow.id == replica))
            connection.execute(insert(ReplicaRow).values(**values, started_at=now, heartbeat_at=now))

    def heartbeat(self, replica: str, *, instance: str, now: datetime) -> bool:
        """Store a heartbeat; return False if another process has claimed the id."""
        mine = update(ReplicaRow).where(ReplicaRow.id == replica, ReplicaRow.instance == instance)
        return self._write(mine.values(heartbeat_at=now))

    def alive(self, *, since: datetime) -> list[str]:
        """Return the ids of the replicas whose last heartbeat is younger than a time, sorted."""
        alive = select(ReplicaRow.id).where(ReplicaRow.heartbeat_at > since).order_by(ReplicaRow.id)
        return [row["id"] for row in self._rows(alive)]

    def deregister(self, replica: str, *, instance: str) -> None:
        """Give a replica id back at an orderly end."""
        self._write(delete(ReplicaRow).where(ReplicaRow.id == replica, ReplicaRow.instance == instance))
