"""Approvals: each decided once, in one transaction with what the decision sets off.

Every change of an approval locks its row first (SQLite has one writer anyway), so that of any number of
decisions, withdrawals and expiries at the same moment, on however many replicas, one counts and the others
see it. An approval's effect is an inbox entry that is made in the same transaction.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select, update

from storage.database import Database
from storage.inbox import InboxEntry, accept_in
from storage.models import ApprovalDecisionRow, ApprovalRow

OPEN, APPROVED, STARTED = "open", "approved", "started"
REJECTED, WITHDRAWN, EXPIRED, VOID = "rejected", "withdrawn", "expired", "void"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Decision:
    """What one person decided."""

    person: str
    name: str
    approved: bool
    comment: str
    at: datetime


@dataclasses.dataclass(frozen=True, kw_only=True)
class Approval:
    """One change that waits for a second person, or waited."""

    id: str
    operation: str
    project: str
    kind: str
    action: dict[str, Any]
    requester: str
    requester_name: str
    reason: str
    channel: str
    thread: str
    digest: str
    bound: dict[str, Any]
    shown: dict[str, Any]
    typed: str
    needed: int
    effect: dict[str, Any] | None
    state: str = OPEN
    note: str = ""
    made_at: datetime
    expires_at: datetime
    not_before: datetime | None = None
    not_after: datetime | None = None
    reminded_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 1
    announced: int = 0
    decisions: tuple[Decision, ...] = ()

    @property
    def approved_by(self) -> tuple[Decision, ...]:
        """Who has approved, in the order of deciding."""
        return tuple(decision for decision in self.decisions if decision.approved)


@dataclasses.dataclass(frozen=True, kw_only=True)
class DecisionResult:
    """A decision as it is to be counted; the window narrows what earlier approvers have named."""

    person: str
    name: str
    approved: bool
    comment: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None


def narrowed(found: Approval, verdict: DecisionResult) -> tuple[datetime | None, datetime | None]:
    """The window that is left when a verdict's is laid over what earlier approvers have named."""
    begins = max((at for at in (found.not_before, verdict.not_before) if at), default=None)
    ends = min((at for at in (found.not_after, verdict.not_after) if at), default=None)
    return begins, ends


