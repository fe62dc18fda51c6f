"""Messages as HTML: mrkdwn and Block Kit as Slack shows them. Everything from outside is escaped first."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

Json = dict[str, Any]

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


class Renderer:
    """Renders for one workspace, whose people and channels have names."""

    def __init__(self, *, user_name: Callable[[str], str], channel_name: Callable[[str], str]) -> None:
        self._user = user_name
        self._channel = channel_name

    def mrkdwn(self, text: str) -> Markup:
        """mrkdwn to HTML."""
        kept: list[str] = []

        def keep(tag: str) -> Callable[[re.Match[str]], str]:
            def replace(found: re.Match[str]) -> str:
                kept.append(f"<{tag}>{found[1]}</{tag}>")
                return f"\x00{len(kept) - 1}\x00"

            return replace

        shown = _escaped(text)
        shown = _FENCE.sub(keep("pre"), shown)
        shown = _CODE.sub(keep("code"), shown)
        shown = _DATE.sub(_moment, shown)
        shown = _USER.sub(lambda m: f'<span class="mention">@{html.escape(self._user(m[1]))}</span>', shown)
        shown = _CHANNEL.sub(
            lambda m: f'<span class="mention">#{html.escape(m[2] or self._channel(m[1]))}</span>', shown
        )
        shown = _LINK.sub(r'<a href="\1" rel="noreferrer">\2</a>', shown)
        shown = _SPECIAL.sub(r'<span class="mention">@\1</span>', shown)
        for pattern, tag in ((_BOLD, "b"), (_ITALIC, "i"), (_STRIKE, "s")):
            shown = pattern.sub(rf"<{tag}>\1</{tag}>", shown)
        shown = shown.replace("\n", "<br>")
        return Markup(re.sub(r"\x00(\d+)\x00", lambda m: kept[int(m[1])], shown))  # noqa: S704 - escaped above

    def text(self, obj: Json | None) -> Markup:
        """A text object."""
        if not obj:
            return Markup("")
        return Markup(html.escape(obj["text"])) if obj["type"] == "plain_text" else self.mrkdwn(obj["text"])  # noqa: S704


def _escaped(text: str) -> str:
    """Slack's own three escapes stay what they are; everything else is escaped for HTML."""
    plain = text.replace("&lt;", "\x01").replace("&gt;", "\x02").replace("&amp;", "&")
    return html.escape(plain, quote=False).replace("\x01", "&#60;").replace("\x02", "&#62;")


def _moment(found: re.Match[str]) -> str:
    at = datetime.fromtimestamp(int(found[1]), UTC)
    days = (at.date() - datetime.now(UTC).date()).days
    day = {-1: "yesterday at ", 0: "", 1: "tomorrow at "}.get(days, f"{at:%b} {at.day} at ")
    return f'<time datetime="{at.isoformat()}" title="{at:%Y-%m-%d %H:%M} UTC">{day}{at:%H:%M}</time>'


def clock(ts: str) -> str:
    """A message's time of day."""
    return datetime.fromtimestamp(float(ts), UTC).strftime("%H:%M")


def size(number: int) -> str:
    """A file's size for people."""
    return f"{number} bytes" if number < 1_024 else f"{number / 1_024:.0f} KB"
