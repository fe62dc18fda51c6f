"""Approvals: each is decided once, in one transaction with the inbox entry that its effect creates.

Tables `approvals` and `approval_decisions`. Every change of an approval locks its row first (SQLite has one
writer anyway). Of any number of decisions, withdrawals and expiries at the same moment, on however many
replicas, one counts and the others see its result. A person decides at most once on an approval.
"""

import dataclasses
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, insert, or_, select, update

from storage.inbox import InboxEntry, accept_in
from storage.models.approvals import ApprovalDecisionRow, ApprovalRow
from storage.repository import Repository, columns_of

OPEN, APPROVED, STARTED = "open", "approved", "started"
REJECTED, WITHDRAWN, EXPIRED, VOID = "rejected", "withdrawn", "expired", "void"
WINDOW_OVER = "its window was over before it could begin"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Decision:
    """The decision of one person, as it is stored."""

    person: str
    name: str
    approved: bool
    comment: str
    at: datetime


@dataclasses.dataclass(frozen=True, kw_only=True)
class Approval:
    """One change that needs a second person; the columns of `ApprovalRow` say what each field holds."""

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
        """The decisions that approve, in the order of deciding."""
        return tuple(decision for decision in self.decisions if decision.approved)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Vote:
    """A decision that is to be counted; its window narrows the one that earlier approvers have named."""

    person: str
    name: str
    approved: bool
    comment: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None


def narrowed_window(approval: Approval, decision: Vote) -> tuple[datetime | None, datetime | None]:
    """Return the begin and the end of the window that all approvers agree on; None is unbounded."""
    begins = max((at for at in (approval.not_before, decision.not_before) if at), default=None)
    ends = min((at for at in (approval.not_after, decision.not_after) if at), default=None)
    return begins, ends


class ApprovalRepository(Repository):
    """The approvals of all projects. Methods that change one raise `LookupError` for an unknown id."""

    # --- queries

    def get(self, approval: str, *, project: str | None = None) -> Approval | None:
        """Return an approval; None if there is none of that id, or it is another project's."""
        of_project = () if project is None else (ApprovalRow.project == project,)
        return next(iter(self._find(and_(ApprovalRow.id == approval, *of_project))), None)

    def of_operation(self, operation: str) -> Approval | None:
        """Return the approval that an operation has asked for, None if it has not."""
        return next(iter(self._find(ApprovalRow.operation == operation)), None)

    def unfinished(self, projects: Sequence[str]) -> list[Approval]:
        """Return what is open, or approved and not started, in some projects, oldest first."""
        return self._find(and_(ApprovalRow.project.in_(projects), ApprovalRow.state.in_((OPEN, APPROVED))))

    def _find(self, condition: ColumnElement[bool]) -> list[Approval]:
        with self._database.reading() as connection:
            return _read(connection, condition)

    # --- decisions

    def create(self, approval: Approval) -> Approval:
        """Store a new approval; an operation that has asked before gets the one that it has."""
        values = {column.key: getattr(approval, column.key) for column in _COLUMNS}
        with self._database.writing() as connection:
            existing = _read(connection, ApprovalRow.operation == approval.operation)
            if existing:
                return existing[0]
            connection.execute(insert(ApprovalRow).values(**values))
        return approval

    def decide(self, approval: str, decision: Vote, *, now: datetime) -> tuple[Approval, bool]:
        """Count a decision; return the approval as it then is, and whether this decision counted.

        It does not count if the approval is no longer open, or if this person has decided already.
        """
        with self._database.writing() as connection:
            current = _locked(connection, approval)
            if current.state != OPEN or decision.person in {past.person for past in current.decisions}:
                return current, False
            if current.expires_at <= now:
                return _updated(connection, current, state=EXPIRED, ended_at=now), False
            _insert_decision(connection, approval, decision, now)
            if not decision.approved:
                note = decision.comment
                return _updated(connection, current, state=REJECTED, note=note, ended_at=now), True
            begins, ends = narrowed_window(current, decision)
            enough = len(current.approved_by) + 1 >= current.needed
            if enough and (begins is None or begins <= now):
                _enqueue_effect(connection, current, now)
            state = APPROVED if enough else OPEN
            return _updated(connection, current, state=state, not_before=begins, not_after=ends), True

    def withdraw(self, approval: str, *, now: datetime) -> tuple[Approval, bool]:
        """Withdraw an approval that is open or waits for its window; return whether it was withdrawn."""
        with self._database.writing() as connection:
            current = _locked(connection, approval)
            waits = current.state == APPROVED and current.not_before is not None and current.not_before > now
            if current.state != OPEN and not waits:
                return current, False
            return _updated(connection, current, state=WITHDRAWN, ended_at=now), True

    def start(self, approval: str, still: Callable[[Approval], str], *, now: datetime) -> Approval:
        """Start the effect, unless what was approved has changed: the approval is then void.

        `still` proposes the change again and returns what is different, or an empty text. A repeated attempt
        finds the approval started, and may go on.
        """
        with self._database.writing() as connection:
            current = _locked(connection, approval)
            if current.state != APPROVED:
                return current
            closed = current.not_after is not None and current.not_after < now
            note = WINDOW_OVER if closed else still(current)
            if note:
                return _updated(connection, current, state=VOID, note=note, ended_at=now)
            return _updated(connection, current, state=STARTED, ended_at=now)

    def void(self, approval: str, *, note: str, now: datetime) -> Approval:
        """End an approval that has not started, because what it was given for is gone."""
        with self._database.writing() as connection:
            current = _locked(connection, approval)
            if current.state not in (OPEN, APPROVED):
                return current
            return _updated(connection, current, state=VOID, note=note, ended_at=now)

    # --- expiry and windows

    def apply_deadlines(self, *, now: datetime) -> int:
        """Expire what was not decided in time, start what waited for its window, void what missed it.

        Returns how many approvals this call has changed or started.
        """
        with self._database.reading() as connection:
            due = list(connection.execute(select(ApprovalRow.id).where(_due(now))).scalars())
        return sum(self._apply_deadline(approval, now) for approval in due)

    def _apply_deadline(self, approval: str, now: datetime) -> bool:
        with self._database.writing() as connection:
            current = _locked(connection, approval)
            if current.state == OPEN and current.expires_at <= now:
                _updated(connection, current, state=EXPIRED, ended_at=now)
                return True
            if current.state != APPROVED:
                return False
            if current.not_after is not None and current.not_after < now:
                _updated(connection, current, state=VOID, note=WINDOW_OVER, ended_at=now)
                return True
            opened = current.not_before is not None and current.not_before <= now
            return opened and _enqueue_effect(connection, current, now)

    # --- reminders and cards: each is given to one replica

    def claim_reminders(self, *, now: datetime, due: Callable[[Approval], bool]) -> list[Approval]:
        """Claim the open approvals that are due for their one reminder."""
        unreminded = and_(ApprovalRow.state == OPEN, ApprovalRow.reminded_at.is_(None))
        candidates = [approval for approval in self._find(unreminded) if due(approval)]
        return [approval for approval in candidates if self._claim(approval, unreminded, reminded_at=now)]

    def claim_announcements(
        self, *, now: datetime, seconds: float, fresh: Callable[[Approval], bool] = lambda _approval: False
    ) -> list[Approval]:
        """Claim the approvals that have changed since people have seen them, to show them in `seconds`.

        New ones that are still `fresh` are left to the answer of their request, which shows them.
        """
        free = or_(ApprovalRow.announcing_until.is_(None), ApprovalRow.announcing_until <= now)
        unseen = and_(ApprovalRow.announced < ApprovalRow.version, free)
        candidates = (
            approval for approval in self._find(unseen) if approval.version > 1 or not fresh(approval)
        )
        until = now + timedelta(seconds=seconds)
        claimed = [
            approval.id for approval in candidates if self._claim(approval, unseen, announcing_until=until)
        ]
        return self._find(ApprovalRow.id.in_(claimed)) if claimed else []

    def mark_announced(self, approval: str, *, version: int) -> None:
        """Note which version people have seen, so that the next one can be claimed."""
        approval_row = update(ApprovalRow).where(ApprovalRow.id == approval, ApprovalRow.announced <= version)
        self._write(approval_row.values(announced=version, announcing_until=None))

    def _claim(self, approval: Approval, condition: ColumnElement[bool], **values: Any) -> bool:
        return self._write(update(ApprovalRow).where(ApprovalRow.id == approval.id, condition).values(values))