class ApprovalRepository:
    """Approvals in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- looking

    def get(self, approval: str, *, project: str | None = None) -> Approval | None:
        """One approval; None if there is none of that id, or it is another project's."""
        with self._database.reading() as connection:
            found = _read(connection, ApprovalRow.id == approval)
        return found[0] if found and project in (None, found[0].project) else None

    def of_operation(self, operation: str) -> Approval | None:
        """The approval that an operation has asked for."""
        with self._database.reading() as connection:
            return next(iter(_read(connection, ApprovalRow.operation == operation)), None)

    def waiting(self, projects: Sequence[str]) -> list[Approval]:
        """What is open or approved and not begun in some projects, oldest first."""
        unfinished = ApprovalRow.state.in_((OPEN, APPROVED))
        with self._database.reading() as connection:
            return _read(connection, and_(ApprovalRow.project.in_(projects), unfinished))

    # --- changing

    def ask(self, approval: Approval) -> Approval:
        """Keep a new approval; an operation that has asked before gets what it has."""
        values = {
            field.name: getattr(approval, field.name)
            for field in dataclasses.fields(Approval)
            if field.name != "decisions"
        }
        with self._database.writing() as connection:
            known = _read(connection, ApprovalRow.operation == approval.operation)
            if known:
                return known[0]
            connection.execute(insert(ApprovalRow).values(**values))
        return approval

    def decide(self, approval: str, verdict: DecisionResult, *, now: datetime) -> tuple[Approval, bool]:
        """Count a decision; return the approval as it then is, and whether this decision counted.

        It does not count if the approval is not open any more, or this person has decided already.
        """
        with self._database.writing() as connection:
            found = _locked(connection, approval)
            if found.state != OPEN or any(each.person == verdict.person for each in found.decisions):
                return found, False
            if found.expires_at <= now:
                return _changed(connection, found, state=EXPIRED, ended_at=now), False
            connection.execute(
                insert(ApprovalDecisionRow).values(
                    approval=approval,
                    person=verdict.person,
                    name=verdict.name,
                    approved=verdict.approved,
                    comment=verdict.comment,
                    at=now,
                )
            )
            if not verdict.approved:
                return _changed(connection, found, state=REJECTED, note=verdict.comment, ended_at=now), True
            begins, ends = narrowed(found, verdict)
            enough = len(found.approved_by) + 1 >= found.needed
            if enough and (begins is None or begins <= now):
                _set_off(connection, found, now)
            state = APPROVED if enough else OPEN
            return _changed(connection, found, state=state, not_before=begins, not_after=ends), True

    def withdraw(self, approval: str, *, now: datetime) -> tuple[Approval, bool]:
        """Take an open approval back, or one whose effect still waits for its window."""
        with self._database.writing() as connection:
            found = _locked(connection, approval)
            waits = found.state == APPROVED and found.not_before is not None and found.not_before > now
            if found.state != OPEN and not waits:
                return found, False
            return _changed(connection, found, state=WITHDRAWN, ended_at=now), True

    def start(self, approval: str, still: Callable[[Approval], str], *, now: datetime) -> Approval:
        """Begin the effect if it still is what was approved; `still` says what has changed, or nothing.

        A second attempt at an effect that has begun finds it begun and is let through.
        """
        with self._database.writing() as connection:
            found = _locked(connection, approval)
            if found.state != APPROVED:
                return found
            if found.not_after is not None and found.not_after < now:
                return _changed(connection, found, state=VOID, note=WINDOW_OVER, ended_at=now)
            changed = still(found)
            if changed:
                return _changed(connection, found, state=VOID, note=changed, ended_at=now)
            return _changed(connection, found, state=STARTED, ended_at=now)

    def void(self, approval: str, *, note: str, now: datetime) -> Approval:
        """End an approval that has not begun, because what it was given for is no more."""
        with self._database.writing() as connection:
            found = _locked(connection, approval)
            if found.state not in (OPEN, APPROVED):
                return found
            return _changed(connection, found, state=VOID, note=note, ended_at=now)

    def pass_time(self, *, now: datetime) -> int:
        """Expire what was not decided in time, set off what waited for its window, void what has missed
        it.
        """
        due = or_(
            and_(ApprovalRow.state == OPEN, ApprovalRow.expires_at <= now),
            and_(
                ApprovalRow.state == APPROVED,
                ApprovalRow.not_before.is_not(None),
                ApprovalRow.not_before <= now,
            ),
            and_(
                ApprovalRow.state == APPROVED, ApprovalRow.not_after.is_not(None), ApprovalRow.not_after < now
            ),
        )
        with self._database.reading() as connection:
            found = list(connection.execute(select(ApprovalRow.id).where(due)).scalars())
        return sum(self._pass_time(each, now) for each in found)

    def _pass_time(self, approval: str, now: datetime) -> bool:
        with self._database.writing() as connection:
            found = _locked(connection, approval)
            if found.state == OPEN and found.expires_at <= now:
                _changed(connection, found, state=EXPIRED, ended_at=now)
                return True
            if found.state == APPROVED and found.not_after is not None and found.not_after < now:
                _changed(connection, found, state=VOID, note=WINDOW_OVER, ended_at=now)
                return True
            if found.state == APPROVED and found.not_before is not None and found.not_before <= now:
                return _set_off(connection, found, now)
        return False

    def remind(self, *, now: datetime, due: Callable[[Approval], bool]) -> list[Approval]:
        """Open approvals that are due for their one reminder; each is returned once, to one replica."""
        unreminded = and_(ApprovalRow.state == OPEN, ApprovalRow.reminded_at.is_(None))
        with self._database.reading() as connection:
            candidates = [found for found in _read(connection, unreminded) if due(found)]
        claimed = []
        for found in candidates:
            mark = update(ApprovalRow).where(ApprovalRow.id == found.id, unreminded).values(reminded_at=now)
            with self._database.writing() as connection:
                if connection.execute(mark.returning(ApprovalRow.id)).first() is not None:
                    claimed.append(found)
        return claimed

    def announce(
        self, *, now: datetime, seconds: float, fresh: Callable[[Approval], bool] = lambda _each: False
    ) -> list[Approval]:
        """What has changed since people have seen it, for one replica to show within so many seconds.

        New ones that are still `fresh` are left to the answer of their request.
        """
        free = or_(ApprovalRow.announcing_until.is_(None), ApprovalRow.announcing_until <= now)
        unseen = and_(ApprovalRow.announced < ApprovalRow.version, free)
        with self._database.reading() as connection:
            found = _read(connection, unseen)
        candidates = [each.id for each in found if each.version > 1 or not fresh(each)]
        claimed = []
        for each in candidates:
            claim = update(ApprovalRow).where(ApprovalRow.id == each, unseen)
            claim = claim.values(announcing_until=now + timedelta(seconds=seconds))
            with self._database.writing() as connection:
                if connection.execute(claim.returning(ApprovalRow.id)).first() is not None:
                    claimed += _read(connection, ApprovalRow.id == each)
        return claimed

    def announced(self, approval: str, *, version: int) -> None:
        """Note which version people have seen, and let the next be shown."""
        seen = update(ApprovalRow).where(ApprovalRow.id == approval, ApprovalRow.announced <= version)
        with self._database.writing() as connection:
            connection.execute(seen.values(announced=version, announcing_until=None))


WINDOW_OVER = "its window was over before it could begin"
_COLUMNS = [
    getattr(ApprovalRow, field.name) for field in dataclasses.fields(Approval) if field.name != "decisions"
]


def _read(connection: Connection, condition: Any, *, lock: bool = False) -> list[Approval]:
    statement = select(*_COLUMNS).where(condition).order_by(ApprovalRow.made_at, ApprovalRow.id)
    rows = connection.execute(statement.with_for_update() if lock else statement).mappings().all()
    decisions: dict[str, list[Decision]] = {}
    if rows:
        made = select(ApprovalDecisionRow).where(
            ApprovalDecisionRow.approval.in_([row["id"] for row in rows])
        )
        for each in connection.execute(made.order_by(ApprovalDecisionRow.at)).mappings():
            decision = Decision(**{field.name: each[field.name] for field in dataclasses.fields(Decision)})
            decisions.setdefault(each["approval"], []).append(decision)
    return [Approval(**row, decisions=tuple(decisions.get(row["id"], ()))) for row in rows]


def _locked(connection: Connection, approval: str) -> Approval:
    found = _read(connection, ApprovalRow.id == approval, lock=True)
    if not found:
        raise LookupError(f"there is no approval {approval}")
    return found[0]


def _changed(connection: Connection, found: Approval, **values: Any) -> Approval:
    values["version"] = found.version + 1
    connection.execute(update(ApprovalRow).where(ApprovalRow.id == found.id).values(**values))
    return _read(connection, ApprovalRow.id == found.id)[0]


def _set_off(connection: Connection, found: Approval, now: datetime) -> bool:
    if found.effect is None:
        return False
    return accept_in(connection, dataclasses.replace(InboxEntry.decode(found.effect), received_at=now))
