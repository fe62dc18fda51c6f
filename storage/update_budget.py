"""The budget of `chat.update` calls that all replicas share: the generic cell rate algorithm on a table.

Tables `update_budgets` and `update_shares`. A budget is one moment in the database: each call moves it on by
the interval that the rate leaves between two calls, and a call may be made while the moment is not too far
ahead of now. How far it may be is the burst, which an urgent call is allowed and one that can wait is not.

Progress messages follow long-running operations, and each has to be updated while it is `FRESH`. So all other
calls together draw on a second budget, which leaves progress what it needs; and replicas take turns at
progress according to how many messages each has, so that no message grows older than another.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from storage.models.messages import UpdateBudgetRow, UpdateShareRow

CALLS = "chat.update"  # the budget that every call is taken from
BESIDE_PROGRESS = "beside progress"  # the part of it that progress messages do not need
FRESH = timedelta(seconds=86)  # the age that a progress message may reach before its turn
SLOWEST = timedelta(
    seconds=60
)  # beside progress one call is made this often, however many messages there are
BURST_BESIDE_PROGRESS = 2  # calls
SHARE_EXPIRES = timedelta(seconds=20)  # a replica that has not asked for this long has no share


class UpdateBudget:
    """The budget within one writing transaction, at one moment.

    The methods that take a call return how long to wait: zero if the call is taken.
    """

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def take(self, interval: timedelta, *, ahead: timedelta) -> timedelta:
        """Take a call that is not for progress, if the budget is at most so far ahead."""
        messages = progress_messages(self._connection, self._now)
        if not messages:
            return self._take(CALLS, interval, ahead)
        beside = _interval_beside(interval, messages)
        wait = self._wait(BESIDE_PROGRESS, beside * BURST_BESIDE_PROGRESS)
        wait = wait or self._take(CALLS, interval, ahead)
        if not wait:
            self._spend(BESIDE_PROGRESS, beside)
        return wait

    def take_turn(self, interval: timedelta, *, replica: str, messages: int) -> timedelta:
        """Take a call for one of a replica's progress messages, if it is its turn and no call is ahead."""
        turn = self._turn_of(replica, messages)
        if turn > self._now:
            return turn - self._now
        # one call ahead, so that a turn which is taken a moment late does not slow all that follow
        wait = self._take(CALLS, interval, interval)
        if not wait:
            everybody = progress_messages(self._connection, self._now) or messages
            pause = interval * (everybody / max(1, messages))
            share = update(UpdateShareRow).where(UpdateShareRow.replica == replica)
            self._connection.execute(share.values(next_at=max(turn, self._now - pause) + pause))
        return wait

    def _turn_of(self, replica: str, messages: int) -> datetime:
        """Store how many progress messages a replica has; return when its turn comes."""
        share = {"lines": messages, "seen_at": self._now}
        existing = update(UpdateShareRow).where(UpdateShareRow.replica == replica).values(**share)
        turn = self._connection.execute(existing.returning(UpdateShareRow.next_at)).scalar()
        if turn is None:
            new = insert(UpdateShareRow).values(replica=replica, next_at=self._now, **share)
            self._connection.execute(new)
            forgotten = UpdateShareRow.seen_at < self._now - SHARE_EXPIRES * 10
            self._connection.execute(delete(UpdateShareRow).where(forgotten))
        return turn or self._now

    def _take(self, name: str, interval: timedelta, ahead: timedelta) -> timedelta:
        wait = self._wait(name, ahead)
        if not wait:
            self._spend(name, interval)
        return wait

    def _wait(self, name: str, ahead: timedelta) -> timedelta:
        return max(timedelta(0), self._free_at(name) - self._now - ahead)

    def _spend(self, name: str, interval: timedelta) -> None:
        free_at = max(self._free_at(name), self._now) + interval
        budget = update(UpdateBudgetRow).where(UpdateBudgetRow.name == name)
        self._connection.execute(budget.values(free_at=free_at))

    def _free_at(self, name: str) -> datetime:
        locked = select(UpdateBudgetRow.free_at).where(UpdateBudgetRow.name == name).with_for_update()
        free_at = self._connection.execute(locked).scalar()
        if free_at is None:
            try:
                with self._connection.begin_nested():
                    new = insert(UpdateBudgetRow).values(name=name, free_at=self._now)
                    self._connection.execute(new)
            except IntegrityError:  # another replica was first
                free_at = self._connection.execute(locked).scalar_one()
        return free_at or self._now


def progress_messages(connection: Connection, now: datetime) -> int:
    """Return how many progress messages all live replicas keep up to date."""
    alive = UpdateShareRow.seen_at > now - SHARE_EXPIRES
    return int(connection.execute(select(func.sum(UpdateShareRow.lines)).where(alive)).scalar() or 0)


def _interval_beside(interval: timedelta, messages: int) -> timedelta:
    """The interval between calls that leaves so many progress messages theirs."""
    rate = 1 / interval.total_seconds() - messages / FRESH.total_seconds()
    return min(SLOWEST, timedelta(seconds=1 / rate)) if rate > 0 else SLOWEST
