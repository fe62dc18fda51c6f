"""Waits for the approval of a second person: of the cut-over, and of the deletion of the old cluster."""

import dataclasses
import functools
from collections.abc import Callable

from bot.actions.proposal import Proposal
from bot.common.problems import Problem, Refusal
from bot.migration.workflow.ports import DecisionStatus, Json
from bot.migration.workflow.run import Run
from bot.migration.workflow.signals import RollbackRequested


class NotApproved(Problem):
    """There is no approval: the request was rejected or withdrawn, has expired, or became void."""


def await_approval(
    run: Run, *, kind: str, name: str, subject: str, propose: Callable[[], Proposal]
) -> tuple[str, ...]:
    """Request an approval and wait for it. After a refusal the migration pauses; resuming requests it again.

    `kind` is the kind of approval in the configuration, `name` the name under which the decision is recorded,
    and `subject` completes the problem of a refusal. Returns the names of the approvers, none if the
    configuration requires no approval of this kind. Raises `RollbackRequested`.
    """
    while True:
        run.approvals += 1
        approval = _Approval(run, kind, f"{name}-{run.approvals}", propose)
        request = run.steps.do("ask", approval.ask)
        if not request["needed"]:
            return ()
        answer = approval.wait(request["id"])
        why = answer.get("ended")
        if "by" in answer:
            why = run.steps.do("begin what was approved", approval.start, permit=True)["why"]
        if not why:
            run.steps.do("approved", functools.partial(approval.note, answer))
            return tuple(answer["by"])
        problem = f"There is no consent to the {subject}"
        run.steps.pause(NotApproved(problem, why=why, fix="Resume to ask again."))


@dataclasses.dataclass(frozen=True)
class _Approval:
    """One request for an approval."""

    run: Run
    kind: str
    name: str
    propose: Callable[[], Proposal]

    def ask(self) -> Json:
        if not self.run.decisions.is_required(self.kind):
            return {"needed": False}
        decision = self.run.decisions.request(self.run.flow.operation, self.name, self.propose())
        waits = f"approval {decision.id}"
        self.run.progress.store(waits=waits)
        self.run.progress.show(f"waits for {waits}")
        return {"needed": True, "id": decision.id}

    def wait(self, decision: str) -> Json:
        try:
            return self.run.steps.idle(
                "decision",
                self._look,
                detail=f"waits for approval {decision}",
                then_works=lambda answer: "by" in answer,
            )
        except RollbackRequested:
            self.run.flow.step("close", self._close)
            raise

    def start(self) -> Json:
        try:
            self.run.decisions.start(self.run.flow.operation, self.name, self.propose())
        except Refusal as refusal:
            return {"why": f"{refusal.what}: {refusal.why}" if refusal.why else refusal.what}
        return {"why": ""}

    def note(self, answer: Json) -> Json:
        event = {"what": "approved", "kind": self.kind, "by": answer["by"], "said": answer["line"]}
        self.run.progress.note(f"approved:{self.kind}:{answer['line']}", event)
        return {}

    def _look(self) -> Json | None:
        decision = self.run.decisions.get(self.run.flow.operation, self.name)
        if decision.status is DecisionStatus.ENDED:
            return {"ended": decision.line}
        if decision.status is DecisionStatus.OPEN:
            return None
        if decision.not_before is not None and decision.not_before > self.run.now():
            return None
        return {"by": list(decision.by), "line": decision.line}

    def _close(self) -> Json:
        self.run.decisions.close(self.run.flow.operation, self.name, "the migration was turned back")
        return {}
