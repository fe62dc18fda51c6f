"""The actions behind buttons and forms, which carry nothing but an opaque id.

Table `offers`. The same action of the same operation keeps its id, so that a message which is shown again has
the same buttons. A button that starts a change is claimed by the first operation that does it; all others are
told so. Rights are not stored: they are checked again on every click.
"""

import dataclasses
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select, update

from bot.common.canonical_json import spaced_digest
from storage.models.messages import OfferRow
from storage.repository import Repository, columns_of


@dataclasses.dataclass(frozen=True, kw_only=True)
class ButtonAction:
    """An action that a message offers: where, in which project, in the answer of which operation."""

    id: str
    operation: str
    action: dict[str, Any]
    project: str | None
    channel: str
    thread: str
    taken_by: str | None = None


class ButtonActionRepository(Repository):
    """The offered actions, by their opaque ids."""

    def store(
        self,
        *,
        operation: str,
        action: dict[str, Any],
        project: str | None,
        channel: str,
        thread: str,
        now: datetime,
    ) -> str:
        """Store an action and return its id; the same action of the same operation keeps its id."""
        digest = spaced_digest(action)
        same = select(OfferRow.id).where(OfferRow.operation == operation, OfferRow.digest == digest)
        values = {"operation": operation, "digest": digest, "action": action, "project": project}
        with self._database.writing() as connection:
            offer = connection.execute(same).scalar()
            if offer is None:
                offer = uuid.uuid4().hex
                place = {"channel": channel, "thread": thread, "made_at": now}
                connection.execute(insert(OfferRow).values(id=offer, **values, **place))
        return str(offer)

    def get(self, offer: str) -> ButtonAction | None:
        """Return the action behind an id, None if there is none."""
        row = self._row(select(*columns_of(OfferRow, ButtonAction)).where(OfferRow.id == offer))
        return ButtonAction(**row) if row is not None else None

    def claim(self, offer: str, *, operation: str) -> bool:
        """Claim an action for an operation; return False if another operation has claimed it."""
        free = or_(OfferRow.taken_by.is_(None), OfferRow.taken_by == operation)
        return self._write(update(OfferRow).where(OfferRow.id == offer, free).values(taken_by=operation))

    def release_claim(self, offer: str, *, operation: str) -> None:
        """Release the claim of an operation that has changed nothing, so that a click counts again."""
        mine = update(OfferRow).where(OfferRow.id == offer, OfferRow.taken_by == operation)
        self._write(mine.values(taken_by=None))
