"""Cron schedules as the CronJob controller reads them: five fields with `*`, lists, ranges and steps.

https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
"""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
FURTHEST = timedelta(days=366)


@dataclasses.dataclass(frozen=True)
class CronSchedule:
    """The minutes at which a CronJob is due."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool  # both day fields are restricted: a day that matches one of them is enough

    @classmethod
    def parse(cls, text: str) -> CronSchedule:
        """Read a schedule, or one of the macros. Raises `ValueError`."""
        fields = MACROS.get(text.strip(), text).split()
        if len(fields) != 5:
            raise ValueError(f"expected exactly 5 fields, found {len(fields)}: [{text}]")
        minutes, hours, days, months, weekdays = (
            _field(field, *bounds) for field, bounds in zip(fields, BOUNDS, strict=True)
        )
        either_day = "*" not in fields[2][:1] and "*" not in fields[4][:1]
        return cls(minutes, hours, days, months, frozenset(day % 7 for day in weekdays), either_day)

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first due minute after a moment; None if there is none within a year."""
        at = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        end = moment + FURTHEST
        while at <= end:
            if at.month not in self.months or not self._is_due_day(at):
                at = (at + timedelta(days=1)).replace(hour=0, minute=0)
            elif at.hour not in self.hours:
                at = (at + timedelta(hours=1)).replace(minute=0)
            elif at.minute not in self.minutes:
                at += timedelta(minutes=1)
            else:
                return at
        return None

    def _is_due_day(self, at: datetime) -> bool:
        by_month, by_week = at.day in self.days, at.isoweekday() % 7 in self.weekdays
        return by_month or by_week if self.either_day else by_month and by_week


def _field(text: str, low: int, high: int) -> frozenset[int]:
    values: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            begin, end = low, high
        else:
            begin = int(first)
            end = int(last) if dash else high if step else begin
        if not low <= begin <= end <= high:
            raise ValueError(f"{part} is not between {low} and {high}")
        values |= set(range(begin, end + 1, int(step or 1)))
    return frozenset(values)
