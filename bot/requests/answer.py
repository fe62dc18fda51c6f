"""How a request ended, and the far end that shows it: a Slack thread, or a terminal."""

import dataclasses
from typing import Protocol

from bot.actions.action import Action
from bot.actions.request import EntryPoint, IncomingRequest
from bot.actions.service import Outcome
from bot.common.problems import Problem


@dataclasses.dataclass(frozen=True, kw_only=True)
class Conclusion:
    """The end of one request: exactly one of `result` and `problem` is set; neither while it is open."""

    request: IncomingRequest
    action: Action | None  # None when the words were not understood
    project: str | None
    outcome: Outcome
    seconds: float
    result: object | None = None
    problem: Problem | None = None


class CannotAnswer(Problem):
    """Nothing can be posted where the request came from; `fix` says how to invite the bot."""


class Answer(Protocol):
    """The far end of a request.

    Every method may be called again with the same request after a crash, and must then not repeat what was
    shown already.
    """

    def begin(self, request: IncomingRequest, action: Action, project: str | None) -> None:
        """Make the place where the answer will stand (the root message and its thread).

        Raises `CannotAnswer` where nothing can be posted.
        """

    def report_progress(self, request: IncomingRequest, state: object) -> None:
        """Show an intermediate state in place; may drop it when another follows soon."""

    def report_state(self, request: IncomingRequest, name: str, state: object) -> None:
        """Add a lasting note that long work has come to a new state; `name` is noted once per request."""

    def finish(self, conclusion: Conclusion) -> None:
        """Show the end in the place that `begin` made. Raises `CannotAnswer`."""

    def reply_privately(self, conclusion: Conclusion) -> None:
        """Show the end to the asker alone: help, typos, refusals, whoami."""


class DiscardedAnswer:
    """The answer of a request whose terminal is gone: only the audit log has the end."""

    def begin(self, request: IncomingRequest, action: Action, project: str | None) -> None: ...

    def report_progress(self, request: IncomingRequest, state: object) -> None: ...

    def report_state(self, request: IncomingRequest, name: str, state: object) -> None: ...

    def finish(self, conclusion: Conclusion) -> None: ...

    def reply_privately(self, conclusion: Conclusion) -> None: ...


def answer_for(request: IncomingRequest, answer: Answer) -> Answer:
    """The answer that a serving replica gives: none to a terminal, which waits in its own process."""
    return DiscardedAnswer() if request.entry is EntryPoint.TERMINAL else answer
