"""What can go wrong at a Kubernetes API, by what one does next. Built in one place, from a status code."""

from __future__ import annotations

from bot.problems import Problem


class KubeError(Problem):
    """The Kubernetes API did not do what was asked."""


class Unreachable(KubeError):
    """No answer: refused, timed out, or not the server that its certificate should name."""


class Unauthorized(KubeError):
    """The credentials are not accepted (401)."""


class Forbidden(KubeError):
    """The credentials may not do this (403)."""


class NotFound(KubeError):
    """There is no such object, or the API does not serve its kind (404)."""


class Expired(KubeError):
    """A continue token or resourceVersion is too old (410)."""


class TooManyRequests(KubeError):
    """The server asks to slow down (429), still after several tries."""


class ServerFailed(KubeError):
    """The server failed (5xx)."""


class BadAnswer(KubeError):
    """The answer is not what the API promises."""


class ExecFailed(KubeError):
    """A command in a container could not be run, or not within its time."""


_BY_STATUS: dict[int, type[KubeError]] = {
    401: Unauthorized, 403: Forbidden, 404: NotFound, 410: Expired, 429: TooManyRequests,
}  # fmt: skip
_FIXES: dict[type[KubeError], str] = {
    Unauthorized: "Check the cluster's credentials in the configuration.",
    Forbidden: "Give the bot's user this right, for example with deploy/rbac/xk8s-verify.yaml.",
    TooManyRequests: "The API server is overloaded: try again in a few minutes.",
    ServerFailed: "Look at the API server of the cluster, then try again.",
}


def from_status(status: int, message: str, *, doing: str) -> KubeError:
    """The error for an HTTP status; `message` is the server's own sentence."""
    kind = _BY_STATUS.get(status, ServerFailed if status >= 500 else KubeError)
    return kind(f"The Kubernetes API did not {doing}", why=f"HTTP {status}: {message}", fix=_FIXES.get(kind, ""))
