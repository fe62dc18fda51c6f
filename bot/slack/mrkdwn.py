"""Slack's markup language mrkdwn: escaping, emphasis, mentions, dates, and text cut to a length.

Pure. Whatever a server or a person says passes `escape`, `bold`, `code` or `fenced` before it is shown, so
that it can neither notify a channel nor break the markup around it. The rules are those of Slack's page
'Formatting text for app surfaces'.
"""

from datetime import datetime

MESSAGE_TEXT = 4_000  # characters of a message's `text`; chat.update refuses more


def escape(text: object) -> str:
    """Escape the three characters that Slack reads as markup: `&`, `<` and `>`, in that order."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, limit: int) -> str:
    """Shorten text to at most `limit` characters; an ellipsis marks the cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def bold(text: object) -> str:
    """Escape text and make it bold.

    An asterisk inside would end the bold part, so a lookalike replaces it.
    """
    return f"*{escape(text).replace('*', '∗')}*"


def code(text: object) -> str:
    """Escape text and show it as inline code. A backtick inside would end it, so a lookalike replaces it."""
    return f"`{escape(text).replace('`', 'ˋ')}`"


def fenced(text: str) -> str:
    """Escape text and show it preformatted. A fence inside would end it, so lookalikes replace it."""
    return f"```\n{escape(text.replace('```', 'ˋˋˋ'))}\n```"


def person(user_id: str) -> str:
    """Mention a Slack user; the actor of a terminal (`terminal:user@host`) is written as it is."""
    return escape(user_id) if ":" in user_id or not user_id else f"<@{user_id}>"


def moment(at: datetime) -> str:
    """Show a time in the reader's own time zone; clients that cannot do so show the fallback in UTC."""
    fallback = at.strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>"


def as_of(at: datetime) -> str:
    """Show when a state was read, to the second, in the reader's own time zone."""
    return f"as of <!date^{int(at.timestamp())}^{{time_secs}}|{at.strftime('%H:%M:%S UTC')}>"


def duration(seconds: float) -> str:
    """Show a duration or an age in the largest unit that is precise enough: `6 min`, `2 h`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5_400:
        return f"{seconds / 60:.0f} min"
    if seconds < 129_600:
        return f"{seconds / 3_600:.0f} h"
    return f"{seconds / 86_400:.0f} days"


def plain_line(mrkdwn: str) -> str:
    """Remove bold and code marks from a line, for a message's `text`, which notifications show."""
    return cut(mrkdwn.replace("*", "").replace("`", ""), MESSAGE_TEXT)


def split_text(text: str, limit: int) -> list[str]:
    """Split text into parts of at most `limit` characters: between lines, else words, else anywhere."""
    parts: list[str] = []
    remainder = text
    while len(remainder) > limit:
        at = (
            max(remainder.rfind("\n", 1, limit + 1), 0) or max(remainder.rfind(" ", 1, limit + 1), 0) or limit
        )
        parts.append(remainder[:at])
        remainder = remainder[at:].lstrip("\n")
    if remainder or not parts:
        parts.append(remainder)
    return parts
