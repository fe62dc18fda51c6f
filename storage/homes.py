"""Who has opened the App Home, what it shows, and a mark by which one sees that something may have
changed.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, insert, or_, select, update

from storage.database import Database
from storage.models import ApprovalRow, AuditHeadRow, ContinuationRow, HomeRow

Mark = tuple[int, ...]


class HomeRepository:
    """App Homes in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def opened(self, person: str, *, now: datetime) -> None:
        """Somebody looks at their Home: it is made anew, whatever it shows."""
        known = update(HomeRow).where(HomeRow.person == person).values(opened_at=now, digest="")
        with self._database.writing() as connection:
            if connection.execute(known.returning(HomeRow.person)).first() is None:
                connection.execute(
                    insert(HomeRow).values(person=person, opened_at=now, digest="", shown_at=now)
                )

    def open_since(self, since: datetime) -> dict[str, str]:
        """Who has opened it since, each with the digest of what they see."""
        statement = select(HomeRow.person, HomeRow.digest).where(HomeRow.opened_at >= since)
        with self._database.reading() as connection:
            return {row.person: row.digest for row in connection.execute(statement)}

    def claim(self, person: str, *, digest: str, now: datetime) -> bool:
        """Whether this replica is the one to show somebody a new view; False if it is shown already."""
        other = update(HomeRow).where(HomeRow.person == person, HomeRow.digest != digest)
        with self._database.writing() as connection:
            claimed = connection.execute(other.values(digest=digest, shown_at=now).returning(HomeRow.person))
            return claimed.first() is not None

    def forget(self, person: str, *, digest: str) -> None:
        """A view could not be shown: it is tried again."""
        mine = update(HomeRow).where(HomeRow.person == person, HomeRow.digest == digest)
        with self._database.writing() as connection:
            connection.execute(mine.values(digest=""))

    def mark(self) -> Mark:
        """Differs from the last one if anything that a Home shows may have changed."""
        unfinished = or_(ApprovalRow.state == "open", ApprovalRow.state == "approved")
        statements = (
            select(AuditHeadRow.position),
            select(func.count()).select_from(HomeRow).where(HomeRow.digest == ""),
            select(func.coalesce(func.sum(ApprovalRow.version), 0)).where(unfinished),
            select(func.count()).select_from(ContinuationRow).where(ContinuationRow.end.is_(None)),
        )
        with self._database.reading() as connection:
            return tuple(int(connection.execute(statement).scalar() or 0) for statement in statements)
