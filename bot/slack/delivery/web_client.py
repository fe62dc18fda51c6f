"""The Slack Web API as delivery needs it: what may be repeated is, what may not is looked for first.

`slack_sdk` repeats a call whose connection broke, which posts a message twice, and does not repeat one
that was rate limited. So there are three clients: `idempotent` repeats both and server errors as well,
`posting` only what Slack refused with 429 and has therefore not done, and `bare` nothing: messages that were
refused wait in the lane of their channel.
"""

from __future__ import annotations

import http.client
from typing import Any, TypeVar, cast
from urllib.error import URLError
from urllib.parse import urljoin, urlsplit

import urllib3
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    ServerErrorRetryHandler,
)
from slack_sdk.web import SlackResponse
from slack_sdk.webhook import WebhookClient

from bot.common.problems import Problem
from bot.common.redaction import Redactor
from bot.requests.answer import CannotAnswer
from bot.slack.delivery.channel_rate_limit import FIRST, ChannelRateLimit, TooMany

Sent = TypeVar("Sent", dict[str, Any], list[dict[str, Any]])

RATE_LIMIT_RETRIES = 8
CONNECTION_RETRIES = 3
SECONDS_PER_TRY = 10
REDIRECTS = 3
CANNOT_POST = frozenset(
    {"channel_not_found", "not_in_channel", "is_archived", "restricted_action", "no_permission"}
)
GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})


class SlackUnreachable(Problem):
    """No answer came, so it is not known whether Slack did it."""


