"""Updates of Slack messages under the rate limit of `chat.update`, and those that wait for it.

Table `waiting_updates`, and the shared budget of `storage.update_budget`. A waiting update is unique within
its slot, and a newer one takes its place. The transaction that takes a call for a slot also deletes what
waits for the slot, so an older text can never be sent after a newer one was allowed.
"""

import dataclasses
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Delete, delete, func, insert, or_, select, update

from storage.models.messages import UpdateShareRow, WaitingUpdateRow
from storage.repository import Repository, columns_of
from storage.update_budget import UpdateBudget, progress_messages


@dataclasses.dataclass(frozen=True, kw_only=True)
class WaitingUpdate:
    """An update that could not be sent at once."""

    id: int
    channel: str
    ts: str
    text: str
    blocks: list[dict[str, Any]]
    made_at: datetime


class UpdateRepository(Repository):
    """The budget of all replicas, and the updates that wait for it."""

    # --- the budget

    def take(
        self,
        *,
        interval: timedelta,
        ahead: timedelta,
        now: datetime,
        overtakes: tuple[str, str] | None = None,
    ) -> timedelta:
        """Take one call if the budget is at most so far ahead; return zero if taken, else how long to wait.

        `overtakes` is the operation and the slot that the call is for: what waits for them is deleted.
        """
        with self._database.writing() as connection:
            wait = UpdateBudget(connection, now).take(interval, ahead=ahead)
            if not wait and overtakes is not None:
                connection.execute(_of(*overtakes))
            return wait

    def take_turn(self, replica: str, *, messages: int, interval: timedelta, now: datetime) -> timedelta:
        """Take one call for one of a replica's `messages` progress messages, if it is the replica's turn.

        Returns zero if taken, else how long to wait.
        """
        with self._database.writing() as connection:
            return UpdateBudget(connection, now).take_turn(interval, replica=replica, messages=messages)

    def progress_messages(self, *, now: datetime) -> int:
        """Return how many progress messages all replicas keep up to date."""
        with self._database.reading() as connection:
            return progress_messages(connection, now)

    def release_share(self, replica: str) -> None:
        """Give up a replica's share of the turns."""
        self._write(delete(UpdateShareRow).where(UpdateShareRow.replica == replica))

    # --- the updates that wait

    def enqueue(
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
        """Store an update until the budget has room, in place of an older one of its slot."""
        message = {"channel": channel, "ts": ts, "text": text, "blocks": blocks}
        values = {"operation": operation, "slot": slot, "made_at": now, **message}
        with self._database.writing() as connection:
            connection.execute(_of(operation, slot))
            connection.execute(insert(WaitingUpdateRow).values(**values))

    def waiting(self) -> int:
        """Return how many updates wait."""
        with self._database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(WaitingUpdateRow)).scalar_one())

    def lease_next(self, *, now: datetime, lease: timedelta) -> WaitingUpdate | None:
        """Lease the oldest waiting update; unless `mark_sent` ends the lease, another may lease it later."""
        free = or_(WaitingUpdateRow.taken_until.is_(None), WaitingUpdateRow.taken_until <= now)
        oldest = select(WaitingUpdateRow.id).where(free).order_by(WaitingUpdateRow.id).limit(1)
        with self._database.writing() as connection:
            waiting = connection.execute(oldest.with_for_update(skip_locked=True)).scalar()
            if waiting is None:
                return None
            claim = update(WaitingUpdateRow).where(WaitingUpdateRow.id == waiting)
            claim = claim.values(taken_until=now + lease)
            columns = columns_of(WaitingUpdateRow, WaitingUpdate)
            return WaitingUpdate(**connection.execute(claim.returning(*columns)).mappings().one())

    def still_waits(self, waiting: int) -> bool:
        """Return whether a leased update has not been replaced or overtaken since."""
        return self._row(select(WaitingUpdateRow.id).where(WaitingUpdateRow.id == waiting)) is not None

    def mark_sent(self, waiting: int) -> None:
        """Delete an update that was sent."""
        self._write(delete(WaitingUpdateRow).where(WaitingUpdateRow.id == waiting))


def _of(operation: str, slot: str) -> Delete:
    return delete(WaitingUpdateRow).where(
        WaitingUpdateRow.operation == operation, WaitingUpdateRow.slot == slot
    )
