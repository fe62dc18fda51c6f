"""`audit`: the project's log, filtered, and whether anybody tampered with it.

Viewers and operators see their own events, others all.
"""

from __future__ import annotations

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
from storage.audit import AuditEvent, AuditFilter
from storage.audit_chain import AuditChain


@dataclasses.dataclass(frozen=True, kw_only=True)
class AuditShown:
    """A page of the log; `own` if only the asker's events may be seen."""

    page: AuditPage
    action: AuditList
    own: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class AuditVerified:
    """What following the chain found."""

    report: ChainReport
    anchored: bool  # compared with the heads in the channel

    @property
    def shortfall(self) -> str:
        """Why the log cannot be trusted; empty if it can."""
        return self.report.shortfall


class Anchors(Protocol):
    """Where heads of the chain were posted."""

    def posted(self) -> list[Posted]:
        """What stands there now. Raises `Problem`."""
        ...


class NoAnchors:
    """Nothing is posted, or it cannot be read from here."""

    def posted(self) -> list[Posted]:
        """Raises `Refusal`."""
        raise Refusal(
            "From here the channel with the posted heads cannot be read",
            fix="Ask in Slack, or paste one: `xk8s audit verify --anchor POSITION:HASH`.",
        )


@dataclasses.dataclass(frozen=True)
class AuditServices:
    """The words `audit` and `audit verify`."""

    log: AuditLog
    trail: AuditTrail
    anchors: Anchors
    authoriser: Authoriser
    projects: Callable[[], dict[str, ProjectAccess]]
    now: Callable[[], datetime]

    def list(self, action: AuditList, context: Context) -> AuditShown:
        """Show a page of the log."""
        own = not self._sees_all(context)
        now = self.now()
        wanted = AuditFilter(
            project=context.project,
            actor=context.person.id if own else _actor(action.actor),
            action=action.action,
            target=action.about,
            outcome=action.outcome,
            but=context.operation,
            since=resolve_moment(action.since, now=now) if action.since else None,
            until=day_to_its_end(resolve_moment(action.until, now=now)) if action.until else None,
        )
        return AuditShown(page=self.log.find(wanted, page=action.page or 1), action=action, own=own)

    def verify(self, action: AuditVerify, _context: Context) -> AuditVerified:
        """Follow the chain, and compare it with what was posted if that is asked for."""
        posted = self.anchors.posted() if action.anchor else None
        return AuditVerified(report=self.trail.verify(posted), anchored=posted is not None)

    def _sees_all(self, context: Context) -> bool:
        project = self.projects().get(context.project or "")
        if project is None:
            return False
        asker = Asker.of(context.person, context.place)
        return bool({Role.APPROVER, Role.ADMIN} & set(self.authoriser.roles(project, asker)))


def _actor(typed: str | None) -> str | None:
    """A name as people type it: `@ana` is ana."""
    return typed.removeprefix("@") if typed else typed


def day_to_its_end(moment: datetime) -> datetime:
    """A day without a time means that day to its end."""
    return moment + timedelta(days=1, microseconds=-1) if moment.time() == time.min else moment


def seal_reader(chain: AuditChain) -> TargetReader:
    """What became of a sealing that was cut off: the seal is there, or nothing was dropped."""

    def read(intent: AuditEvent, /) -> Readback:
        made = chain.last_seal()
        if made is not None and made.at >= intent.at:
            return Readback(
                outcome=Outcome.SUCCEEDED, detail=f"cut off, but events up to {made.position} are sealed"
            )
        return Readback(
            outcome=Outcome.FAILED,
            detail="cut off: nothing was dropped; the same words with the same file go on",
        )

    return read


def routes(services: AuditServices) -> Routes:
    """Return the routes of the audit actions."""
    return Routes(Route(AuditList, services.list), Route(AuditVerify, services.verify))
