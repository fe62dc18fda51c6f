"""What a request needs from the two ends: the service that does it, and the answer that shows it."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable
from typing import Protocol, TypeVar, runtime_checkable

from bot.actions.action import Action
from bot.problems import Problem
from bot.requests.incoming import IncomingRequest, OperationId, Person, Place

A_contra = TypeVar("A_contra", bound=Action, contravariant=True)


class Outcome(enum.StrEnum):
    """How a request ended; the audit log's outcome column."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # cut off by a crash, and reading the target did not tell
    ASKED = "asked"  # not done: it waits for a second person
    OPEN = "open"  # goes on elsewhere, and is concluded later: never in the audit log


@dataclasses.dataclass(frozen=True, kw_only=True)
class Context:
    """What a service may know about the request it serves."""

    operation: OperationId  # the same in every attempt at this request
    reference: str
    person: Person
    place: Place
    project: str | None  # None only for actions with Effect.TALK
    resumed: bool  # an earlier attempt wrote its intent and was cut off: look before you create
    progress: Callable[[object], None]  # show an intermediate state: a plain result object, any thread


class Service(Protocol[A_contra]):
    """Does one action. Returns a plain result object; raises `Problem` for what a person must read."""

    def __call__(self, action: A_contra, context: Context, /) -> object: ...


@runtime_checkable
class Targeted(Protocol):
    """A result that knows what it was done to, where the words left it out."""

    @property
    def audit_target(self) -> str: ...


@runtime_checkable
class Partial(Protocol):
    """A result that may say what could not be done: if it does, the request has failed, and is shown all
    the same.
    """

    @property
    def shortfall(self) -> str: ...


@runtime_checkable
class Detailed(Protocol):
    """A result that says in words of its own what the audit log should tell of it."""

    @property
    def audit_detail(self) -> str: ...


@runtime_checkable
class Pending(Protocol):
    """A result that stands for something not done yet: it says what is waited for."""

    @property
    def pending(self) -> str: ...


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


class Answer(Protocol):
    """The far end of a request: a Slack thread, or a terminal.

    Every method may be called again with the same request after a crash and must then not repeat
    what was already shown.
    """

    def begin(self, request: IncomingRequest, action: Action, project: str | None) -> None:
        """Make the place where the answer will stand (the root message and its thread).

        Raises `CannotAnswer` where nothing can be posted: a read then goes on and is answered
        privately, a change is refused before it starts.
        """

    def progress(self, request: IncomingRequest, state: object) -> None:
        """Show an intermediate state in place; may drop it when another follows soon."""

    def changed(self, request: IncomingRequest, name: str, state: object) -> None:
        """Say for good that work which takes long has come to a new state; `name` is said once per
        request.
        """

    def finish(self, conclusion: Conclusion) -> None:
        """Show the end, in the place that `begin` made."""

    def whisper(self, conclusion: Conclusion) -> None:
        """Show the end to the asker alone: help, typos, refusals, whoami."""


class CannotAnswer(Problem):
    """Nothing can be posted where the request came from; `fix` says how to invite the bot."""
