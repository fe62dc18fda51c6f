"""The clock of the process; every part gets it passed in, so that a test can set the time."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)