_COLUMNS = columns_of(ApprovalRow, Approval, without="decisions")
_DECISION_COLUMNS = columns_of(ApprovalDecisionRow, Decision)


def _due(now: datetime) -> ColumnElement[bool]:
    """Approvals that a deadline of theirs has passed for."""
    approved = ApprovalRow.state == APPROVED  # comparing with NULL, no deadline, is never true
    return or_(
        and_(ApprovalRow.state == OPEN, ApprovalRow.expires_at <= now),
        and_(approved, ApprovalRow.not_before <= now),
        and_(approved, ApprovalRow.not_after < now),
    )


def _read(connection: Connection, condition: Any, *, lock: bool = False) -> list[Approval]:
    query = select(*_COLUMNS).where(condition).order_by(ApprovalRow.made_at, ApprovalRow.id)
    rows = connection.execute(query.with_for_update() if lock else query).mappings().all()
    decisions: dict[str, list[Decision]] = {row["id"]: [] for row in rows}
    if rows:
        of_rows = ApprovalDecisionRow.approval.in_(list(decisions))
        stored = select(ApprovalDecisionRow.approval, *_DECISION_COLUMNS).where(of_rows)
        for row in connection.execute(stored.order_by(ApprovalDecisionRow.at)).mappings():
            values = dict(row)
            decisions[values.pop("approval")].append(Decision(**values))
    return [Approval(**row, decisions=tuple(decisions[row["id"]])) for row in rows]


def _locked(connection: Connection, approval: str) -> Approval:
    rows = _read(connection, ApprovalRow.id == approval, lock=True)
    if not rows:
        raise LookupError(f"there is no approval {approval}")
    return rows[0]


def _updated(connection: Connection, approval: Approval, **values: Any) -> Approval:
    """Store new values as the next version, which people must see."""
    values["version"] = approval.version + 1
    connection.execute(update(ApprovalRow).where(ApprovalRow.id == approval.id).values(**values))
    return _read(connection, ApprovalRow.id == approval.id)[0]


def _insert_decision(connection: Connection, approval: str, decision: Vote, now: datetime) -> None:
    values = {column.key: getattr(decision, column.key) for column in _DECISION_COLUMNS if column.key != "at"}
    connection.execute(insert(ApprovalDecisionRow).values(approval=approval, at=now, **values))


def _enqueue_effect(connection: Connection, approval: Approval, now: datetime) -> bool:
    """Put the approved request into the inbox, once; an approval without an effect releases a workflow."""
    if approval.effect is None:
        return False
    return accept_in(connection, dataclasses.replace(InboxEntry.decode(approval.effect), received_at=now))