class SlackRefused(Problem):
    """Slack answered with an error; `error` is its name for it, `retry_after` are seconds that it asks
    to wait.
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


def bare_client(token: str, base_url: str) -> WebClient:
    """A client that repeats nothing: whoever calls keeps to what Slack asks."""
    return WebClient(token=token, base_url=base_url, timeout=SECONDS_PER_TRY, retry_handlers=[])


def posting_client(token: str, base_url: str) -> WebClient:
    """A client that never repeats a call which Slack may have carried out."""
    return WebClient(
        token=token,
        base_url=base_url,
        timeout=SECONDS_PER_TRY,
        retry_handlers=[RateLimitErrorRetryHandler(max_retry_count=RATE_LIMIT_RETRIES)],
    )


def idempotent_client(token: str, base_url: str) -> WebClient:
    """A client for calls that may be repeated: updates, reads, views."""
    return WebClient(
        token=token,
        base_url=base_url,
        timeout=SECONDS_PER_TRY,
        retry_handlers=[
            RateLimitErrorRetryHandler(max_retry_count=RATE_LIMIT_RETRIES),
            ConnectionErrorRetryHandler(max_retry_count=CONNECTION_RETRIES),
            ServerErrorRetryHandler(max_retry_count=CONNECTION_RETRIES),
        ],
    )


class SlackWebClient:
    """The few calls that delivery makes, with our errors. What is sent passes the filter for secrets."""

    def __init__(self, *, token: str, base_url: str, redactor: Redactor | None = None) -> None:
        """Without a filter, one that knows shapes alone."""
        self._redactor = redactor or Redactor()
        self._bare = bare_client(token, base_url)
        self._lanes = ChannelRateLimit()
        self._posting = posting_client(token, base_url)
        self._idempotent = idempotent_client(token, base_url)
        self._host = urlsplit(base_url).hostname or ""
        self._downloads = urllib3.PoolManager(retries=urllib3.Retry(connect=2, read=2, redirect=0, status=0))

    def post(
        self,
        *,
        channel: str,
        thread: str,
        text: str,
        blocks: list[dict[str, Any]],
        metadata: dict[str, Any],
        rank: int = FIRST,
    ) -> str:
        """Post a message, once; return its ts. `rank` counts where a channel takes no more just now.

        Raises `CannotAnswer` where the bot may not post, `SlackUnreachable` when the answer was lost.
        """
        arguments: dict[str, Any] = {
            "channel": channel,
            "text": text,
            "unfurl_links": False,
            "unfurl_media": False,
        }
        if metadata:
            arguments["metadata"] = metadata
        if blocks:
            arguments["blocks"] = blocks
        if thread:
            arguments["thread_ts"] = thread
        try:
            answer = self._lanes.send(channel, lambda: self._posted(arguments), rank=rank)
        except TooMany as refused:
            raise SlackRefused("chat.postMessage", "ratelimited") from refused
        return str(answer["ts"])

    def _posted(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Post once. Raises `TooMany` if Slack takes no more for a while."""
        try:
            return self._call(self._bare, "chat.postMessage", arguments)
        except SlackRefused as refused:
            if refused.retry_after is not None:
                raise TooMany(refused.retry_after) from refused
            raise

    def find_posted(self, *, channel: str, thread: str, since: str, operation: str, slot: str) -> str | None:
        """Look for a message that was posted for an operation and slot; return its ts.

        Needs a history scope; without one, or where the bot is not a member, the answer is None.
        """
        method = "conversations.replies" if thread else "conversations.history"
        arguments: dict[str, Any] = {
            "channel": channel,
            "oldest": since,
            "inclusive": True,
            "limit": 200,
            "include_all_metadata": True,
        }
        if thread:
            arguments["ts"] = thread
        try:
            answer = self.read(method, **arguments)
        except (SlackRefused, CannotAnswer):
            return None
        for message in answer.get("messages", []):
            payload = (message.get("metadata") or {}).get("event_payload") or {}
            if payload.get("operation") == operation and payload.get("slot") == slot:
                return str(message["ts"])
        return None

    def update(self, *, channel: str, ts: str, text: str, blocks: list[dict[str, Any]]) -> None:
        """Replace a message in place. Raises `SlackRefused` with an error in `GONE` if it is no more."""
        self._call(
            self._idempotent, "chat.update", {"channel": channel, "ts": ts, "text": text, "blocks": blocks}
        )

    def reply_privately(
        self, *, channel: str, user: str, thread: str, text: str, blocks: list[dict[str, Any]]
    ) -> None:
        """Show a message to one person in a channel."""
        arguments: dict[str, Any] = {"channel": channel, "user": user, "text": text, "blocks": blocks}
        if thread:
            arguments["thread_ts"] = thread
        self._call(self._posting, "chat.postEphemeral", arguments)

    def respond(self, url: str, *, text: str, blocks: list[dict[str, Any]], replace: bool = False) -> bool:
        """Answer through a response URL, privately or in place of the message that was pressed (also of a
        private
        one, which `chat.update` cannot change); False when it is used up or expired."""
        client = WebhookClient(url, timeout=SECONDS_PER_TRY)
        try:
            answer = client.send(
                text=self._redactor.hide(text),
                blocks=self._hidden(blocks),
                replace_original=replace,
                response_type=None if replace else "ephemeral",
            )
        except (URLError, OSError, http.client.HTTPException) as error:
            raise SlackUnreachable(
                "Slack did not answer", why=str(error), fix="Try again in a minute."
            ) from error
        return answer.status_code == 200

    def upload(self, *, channel: str, thread: str, name: str, title: str, content: bytes) -> None:
        """Put a file into a thread. The bot must be a member of the channel."""
        try:
            self._posting.files_upload_v2(
                channel=channel,
                thread_ts=thread,
                filename=self._redactor.hide(name),
                title=self._redactor.hide(title),
                content=self._redactor.hide_bytes(content),
            )
        except SlackApiError as error:
            raise _refused("files.upload", error) from error
        except (URLError, OSError, http.client.HTTPException) as error:
            raise _unreachable("files.upload", error) from error

    def download(self, url: str, *, most: int) -> bytes | None:
        """The bytes of a file, None if there are more than `most`. The token is sent to Slack alone.

        Raises `SlackRefused` (without `files:read` Slack answers with a page to sign in), `SlackUnreachable`.
        """
        try:
            for _ in range(REDIRECTS + 1):
                with self._open(url) as answer:
                    moved = (
                        answer.headers.get("Location") if answer.status in (301, 302, 303, 307, 308) else None
                    )
                    if moved is None:
                        return _content(answer, most)
                url = urljoin(url, moved)
        except urllib3.exceptions.HTTPError as error:
            raise _unreachable("the download", error) from error
        raise SlackRefused("the download", "too_many_redirects")

    def _open(self, url: str) -> urllib3.BaseHTTPResponse:
        """Ask for a file with the token. Raises `SlackRefused` for an address that is not Slack's."""
        host = urlsplit(url).hostname or ""
        if host != self._host and not host.endswith(".slack.com"):
            raise SlackRefused("the download", "not_slack", f"the file is kept at {host or 'no address'}")
        return self._downloads.request(
            "GET",
            url,
            headers={"Authorization": f"Bearer {self._posting.token}"},
            redirect=False,
            preload_content=False,
            timeout=SECONDS_PER_TRY,
        )

    def file_info(self, file: str) -> dict[str, Any]:
        """What Slack knows of a file. Raises `Problem`."""
        found = self.read("files.info", file=file).get("file")
        return found if isinstance(found, dict) else {}

    def open_view(self, *, trigger_id: str, view: dict[str, Any]) -> None:
        """Open a modal; the trigger lives three seconds and works once."""
        self._call(self._posting, "views.open", {"trigger_id": trigger_id, "view": view})

    def update_view(self, *, external_id: str, view: dict[str, Any]) -> None:
        """Fill a modal that was opened under an external id."""
        self._call(self._idempotent, "views.update", {"external_id": external_id, "view": view})

    def publish_home(self, *, user: str, view: dict[str, Any]) -> None:
        """Show somebody their App Home."""
        self._call(self._idempotent, "views.publish", {"user_id": user, "view": view})

    def direct_channel(self, user: str) -> str:
        """The channel of direct messages with somebody."""
        answer = self._call(self._idempotent, "conversations.open", {"users": user})
        return str(answer["channel"]["id"])

    def permalink(self, *, channel: str, ts: str) -> str:
        """A link to a message; empty where Slack gives none."""
        try:
            return str(self.read("chat.getPermalink", channel=channel, message_ts=ts).get("permalink", ""))
        except (SlackRefused, CannotAnswer):
            return ""

    def read(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Call a reading method and return its answer. These take form arguments, not JSON."""
        return self._call(self._idempotent, method, arguments, http_verb="GET")

    def granted_scopes(self) -> tuple[frozenset[str], dict[str, Any]]:
        """The scopes of the token, as Slack's `x-oauth-scopes` header tells, and the answer of
        `auth.test`.
        """
        try:
            answer = self._idempotent.auth_test()
        except SlackApiError as error:
            raise _refused("auth.test", error) from error
        except (URLError, OSError, http.client.HTTPException) as error:
            raise _unreachable("auth.test", error) from error
        header = next(
            (value for name, value in answer.headers.items() if name.lower() == "x-oauth-scopes"), ""
        )
        text = ",".join(header) if isinstance(header, list) else str(header)
        data = answer.data
        return frozenset(part.strip() for part in text.split(",") if part.strip()), (
            data if isinstance(data, dict) else {}
        )

    def _hidden(self, value: Sent) -> Sent:
        return cast(Sent, self._redactor.hide_in(value))

    def _call(
        self, client: WebClient, method: str, arguments: dict[str, Any], *, http_verb: str = "POST"
    ) -> dict[str, Any]:
        sent = {"params": arguments} if http_verb == "GET" else {"json": self._hidden(arguments)}
        try:
            answer = client.api_call(method, http_verb=http_verb, **sent)
        except SlackApiError as error:
            raise _refused(method, error) from error
        except (URLError, OSError, http.client.HTTPException) as error:
            raise _unreachable(method, error) from error
        data = answer.data
        return data if isinstance(data, dict) else {}


def _content(answer: urllib3.BaseHTTPResponse, most: int) -> bytes | None:
    if answer.status != 200 or answer.headers.get("Content-Type", "").startswith("text/html"):
        raise SlackRefused("the download", f"HTTP {answer.status}", "the app may lack the scope files:read")
    content = answer.read(most + 1)
    return content if len(content) <= most else None


def _refused(method: str, error: SlackApiError) -> Problem:
    response = error.response
    if response.status_code >= 500:
        return SlackUnreachable(
            f"Slack failed at {method}", why=f"HTTP {response.status_code}", fix="Try again in a minute."
        )
    name = str(response.get("error", "unknown_error"))
    if name in CANNOT_POST:
        return CannotAnswer(
            "I cannot post in this channel",
            why=f"Slack says {name}",
            fix="Invite me with `/invite @xk8s`, then try again.",
        )
    reasons = (response.get("response_metadata") or {}).get("messages") or response.get("errors") or []
    needed = response.get("needed")
    detail = "; ".join(map(str, reasons)) or (f"needs the scope {needed}" if needed else "")
    return SlackRefused(method, name, detail, retry_after=_asked_pause(response))


def _asked_pause(response: SlackResponse) -> float | None:
    """The seconds of `Retry-After` where Slack refused a call as one too many (429)."""
    if response.status_code != 429:
        return None
    after = next((value for name, value in response.headers.items() if name.lower() == "retry-after"), "1")
    text = str(after[0] if isinstance(after, list) else after)
    return float(text) if text.isdigit() else 1.0


def _unreachable(method: str, error: Exception) -> SlackUnreachable:
    return SlackUnreachable(f"Slack did not answer {method}", why=str(error), fix="Try again in a minute.")
