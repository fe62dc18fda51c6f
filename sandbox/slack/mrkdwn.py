"""mrkdwn and text objects as HTML, as Slack shows them. Everything from outside is escaped first.

https://docs.slack.dev/messaging/formatting-message-text/
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime

from markupsafe import Markup

from sandbox.slack.model import Json

_FENCE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_BOLD = re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])")
_ITALIC = re.compile(r"(?<![\w_])_([^_\n]+)_(?![\w_])")
_STRIKE = re.compile(r"(?<![\w~])~([^~\n]+)~(?![\w~])")
_DATE = re.compile(r"&lt;!date\^(\d+)\^[^|&]*\|([^&]*)&gt;")
_USER = re.compile(r"&lt;@(\w+)(?:\|[^&]*)?&gt;")
_CHANNEL = re.compile(r"&lt;#(\w+)(?:\|([^&]*))?&gt;")
_LINK = re.compile(r"&lt;(https?://[^|&]+)(?:\|([^&]*))?&gt;")
_SPECIAL = re.compile(r"&lt;!(here|channel|everyone)&gt;")


class MrkdwnRenderer:
    """Renders texts of one workspace, whose people and channels have names."""

    def __init__(self, *, user_name: Callable[[str], str], channel_name: Callable[[str], str]) -> None:
        self._user = user_name
        self._channel = channel_name

    def mrkdwn(self, text: str) -> Markup:
        """Return mrkdwn as HTML."""
        verbatim: list[str] = []  # code is set aside, so that nothing in it is taken for markup

        def set_aside(tag: str) -> Callable[[re.Match[str]], str]:
            def replace(match: re.Match[str]) -> str:
                verbatim.append(f"<{tag}>{match[1]}</{tag}>")
                return f"\x00{len(verbatim) - 1}\x00"

            return replace

        result = _escaped(text)
        result = _FENCE.sub(set_aside("pre"), result)
        result = _CODE.sub(set_aside("code"), result)
        result = _DATE.sub(_time_element, result)
        result = _USER.sub(lambda m: f'<span class="mention">@{html.escape(self._user(m[1]))}</span>', result)
        result = _CHANNEL.sub(
            lambda m: f'<span class="mention">#{html.escape(m[2] or self._channel(m[1]))}</span>', result
        )
        result = _LINK.sub(r'<a href="\1" rel="noreferrer">\2</a>', result)
        result = _SPECIAL.sub(r'<span class="mention">@\1</span>', result)
        for pattern, tag in ((_BOLD, "b"), (_ITALIC, "i"), (_STRIKE, "s")):
            result = pattern.sub(rf"<{tag}>\1</{tag}>", result)
        result = result.replace("\n", "<br>")
        return Markup(re.sub(r"\x00(\d+)\x00", lambda m: verbatim[int(m[1])], result))  # noqa: S704 - escaped above

    def text(self, obj: Json | None) -> Markup:
        """Return a text object as HTML."""
        if not obj:
            return Markup("")
        return Markup(html.escape(obj["text"])) if obj["type"] == "plain_text" else self.mrkdwn(obj["text"])  # noqa: S704


def _escaped(text: str) -> str:
    """Escape for HTML, but for Slack's own three escapes, which stay what they are."""
    plain = text.replace("&lt;", "\x01").replace("&gt;", "\x02").replace("&amp;", "&")
    return html.escape(plain, quote=False).replace("\x01", "&#60;").replace("\x02", "&#62;")


def _time_element(match: re.Match[str]) -> str:
    at = datetime.fromtimestamp(int(match[1]), UTC)
    days = (at.date() - datetime.now(UTC).date()).days
    day = {-1: "yesterday at ", 0: "", 1: "tomorrow at "}.get(days, f"{at:%b} {at.day} at ")
    return f'<time datetime="{at.isoformat()}" title="{at:%Y-%m-%d %H:%M} UTC">{day}{at:%H:%M}</time>'


def clock(ts: str) -> str:
    """Return the time of day of a message."""
    return datetime.fromtimestamp(float(ts), UTC).strftime("%H:%M")


def size(number: int) -> str:
    """Return a number of bytes for people."""
    return f"{number} bytes" if number < 1_024 else f"{number / 1_024:.0f} KB"
