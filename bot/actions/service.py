"""What an action needs to be served: its context, the service that does it, and the results it may return."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

from bot.actions.action import Action
from bot.actions.request import OperationId, Person, Place

if TYPE_CHECKING:
    from storage.audit import AuditEvent  # of the database, which the grammar does not need

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
class LongRunning:
    """What a service returns instead of a result: the work that is to be begun, by its name, and its input.

    The input is plain JSON and holds no secret: it is stored in the clear.
    """

    work: str
    input: Mapping[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Readback:
    """What a target says about a request that was cut off."""

    outcome: Outcome  # SUCCEEDED, FAILED or UNKNOWN
    detail: str  # what is there; for UNKNOWN what to check
    target: str = ""  # its name, where the words had left it out


class TargetReader(Protocol):
    """Looks whether what an intent says has come about. Changes nothing. Raises `Problem` if it cannot
    look.
    """

    def __call__(self, intent: AuditEvent, /) -> Readback: ...
