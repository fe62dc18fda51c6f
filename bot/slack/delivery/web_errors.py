"""Errors of Slack's Web API as problems that a person can read: refused, or not known whether it was done.

The names of errors are those of Slack's reference (`not_in_channel`, `ratelimited`, …).
"""

import contextlib
import http.client
from collections.abc import Iterator
from urllib.error import URLError

import urllib3
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.common.problems import Problem
from bot.requests.answer import CannotAnswer

CANNOT_POST = frozenset(
    {"channel_not_found", "not_in_channel", "is_archived", "restricted_action", "no_permission"}
)
MESSAGE_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
TRY_AGAIN = "Try again in a minute."


class SlackUnreachable(Problem):
    """No answer came, so it is not known whether Slack carried the call out."""


class SlackRefused(Problem):
    """Slack answered with an error.

    `error` is Slack's name for it; `retry_after` are the seconds of the `Retry-After` header, if Slack sent
    one.
    """

    def __init__(
        self, method: str, error: str, detail: str = "", *, retry_after: float | None = None
    ) -> None:
        super().__init__(
            f"Slack refused {method}",
            why=f"{error}{': ' + detail if detail else ''}",
            fix="Check the app's scopes and its channels with `xk8s doctor`, then try again.",
        )
        self.error = error
        self.retry_after = retry_after


@contextlib.contextmanager
def translated(method: str) -> Iterator[None]:
    """Turn the errors of a call to `method` into `SlackRefused`, `SlackUnreachable` or `CannotAnswer`."""
    try:
        yield
    except SlackApiError as error:
        raise _refusal(method, error.response) from error
    except (URLError, OSError, http.client.HTTPException, urllib3.exceptions.HTTPError) as error:
        raise SlackUnreachable(f"Slack did not answer {method}", why=str(error), fix=TRY_AGAIN) from error


def _refusal(method: str, response: SlackResponse) -> Problem:
    if response.status_code >= 500:
        return SlackUnreachable(
            f"Slack failed at {method}", why=f"HTTP {response.status_code}", fix=TRY_AGAIN
        )
    name = str(response.get("error", "unknown_error"))
    if name in CANNOT_POST:
        return CannotAnswer(
            "I cannot post in this channel",
            why=f"Slack says {name}",
            fix="Invite me with `/invite @xk8s`, then try again.",
        )
    messages = (response.get("response_metadata") or {}).get("messages") or response.get("errors") or []
    scope = response.get("needed")
    detail = "; ".join(map(str, messages)) or (f"needs the scope {scope}" if scope else "")
    return SlackRefused(method, name, detail, retry_after=_retry_after(response))


def _retry_after(response: SlackResponse) -> float | None:
    """The seconds to wait after Slack refused one call too many (429); None after any other refusal."""
    if response.status_code != 429:
        return None
    seconds = header(response, "retry-after") or "1"
    return float(seconds) if seconds.isdigit() else 1.0


def header(response: SlackResponse, name: str) -> str:
    """A header of an answer, by its name in lower case; several values are joined by commas."""
    value = next((value for key, value in response.headers.items() if key.lower() == name), "")
    return ",".join(value) if isinstance(value, list) else str(value)
