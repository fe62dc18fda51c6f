"""What buttons and forms stand for, under opaque ids."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select, update

from storage.database import Database
from storage.models import OfferRow


@dataclasses.dataclass(frozen=True, kw_only=True)
class Offer:
    """An action that was offered: where, in which project, by which operation's answer."""

    id: str
    operation: str
    action: dict[str, Any]
    project: str | None
    channel: str
    thread: str
    taken_by: str | None = None


class OfferRepository:
    """Offers in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(
        self,
        *,
        operation: str,
        action: dict[str, Any],
        project: str | None,
        channel: str,
        thread: str,
        now: datetime,
    ) -> str:
        """Keep an offer and return its id; the same action of the same operation keeps its id."""
        digest = hashlib.sha256(json.dumps(action, sort_keys=True).encode()).hexdigest()
        known = select(OfferRow.id).where(OfferRow.operation == operation, OfferRow.digest == digest)
        with self._database.writing() as connection:
            found = connection.execute(known).scalar()
            if found is not None:
                return str(found)
            made = uuid.uuid4().hex
            connection.execute(
                insert(OfferRow).values(
                    id=made,
                    operation=operation,
                    digest=digest,
                    action=action,
                    project=project,
                    channel=channel,
                    thread=thread,
                    made_at=now,
                )
            )
        return made

    def get(self, offer: str) -> Offer | None:
        """Look an offer up."""
        statement = select(
            OfferRow.id,
            OfferRow.operation,
            OfferRow.action,
            OfferRow.project,
            OfferRow.channel,
            OfferRow.thread,
            OfferRow.taken_by,
        ).where(OfferRow.id == offer)
        with self._database.reading() as connection:
            row = connection.execute(statement).mappings().first()
        return Offer(**row) if row is not None else None

    def take(self, offer: str, *, operation: str) -> bool:
        """Let an operation do what an offer stands for; False if another one does it or has done it."""
        free = or_(OfferRow.taken_by.is_(None), OfferRow.taken_by == operation)
        statement = update(OfferRow).where(OfferRow.id == offer, free).values(taken_by=operation)
        with self._database.writing() as connection:
            return connection.execute(statement.returning(OfferRow.id)).first() is not None

    def give_back(self, offer: str, *, operation: str) -> None:
        """Let an offer be pressed again: nothing came of it."""
        statement = update(OfferRow).where(OfferRow.id == offer, OfferRow.taken_by == operation)
        with self._database.writing() as connection:
            connection.execute(statement.values(taken_by=None))
