"""How the end of a request is judged, audited and made fit to be shown, wherever it comes to its end."""

import dataclasses

from bot.actions.action import Action
from bot.actions.request import IncomingRequest
from bot.actions.service import Detailed, Outcome, Partial, Pending, Targeted
from bot.audit.log import AuditLog, AuditSubject
from bot.common.problems import Problem
from bot.common.redaction import Redactor
from bot.requests.answer import Conclusion


def judge(result: object | None, problem: Problem | None) -> tuple[Outcome, str]:
    """Return the outcome of a request and the detail that the audit log keeps of it."""
    if problem is not None:
        return Outcome(problem.outcome), detail_of(problem)
    if isinstance(result, Partial) and result.shortfall:
        return Outcome.FAILED, result.shortfall
    if isinstance(result, Pending):
        return Outcome.ASKED, result.pending
    return Outcome.SUCCEEDED, result.audit_detail if isinstance(result, Detailed) else ""


def detail_of(problem: Problem) -> str:
    """Return what happened and why, in one line."""
    return ": ".join(part for part in (problem.what, problem.why) if part)


def audit_subject(request: IncomingRequest, action: Action, project: str | None) -> AuditSubject:
    """Return who asked for what, where and on what: the part that the events of a request share."""
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
        arguments=action.audit_arguments(),
        target=action.target,
    )


def record_end(
    audit: AuditLog, subject: AuditSubject, *, result: object | None, problem: Problem | None, seconds: float
) -> None:
    """Write the outcome of a request, once per operation. Raises `AuditUnavailable`.

    The result names the target where the words had left it out.
    """
    outcome, detail = judge(result, problem)
    if isinstance(result, Targeted) and not subject.target:
        subject = dataclasses.replace(subject, target=result.audit_target)
    audit.conclude(subject, outcome=outcome, detail=detail, duration_ms=int(seconds * 1000))


def redacted(conclusion: Conclusion, redactor: Redactor) -> Conclusion:
    """Return a conclusion without the secrets in what servers have said, before a view wraps or cuts it."""
    if conclusion.problem is None:
        return conclusion
    return dataclasses.replace(conclusion, problem=redactor.hide_problem(conclusion.problem))
