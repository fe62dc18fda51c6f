"""The few methods of Slack's Web API that the bot calls, each repeated only if that is safe.

`slack_sdk` by itself repeats a call whose connection broke, which posts a message twice, and does not repeat
a call that was rate limited. So there are three clients: `idempotent` repeats both, and server errors as
well; `posting` repeats only what Slack refused with 429 and has therefore not done; `bare` repeats nothing,
because refused messages wait in `channel_rate_limit`. Everything that is sent passes the redactor.
"""

from typing import Any, TypeVar, cast

from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    ServerErrorRetryHandler,
)
from slack_sdk.http_retry.handler import RetryHandler
from slack_sdk.webhook import WebhookClient

from bot.common.redaction import Redactor
from bot.requests.answer import CannotAnswer
from bot.slack.delivery.channel_rate_limit import ChannelRateLimit, Priority, RateLimited
from bot.slack.delivery.file_downloads import FileDownloads
from bot.slack.delivery.web_errors import SlackRefused, header, translated

Body = TypeVar("Body", dict[str, Any], list[dict[str, Any]])
Blocks = list[dict[str, Any]]

RATE_LIMIT_RETRIES = 8
CONNECTION_RETRIES = 3
SECONDS_PER_TRY = 10


def _client(token: str, base_url: str, *handlers: RetryHandler) -> WebClient:
    return WebClient(token=token, base_url=base_url, timeout=SECONDS_PER_TRY, retry_handlers=[*handlers])


def idempotent_client(token: str, base_url: str) -> WebClient:
    """A client for calls that may be repeated: updates, reads, views."""
    return _client(
        token,
        base_url,
        RateLimitErrorRetryHandler(max_retry_count=RATE_LIMIT_RETRIES),
        ConnectionErrorRetryHandler(max_retry_count=CONNECTION_RETRIES),
        ServerErrorRetryHandler(max_retry_count=CONNECTION_RETRIES),
    )


