"""The App Homes that people have opened, and a marker that differs when what they show may have changed.

Table `homes`. One replica at a time publishes a view: it claims the person's row by writing the digest of the
new view, and no other replica can claim the same digest.
"""

from datetime import datetime

from sqlalchemy import func, insert, or_, select, update

from storage.models.approvals import ApprovalRow
from storage.models.audit import AuditHeadRow
from storage.models.messages import HomeRow
from storage.models.requests import ContinuationRow
from storage.repository import Repository

ChangeMarker = tuple[int, ...]


class AppHomeRepository(Repository):
    """The App Homes of all people. An empty digest means that a view has to be published."""

    def record_opening(self, person: str, *, now: datetime) -> None:
        """Note that a person has opened their Home, so that its view is published anew."""
        values = {"opened_at": now, "digest": ""}
        with self._database.writing() as connection:
            home = update(HomeRow).where(HomeRow.person == person).values(**values)
            if not connection.execute(home).rowcount:
                connection.execute(insert(HomeRow).values(person=person, shown_at=now, **values))

    def open_since(self, since: datetime) -> dict[str, str]:
        """Return the people who have opened their Home since a time, each with the digest of the view."""
        homes = self._rows(select(HomeRow.person, HomeRow.digest).where(HomeRow.opened_at >= since))
        return {row["person"]: row["digest"] for row in homes}

    def claim(self, person: str, *, digest: str, now: datetime) -> bool:
        """Claim the publication of a view; return False if this view is published or claimed already."""
        outdated = update(HomeRow).where(HomeRow.person == person, HomeRow.digest != digest)
        return self._write(outdated.values(digest=digest, shown_at=now))

    def release_claim(self, person: str, *, digest: str) -> None:
        """Undo the claim of a view that could not be published, so that it is tried again."""
        mine = update(HomeRow).where(HomeRow.person == person, HomeRow.digest == digest)
        self._write(mine.values(digest=""))

    def change_marker(self) -> ChangeMarker:
        """Return a marker that differs from an earlier one if anything that a Home shows may have changed."""
        unfinished = or_(ApprovalRow.state == "open", ApprovalRow.state == "approved")
        counts = (
            select(AuditHeadRow.position),
            select(func.count()).select_from(HomeRow).where(HomeRow.digest == ""),
            select(func.coalesce(func.sum(ApprovalRow.version), 0)).where(unfinished),
            select(func.count()).select_from(ContinuationRow).where(ContinuationRow.end.is_(None)),
        )
        with self._database.reading() as connection:
            return tuple(int(connection.execute(count).scalar() or 0) for count in counts)
