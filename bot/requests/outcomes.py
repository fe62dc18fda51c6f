"""How the end of a request is judged and audited, wherever it comes to its end."""

from __future__ import annotations

import dataclasses

from bot.actions.action import Action
from bot.actions.request import IncomingRequest
from bot.actions.service import Detailed, Outcome, Partial, Pending
from bot.audit.log import AuditSubject
from bot.common.problems import Problem
from bot.common.redaction import Redactor
from bot.requests.answer import Conclusion


def judged(result: object | None, problem: Problem | None) -> tuple[Outcome, str]:
    """The outcome of a request and its detail, for the audit log."""
    if problem is None and isinstance(result, Partial) and result.shortfall:
        return Outcome.FAILED, result.shortfall
    if problem is None and isinstance(result, Pending):
        return Outcome.ASKED, result.pending
    if problem is None and isinstance(result, Detailed):
        return Outcome.SUCCEEDED, result.audit_detail
    return outcome(problem), detail(problem)


def shown(ended: Conclusion, redactor: Redactor) -> Conclusion:
    """An end as it may be shown: what servers said is rid of secrets before a view wraps or cuts it."""
    if ended.problem is None:
        return ended
    return dataclasses.replace(ended, problem=redactor.hide_problem(ended.problem))


def outcome(problem: Problem | None) -> Outcome:
    """How it ended, if a problem was all there is to it."""
    return Outcome.SUCCEEDED if problem is None else Outcome(problem.outcome)


def detail(problem: Problem | None) -> str:
    """What happened and why, in one line."""
    return ": ".join(part for part in (problem.what, problem.why) if part) if problem else ""


def subject(request: IncomingRequest, action: Action, project: str | None) -> AuditSubject:
    """Who, where, what, on what: what the events of a request share."""
    return AuditSubject(
        operation=request.operation,
        reference=request.reference,
        actor=request.person.id,
        actor_name=request.person.name,
        team=request.person.team,
        entry=request.entry,
        channel=request.place.channel,
        thread=request.place.thread,
        project=project or "",
        action=action.name,
        arguments=action.recorded(),
        target=action.target,
    )
