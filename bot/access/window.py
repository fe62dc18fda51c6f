"""When an approved change may begin: `22:00` means the next 22:00 UTC, `2026-11-27 22:00` that one."""

import re
from datetime import UTC, datetime, timedelta

LATEST = timedelta(days=14)  # an approval for something further away is a plan, not a decision
_TIME = re.compile(r"(?:(\d{4})-(\d{2})-(\d{2})[ T])?(\d{1,2}):(\d{2})(?: ?(?:UTC|Z))?", re.IGNORECASE)


def moment(text: str, *, after: datetime) -> datetime:
    """Return the time that a text names, UTC: without a date the next one after `after`. Raises
    `ValueError`.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"`{text.strip()[:40]}` is no time like 22:00 or 2026-11-27 22:00 (UTC)")
    year, month, day, hour, minute = match.groups()
    try:
        if year:
            return datetime(int(year), int(month), int(day), int(hour), int(minute), tzinfo=UTC)
        at = after.astimezone(UTC).replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    except ValueError:
        raise ValueError(f"`{text.strip()}` is no time that a clock shows") from None
    return at if at > after else at + timedelta(days=1)


def window(not_before: str, not_after: str, *, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return the two ends of a window as typed; an empty end is open.

    Raises `ValueError` for a window that can never be met, or is more than `LATEST` away.
    """
    begins = moment(not_before, after=now) if not_before.strip() else None
    ends = moment(not_after, after=begins or now) if not_after.strip() else None
    if begins is not None and begins < now - timedelta(minutes=1):
        raise ValueError("the window begins in the past")
    if ends is not None and ends <= (begins or now):
        raise ValueError("the window ends before it begins")
    if max((at for at in (begins, ends) if at), default=now) > now + LATEST:
        raise ValueError(f"the window is more than {LATEST.days} days away")
    return begins, ends
