"""What serving an action needs: the context, the service, and the results that a service may return."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

from bot.actions.action import Action
from bot.actions.request import OperationId, Person, Place

if TYPE_CHECKING:
    from storage.audit_events import AuditEvent  # of the database, which the grammar does not need

A_contra = TypeVar("A_contra", bound=Action, contravariant=True)


class Outcome(enum.StrEnum):
    """How a request ended; the audit log's outcome column."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # cut off by a crash, and the target does not tell
    ASKED = "asked"  # not done: a second person is to decide first
    OPEN = "open"  # a workflow goes on with it, and it is concluded later: never in the audit log


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
    """Does one action: returns a plain result object; raises `Problem` for what a person must read."""

    def __call__(self, action: A_contra, context: Context, /) -> object: ...


@runtime_checkable
class Targeted(Protocol):
    """A result that names the target where the words have left it out."""

    @property
    def audit_target(self) -> str: ...


@runtime_checkable
class Partial(Protocol):
    """A result that may name what could not be done: the request has then failed, and is shown all the
    same.
    """

    @property
    def shortfall(self) -> str: ...


@runtime_checkable
class Detailed(Protocol):
    """A result that words the detail of its audit event itself."""

    @property
    def audit_detail(self) -> str: ...


@runtime_checkable
class Pending(Protocol):
    """A result of something that is not done yet: it says what the request waits for."""

    @property
    def pending(self) -> str: ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class LongRunning:
    """What a service returns for work that takes long: the workflow that is to be begun, and its input.

    The input is plain JSON and holds no secret: it is stored in the clear.
    """

    work: str  # the name of the workflow
    input: Mapping[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Readback:
    """What the target of a request that was cut off says about it."""

    outcome: Outcome  # SUCCEEDED, FAILED or UNKNOWN
    detail: str  # the state of the target; for UNKNOWN what to check
    target: str = ""  # its name, where the words have left it out


class TargetReader(Protocol):
    """Reads from the target whether what an intent says has come about, and changes nothing.

    Raises `Problem` if the target cannot be read.
    """

    def __call__(self, intent: AuditEvent, /) -> Readback: ...
