"""What can go wrong at a Kubernetes API, by what one does next. Built in one place, from a status code."""

from __future__ import annotations

import dataclasses

import msgspec

from bot.common.problems import Problem


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cause:
    """One thing that the server says is wrong: which field, and in its words why."""

    field: str
    message: str
    reason: str = ""


class KubeError(Problem):
    """The Kubernetes API did not do what was asked; `causes` has what its Status names one by one."""

    causes: tuple[Cause, ...] = ()


class Unreachable(KubeError):
    """No answer: refused, timed out, or not the server that its certificate should name."""


class Unauthorized(KubeError):
    """The credentials are not accepted (401)."""


class Forbidden(KubeError):
    """The credentials may not do this (403)."""


class NamespaceTerminating(Forbidden):
    """Nothing can be made in a namespace that is being deleted (403)."""


class NotFound(KubeError):
    """There is no such object, or the API does not serve its kind (404)."""


class Expired(KubeError):
    """A continue token or resourceVersion is too old (410)."""


class Malformed(KubeError):
    """The server cannot read what it was sent: unknown fields, wrong types (400)."""


class Conflict(KubeError):
    """The object is not as the request assumed: another resourceVersion or uid (409)."""


class AlreadyExists(Conflict):
    """An object of that name is there (409 for a create)."""


class FieldConflict(Conflict):
    """Other field managers own fields that an apply sets (409); each of `causes` names a manager and a
    field.
    """


class Invalid(KubeError):
    """The object breaks a rule of its kind (422); `causes` names the fields."""


class TooManyRequests(KubeError):
    """The server asks to slow down (429), still after several tries."""


class ServerFailed(KubeError):
    """The server failed (5xx)."""


class BadAnswer(KubeError):
    """The answer is not what the API promises."""


class ExecFailed(KubeError):
    """A command in a container could not be run, or not within its time."""


_BY_STATUS: dict[int, type[KubeError]] = {
    400: Malformed,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Expired,
    422: Invalid,
    429: TooManyRequests,
}
_FIXES: dict[type[KubeError], str] = {
    Unauthorized: "Check the cluster's credentials in the configuration.",
    Forbidden: (
        "Give the bot's user this right: the roles are in deploy/rbac/ (to look:"
        " deploy/rbac/xk8s-verify.yaml)."
    ),
    NamespaceTerminating: "Wait until the namespace is gone, or take another one.",
    Conflict: "Somebody changed it in the meantime: look at it and try again.",
    TooManyRequests: "The API server is overloaded: try again in a few minutes.",
    ServerFailed: "Look at the API server of the cluster, then try again.",
}


class _Cause(msgspec.Struct):
    reason: str = ""
    message: str = ""
    field: str = ""


class _Details(msgspec.Struct):
    causes: list[_Cause] | None = None


class _Status(msgspec.Struct):
    message: str = ""
    reason: str = ""
    details: _Details | None = None


def from_status(status: int, message: str, *, doing: str) -> KubeError:
    """The error for an HTTP status; `message` is the server's own sentence."""
    return _made(
        _BY_STATUS.get(status, ServerFailed if status >= 500 else KubeError), status, message, doing, ()
    )


def from_answer(status: int, body: bytes, *, doing: str) -> KubeError:
    """The error for an answer: a Status object of Kubernetes, or whatever a proxy put in its place."""
    try:
        said = msgspec.json.decode(body, type=_Status)
    except msgspec.MsgspecError:
        return from_status(
            status, body.decode(errors="replace").strip()[:200] or "no reason given", doing=doing
        )
    named = said.details.causes if said.details and said.details.causes else []
    causes = tuple(Cause(field=each.field, message=each.message, reason=each.reason) for each in named)
    kind = _BY_STATUS.get(status, ServerFailed if status >= 500 else KubeError)
    return _made(
        _narrowed(kind, said.reason, causes), status, said.message or "no reason given", doing, causes
    )


def _narrowed(kind: type[KubeError], reason: str, causes: tuple[Cause, ...]) -> type[KubeError]:
    reasons = {cause.reason for cause in causes}
    if kind is Conflict and reason == "AlreadyExists":
        return AlreadyExists
    if kind is Conflict and "FieldManagerConflict" in reasons:
        return FieldConflict
    if kind is Forbidden and "NamespaceTerminating" in reasons:
        return NamespaceTerminating
    return kind


def _made(
    kind: type[KubeError], status: int, message: str, doing: str, causes: tuple[Cause, ...]
) -> KubeError:
    fix = next((_FIXES[each] for each in kind.__mro__ if each in _FIXES), "")
    made = kind(f"The Kubernetes API did not {doing}", why=f"HTTP {status}: {message}", fix=fix)
    made.causes = causes
    return made
