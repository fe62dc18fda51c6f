"""Turns text as phones and Slack deliver it into text as it was typed.

Phones turn `"x"` into curly quotes and `--` into a long dash; Slack wraps mentions, channels and links, and
escapes `&`, `<` and `>` (https://docs.slack.dev/messaging/formatting-message-text).
"""

import re

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'"})
_SPACES = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\t\r\n\v\f]+")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\x00-\x08\x0e-\x1f\x7f]")
_DASHES = re.compile(r"(?:(?<=\s)|^)-*[‐‑‒–—―−][-‐‑‒–—―−]*(?=\w)")
_MENTION = re.compile(r"<([@#!])([^>|]+)(?:\|([^>]*))?>")
_LINK = re.compile(r"<([a-z][a-z0-9+.-]*:[^>|]+)(?:\|([^>]*))?>", re.IGNORECASE)
FENCE = "```"
_BLOCK = re.compile(r"```(?:ya?ml[ \t]*\n|\n)?(.*?)```", re.DOTALL)


def split_block(text: str) -> tuple[str, str | None]:
    """Return a message without its first code block, and the text of that block, letter by letter."""
    block = _BLOCK.search(text)
    if block is None:
        return text, None
    return f"{text[: block.start()]} {text[block.end() :]}", unescape(block[1]).strip("\n")


def clean(text: str) -> str:
    """Return one line of plain text: quotes, dashes and spaces of a keyboard, without Slack's wrapping."""
    text = _INVISIBLE.sub("", text)
    text = _SPACES.sub(" ", text).translate(_QUOTES)
    text = _LINK.sub(lambda link: link[2] or link[1], text)
    text = _MENTION.sub(_mention_text, text)
    text = unescape(text)
    return _DASHES.sub(_typed_dash, text).strip()


def unescape(text: str) -> str:
    """Undo Slack's three escapes; the ampersand comes last, because it is part of the others."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _mention_text(mention: re.Match[str]) -> str:
    if mention[1] == "!":  # <!subteam^S123|@ops> is a user group, <!here> a word
        return mention[2].removeprefix("subteam^")
    return mention[2]


def _typed_dash(dash: re.Match[str]) -> str:
    after = dash.string[dash.end() : dash.end() + 2]
    return "-" if len(after) == 1 or after[1].isspace() else "--"
