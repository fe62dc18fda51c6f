"""The errors of a Kubernetes API, one type for each thing that a caller does next.

Status codes and the `Status` object are those of the API conventions
(https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md).
"""

from __future__ import annotations

import dataclasses

import msgspec

from bot.adapters.json_decoders import decoder_of
from bot.common.problems import Problem


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cause:
    """One thing that the server finds wrong: the field, and the reason in its own words."""

    field: str
    message: str
    reason: str = ""


class KubeError(Problem):
    """The Kubernetes API did not do what was asked; `causes` are those that its Status names."""

    causes: tuple[Cause, ...] = ()


class Unreachable(KubeError):
    """No answer: refused, timed out, or a server with another certificate than expected."""


class Unauthorized(KubeError):
    """The credentials are not accepted (401)."""


class Forbidden(KubeError):
    """The credentials may not do this (403)."""


class NamespaceTerminating(Forbidden):
    """Nothing can be created in a namespace that is being deleted (403)."""


class NotFound(KubeError):
    """There is no such object, or the API does not serve its kind (404)."""


class Expired(KubeError):
    """A continue token or a resourceVersion is too old (410)."""


class Malformed(KubeError):
    """The server cannot read the request: unknown fields, wrong types (400)."""


class Conflict(KubeError):
    """The object has another resourceVersion or uid than the request assumed (409)."""


class AlreadyExists(Conflict):
    """An object of that name exists (409 for a create)."""


class FieldConflict(Conflict):
    """Other field managers own fields that an apply sets (409). Each cause names a manager and a field."""


class Invalid(KubeError):
    """The object breaks a rule of its kind (422); `causes` names the fields."""


class TooManyRequests(KubeError):
    """The server still asks to slow down after several tries (429)."""


class ServerFailed(KubeError):
    """The server has failed (5xx)."""


class BadAnswer(KubeError):
    """The answer is not what the API promises."""

    @classmethod
    def to_request(cls, path: str, error: Exception) -> BadAnswer:
        """Return the error for an answer that cannot be decoded."""
        return cls(
            f"The Kubernetes API answered {path} with something else",
            why=str(error),
            fix="Check that the address is a Kubernetes API and no proxy's page.",
        )


class ExecFailed(KubeError):
    """A command in a container could not be run, or not in time."""


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
    """Return the error for an HTTP status; `message` is the server's own sentence."""
    return _error(_kind(status), f"HTTP {status}: {message}", doing=doing)


def from_answer(status: int, body: bytes, *, doing: str) -> KubeError:
    """Return the error for an answer: a Status of Kubernetes, or whatever a proxy has put in its place."""
    try:
        answer = decoder_of(_Status).decode(body)
    except msgspec.MsgspecError:
        text = body.decode(errors="replace").strip()[:200]
        return from_status(status, text or "no reason given", doing=doing)
    details = answer.details.causes if answer.details and answer.details.causes else []
    causes = tuple(Cause(field=cause.field, message=cause.message, reason=cause.reason) for cause in details)
    kind = _narrowed(_kind(status), answer.reason, {cause.reason for cause in causes})
    error = _error(kind, f"HTTP {status}: {answer.message or 'no reason given'}", doing=doing)
    error.causes = causes
    return error


def _kind(status: int) -> type[KubeError]:
    return _BY_STATUS.get(status, ServerFailed if status >= 500 else KubeError)


def _narrowed(kind: type[KubeError], reason: str, cause_reasons: set[str]) -> type[KubeError]:
    if kind is Conflict and reason == "AlreadyExists":
        return AlreadyExists
    if kind is Conflict and "FieldManagerConflict" in cause_reasons:
        return FieldConflict
    if kind is Forbidden and "NamespaceTerminating" in cause_reasons:
        return NamespaceTerminating
    return kind


def _error(kind: type[KubeError], why: str, *, doing: str) -> KubeError:
    fix = next((_FIXES[base] for base in kind.__mro__ if base in _FIXES), "")
    return kind(f"The Kubernetes API did not {doing}", why=why, fix=fix)
