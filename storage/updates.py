"""The budget of `chat.update` that all replicas share, and the updates that wait for it.

The budget is one moment in the database (the generic cell rate algorithm): each call moves it on by the
interval that the rate leaves between two calls, and a call may be made while the moment is not too far ahead.
How far that may be is the burst that an urgent call is allowed and one that can wait is not. Replicas whose
messages follow work that goes on take turns according to how many each has, so that no message grows older
than another.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Delete, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from storage.database import Database
from storage.models import UpdateBudgetRow, UpdateShareRow, WaitingUpdateRow

BUDGET = "chat.update"
BESIDE = "beside progress"  # the part of it that is not needed to keep messages that follow work fresh
FRESH = timedelta(seconds=86)  # so old a message that follows work may become before it has its turn
SLOWEST = timedelta(
    seconds=60
)  # so often one call is made beside progress, however many messages follow work
AHEAD = 2  # calls beside progress that may be made at once
SHARE_LIVES = timedelta(seconds=20)  # a replica that was not heard of for so long has no share


@dataclasses.dataclass(frozen=True, kw_only=True)
class WaitingUpdate:
    """An update that could not be sent at once."""

    id: int
    channel: str
    ts: str
    text: str
    blocks: list[dict[str, Any]]
    made_at: datetime


class UpdateRepository:
    """Budget and waiting updates in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(
        self,
        *,
        interval: timedelta,
        ahead: timedelta,
        now: datetime,
        overtakes: tuple[str, str] | None = None,
    ) -> timedelta:
        """Take one call out of the budget if it is at most so far ahead; zero if taken, else how long to
        wait.

        What waits for the slot (operation and slot) that the call is for is overtaken by it. Together such
        calls leave so much that every message that follows work has its turn while it is `FRESH`.
        """
        with self._database.writing() as connection:
            lines = _all_lines(connection, now)
            beside = _beside(interval, lines)
            wait = self._wait(connection, BESIDE, beside * AHEAD, now) if lines else timedelta(0)
            wait = wait or self._take(connection, interval, ahead, now)
            if not wait and lines:
                self._spend(connection, BESIDE, beside, now)
            if not wait and overtakes is not None:
                connection.execute(_of(*overtakes))
            return wait

    def take_turn(self, replica: str, *, lines: int, interval: timedelta, now: datetime) -> timedelta:
        """Take one call for a message that follows work, if it is this replica's turn and nobody is ahead."""
        with self._database.writing() as connection:
            mine = self._share(connection, replica, lines, now)
            if mine > now:
                return mine - now
            # one call ahead, so that a turn which is taken a moment late does not slow all that follow
            wait = self._take(connection, interval, interval, now)
            if not wait:
                pause = interval * ((_all_lines(connection, now) or lines) / max(1, lines))
                connection.execute(
                    update(UpdateShareRow)
                    .where(UpdateShareRow.replica == replica)
                    .values(next_at=max(mine, now - pause) + pause)
                )
            return wait

    def _share(self, connection: Connection, replica: str, lines: int, now: datetime) -> datetime:
        """Note how many messages a replica keeps up to date; returns when its turn is."""
        noted = (
            update(UpdateShareRow)
            .where(UpdateShareRow.replica == replica)
            .values(lines=lines, seen_at=now)
            .returning(UpdateShareRow.next_at)
        )
        known = connection.execute(noted).scalar()
        if known is not None:
            return known
        connection.execute(
            insert(UpdateShareRow).values(replica=replica, lines=lines, next_at=now, seen_at=now)
        )
        connection.execute(delete(UpdateShareRow).where(UpdateShareRow.seen_at < now - SHARE_LIVES * 10))
        return now

    def _take(
        self, connection: Connection, interval: timedelta, ahead: timedelta, now: datetime
    ) -> timedelta:
        wait = self._wait(connection, BUDGET, ahead, now)
        if not wait:
            self._spend(connection, BUDGET, interval, now)
        return wait

    def _wait(self, connection: Connection, name: str, ahead: timedelta, now: datetime) -> timedelta:
        return max(timedelta(0), self._free_at(connection, name, now) - now - ahead)

    def _spend(self, connection: Connection, name: str, interval: timedelta, now: datetime) -> None:
        free_at = max(self._free_at(connection, name, now), now) + interval
        connection.execute(
            update(UpdateBudgetRow).where(UpdateBudgetRow.name == name).values(free_at=free_at)
        )

    def _free_at(self, connection: Connection, name: str, now: datetime) -> datetime:
        held = select(UpdateBudgetRow.free_at).where(UpdateBudgetRow.name == name).with_for_update()
        found = connection.execute(held).scalar()
        if found is None:
            try:
                with connection.begin_nested():
                    connection.execute(insert(UpdateBudgetRow).values(name=name, free_at=now))
            except IntegrityError:  # another replica was first
                found = connection.execute(held).scalar_one()
        return found or now

    def lines(self, *, now: datetime) -> int:
        """How many messages all replicas keep up to date."""
        with self._database.reading() as connection:
            return _all_lines(connection, now)

    def leave(self, replica: str) -> None:
        """Give a replica's share up."""
        with self._database.writing() as connection:
            connection.execute(delete(UpdateShareRow).where(UpdateShareRow.replica == replica))

    # --- what waits

    def keep(
        self,
        *,
        operation: str,
        slot: str,
        channel: str,
        ts: str,
        text: str,
        blocks: list[dict[str, Any]],
        now: datetime,
    ) -> None:
        """Keep an update until there is room; an older one of its slot is overtaken."""
        with self._database.writing() as connection:
            connection.execute(_of(operation, slot))
            connection.execute(
                insert(WaitingUpdateRow).values(
                    operation=operation,
                    slot=slot,
                    channel=channel,
                    ts=ts,
                    text=text,
                    blocks=blocks,
                    made_at=now,
                )
            )

    def waiting(self) -> int:
        """How many wait."""
        with self._database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(WaitingUpdateRow)).scalar_one())

    def next(self, *, now: datetime, hold: timedelta) -> WaitingUpdate | None:
        """Take the oldest one for a while; whoever took it says `sent`, or it is taken again."""
        free = or_(WaitingUpdateRow.taken_until.is_(None), WaitingUpdateRow.taken_until <= now)
        oldest = select(WaitingUpdateRow.id).where(free).order_by(WaitingUpdateRow.id).limit(1)
        with self._database.writing() as connection:
            chosen = connection.execute(oldest.with_for_update(skip_locked=True)).scalar()
            if chosen is None:
                return None
            columns = [getattr(WaitingUpdateRow, field.name) for field in dataclasses.fields(WaitingUpdate)]
            taken = (
                update(WaitingUpdateRow).where(WaitingUpdateRow.id == chosen).values(taken_until=now + hold)
            )
            row = connection.execute(taken.returning(*columns)).mappings().one()
        return WaitingUpdate(**row)

    def still_waits(self, waiting: int) -> bool:
        """Whether one that was taken has not been overtaken since."""
        with self._database.reading() as connection:
            return (
                connection.execute(select(WaitingUpdateRow.id).where(WaitingUpdateRow.id == waiting)).first()
                is not None
            )

    def sent(self, waiting: int) -> None:
        """Forget one that was sent."""
        with self._database.writing() as connection:
            connection.execute(delete(WaitingUpdateRow).where(WaitingUpdateRow.id == waiting))


def _beside(interval: timedelta, lines: int) -> timedelta:
    """What lies between two calls beside those that keep so many messages fresh."""
    left = 1 / interval.total_seconds() - lines / FRESH.total_seconds()
    return min(SLOWEST, timedelta(seconds=1 / left)) if left > 0 else SLOWEST


def _of(operation: str, slot: str) -> Delete:
    return delete(WaitingUpdateRow).where(
        WaitingUpdateRow.operation == operation, WaitingUpdateRow.slot == slot
    )


def _all_lines(connection: Connection, now: datetime) -> int:
    alive = UpdateShareRow.seen_at > now - SHARE_LIVES
    return int(connection.execute(select(func.sum(UpdateShareRow.lines)).where(alive)).scalar() or 0)
