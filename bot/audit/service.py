"""The services of `audit` and `audit verify`: the log of a project, and whether its chain holds.

Viewers and operators see their own events, approvers and admins all.
"""

import dataclasses
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Protocol

from bot.access.authorisation import Asker, Authoriser, ProjectAccess
from bot.access.roles import Role
from bot.actions.audit import AuditList, AuditVerify
from bot.actions.routes import Route, Routes
from bot.actions.service import Context, Outcome, Readback, TargetReader
from bot.actions.values import resolve_moment
from bot.audit.chain import ChainReport
from bot.audit.log import AuditLog, AuditPage
from bot.audit.trail import AuditTrail, Posted
from bot.common.problems import Refusal
from storage.audit_chain import AuditChain
from storage.audit_events import AuditEvent, AuditFilter


@dataclasses.dataclass(frozen=True, kw_only=True)
class AuditListing:
    """A page of the log; `own` if the reader may see only their own events."""

    page: AuditPage
    action: AuditList
    own: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class AuditVerified:
    """The result of following the chain."""

    report: ChainReport
    anchored: bool  # compared with the heads that were posted to the channel

    @property
    def shortfall(self) -> str:
        """Why the log cannot be trusted; empty if it can."""
        return self.report.shortfall


class Anchors(Protocol):
    """The channel to which heads of the chain are posted."""

    def posted(self) -> list[Posted]:
        """Return the heads that stand there now. Raises `Problem`."""
        ...


class NoAnchors:
    """The anchors of an end that cannot read the channel."""

    def posted(self) -> list[Posted]:
        """Always raises `Refusal`: the channel cannot be read."""
        raise Refusal(
            "From here the channel with the posted heads cannot be read",
            fix="Ask in Slack, or paste one: `xk8s audit verify --anchor POSITION:HASH`.",
        )


@dataclasses.dataclass(frozen=True)
class AuditServices:
    """The words `audit` and `audit verify`, in one project."""

    log: AuditLog
    trail: AuditTrail
    anchors: Anchors
    authoriser: Authoriser
    projects: Callable[[], dict[str, ProjectAccess]]
    now: Callable[[], datetime]

    def list(self, action: AuditList, context: Context) -> AuditListing:
        """Return a page of the log. Raises `AuditUnavailable`."""
        only_own = not self._sees_all(context)
        now = self.now()
        events = AuditFilter(
            project=context.project,
            actor=context.person.id if only_own else _actor(action.actor),
            action=action.action,
            target=action.about,
            outcome=action.outcome,
            excluded_operation=context.operation,
            since=resolve_moment(action.since, now=now) if action.since else None,
            until=end_of_day(resolve_moment(action.until, now=now)) if action.until else None,
        )
        return AuditListing(page=self.log.find(events, page=action.page or 1), action=action, own=only_own)

    def verify(self, action: AuditVerify, _context: Context) -> AuditVerified:
        """Follow the chain, and with `--anchor` compare it with what was posted. Raises `Problem`."""
        posted = self.anchors.posted() if action.anchor else None
        return AuditVerified(report=self.trail.verify(posted), anchored=posted is not None)

    def _sees_all(self, context: Context) -> bool:
        project = self.projects().get(context.project or "")
        if project is None:
            return False
        asker = Asker.of(context.person, context.place)
        return bool({Role.APPROVER, Role.ADMIN} & set(self.authoriser.roles(project, asker)))


def _actor(typed: str | None) -> str | None:
    """Return a name without the `@` that people type before it."""
    return typed.removeprefix("@") if typed else typed


def end_of_day(moment: datetime) -> datetime:
    """Return the end of its day for a midnight, which a day without a time is read as; else the moment."""
    return moment + timedelta(days=1, microseconds=-1) if moment.time() == time.min else moment


def seal_reader(chain: AuditChain) -> TargetReader:
    """Return the reader of sealings that were cut off: the seal is there, or nothing was dropped."""

    def read(intent: AuditEvent, /) -> Readback:
        last_seal = chain.last_seal()
        if last_seal is not None and last_seal.at >= intent.at:
            return Readback(
                outcome=Outcome.SUCCEEDED, detail=f"cut off, but events up to {last_seal.position} are sealed"
            )
        return Readback(
            outcome=Outcome.FAILED,
            detail="cut off: nothing was dropped; the same words with the same file go on",
        )

    return read


def routes(services: AuditServices) -> Routes:
    """Return the routes of the audit actions."""
    return Routes(Route(AuditList, services.list), Route(AuditVerify, services.verify))