class SlackWebClient:
    """The Web API with the bot's token; its errors are those of `web_errors`."""

    def __init__(self, *, token: str, base_url: str, redactor: Redactor | None = None) -> None:
        """Without a redactor, one that knows no secret but recognises their shapes."""
        self._redactor = redactor or Redactor()
        self._bare = _client(token, base_url)
        self._posting = _client(
            token, base_url, RateLimitErrorRetryHandler(max_retry_count=RATE_LIMIT_RETRIES)
        )
        self._idempotent = idempotent_client(token, base_url)
        self._channels = ChannelRateLimit()
        self._downloads = FileDownloads(token=token, base_url=base_url)

    def post(
        self,
        *,
        channel: str,
        thread: str,
        text: str,
        blocks: Blocks,
        metadata: dict[str, Any],
        priority: Priority = Priority.ANSWER,
    ) -> str:
        """Post a message once and return its ts. `priority` orders the posts into a limited channel.

        Raises `CannotAnswer` where the bot may not post, and `SlackUnreachable` if the answer was lost.
        """
        arguments = {"channel": channel, "text": text, "unfurl_links": False, "unfurl_media": False}
        optional = {"metadata": metadata, "blocks": blocks, "thread_ts": thread}
        arguments |= {name: value for name, value in optional.items() if value}
        try:
            answer = self._channels.send(channel, lambda: self._post_once(arguments), priority=priority)
        except RateLimited as refusal:
            raise SlackRefused("chat.postMessage", "ratelimited") from refusal
        return str(answer["ts"])

    def _post_once(self, arguments: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._call(self._bare, "chat.postMessage", arguments)
        except SlackRefused as refusal:
            if refusal.retry_after is not None:
                raise RateLimited(refusal.retry_after) from refusal
            raise

    def update(self, *, channel: str, ts: str, text: str, blocks: Blocks) -> None:
        """Replace a message. Raises `SlackRefused` with an error of `MESSAGE_GONE` if it is not there."""
        arguments = {"channel": channel, "ts": ts, "text": text, "blocks": blocks}
        self._call(self._idempotent, "chat.update", arguments)

    def reply_privately(self, *, channel: str, user: str, thread: str, text: str, blocks: Blocks) -> None:
        """Show an ephemeral message to one person in a channel."""
        arguments = {"channel": channel, "user": user, "text": text, "blocks": blocks}
        if thread:
            arguments["thread_ts"] = thread
        self._call(self._posting, "chat.postEphemeral", arguments)

    def respond(self, url: str, *, text: str, blocks: Blocks, replace: bool = False) -> bool:
        """Answer through a response URL; return False if it has expired or was used five times.

        The answer is ephemeral, or with `replace` it replaces the message whose button was clicked, also an
        ephemeral one, which `chat.update` cannot change. Raises `SlackUnreachable`.
        """
        client = WebhookClient(url, timeout=SECONDS_PER_TRY)
        with translated("the response URL"):
            answer = client.send(
                text=self._redactor.hide(text),
                blocks=self._redacted(blocks),
                replace_original=replace,
                response_type=None if replace else "ephemeral",
            )
        return answer.status_code == 200

    def upload(self, *, channel: str, thread: str, name: str, title: str, content: bytes) -> None:
        """Put a file into a thread. The bot must be a member of the channel."""
        with translated("files.upload"):
            self._posting.files_upload_v2(
                channel=channel,
                thread_ts=thread,
                filename=self._redactor.hide(name),
                title=self._redactor.hide(title),
                content=self._redactor.hide_bytes(content),
            )

    def download(self, url: str, *, most: int) -> bytes | None:
        """Return the bytes of a file, or None if there are more than `most`; see `FileDownloads.read`."""
        return self._downloads.read(url, most=most)

    def file_info(self, file: str) -> dict[str, Any]:
        """Return Slack's description of a file. Raises `Problem`."""
        info = self.read("files.info", file=file).get("file")
        return info if isinstance(info, dict) else {}

    def open_view(self, *, trigger_id: str, view: dict[str, Any]) -> None:
        """Open a modal. A trigger works once, and for three seconds."""
        self._call(self._posting, "views.open", {"trigger_id": trigger_id, "view": view})

    def update_view(self, *, external_id: str, view: dict[str, Any]) -> None:
        """Replace the modal that was opened with an external id."""
        self._call(self._idempotent, "views.update", {"external_id": external_id, "view": view})

    def publish_home(self, *, user: str, view: dict[str, Any]) -> None:
        """Show a person their App Home."""
        self._call(self._idempotent, "views.publish", {"user_id": user, "view": view})

    def direct_channel(self, user: str) -> str:
        """Return the channel of direct messages with a person; it is opened if there is none."""
        answer = self._call(self._idempotent, "conversations.open", {"users": user})
        return str(answer["channel"]["id"])

    def permalink(self, *, channel: str, ts: str) -> str:
        """Return a link to a message; empty where Slack gives none."""
        try:
            return str(self.read("chat.getPermalink", channel=channel, message_ts=ts).get("permalink", ""))
        except (SlackRefused, CannotAnswer):
            return ""

    def read(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Call a method that only reads and return its answer.

        These methods take form arguments, not JSON.
        """
        with translated(method):
            data = self._idempotent.api_call(method, http_verb="GET", params=arguments).data
        return data if isinstance(data, dict) else {}

    def granted_scopes(self) -> tuple[frozenset[str], dict[str, Any]]:
        """Return the scopes of the token, from Slack's header `x-oauth-scopes`, and the answer of
        `auth.test`.
        """
        with translated("auth.test"):
            answer = self._idempotent.auth_test()
        scopes = (scope.strip() for scope in header(answer, "x-oauth-scopes").split(","))
        data = answer.data
        return frozenset(scope for scope in scopes if scope), data if isinstance(data, dict) else {}

    def _redacted(self, body: Body) -> Body:
        return cast(Body, self._redactor.hide_in(body))

    def _call(self, client: WebClient, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        with translated(method):
            data = client.api_call(method, http_verb="POST", json=self._redacted(arguments)).data
        return data if isinstance(data, dict) else {}
