"""The budget of updates: never more than a minute's calls, ends first, replicas by how much each has to
show.
"""

from __future__ import annotations

import concurrent.futures
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.actions.request import OperationId
from bot.slack.delivery.update_rate_limit import UpdateRateLimit
from storage.database import Database
from storage.updates import UpdateRepository

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PER_MINUTE = 40


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Web:
    """Slack, as far as updates go."""

    def __init__(self, clock: Clock) -> None:
        self.updated: list[tuple[str, str, datetime]] = []
        self._clock = clock

    def update(self, *, channel: str, ts: str, text: str, blocks: list[Any]) -> None:
        self.updated.append((ts, text, self._clock.now))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def web(clock: Clock) -> Web:
    return Web(clock)


def budget(database: Database, web: Web, clock: Clock, replica: str = "one") -> UpdateRateLimit:
    return UpdateRateLimit(
        UpdateRepository(database),
        web,  # type: ignore[arg-type]
        replica=replica,
        per_minute=lambda: PER_MINUTE,
        now=clock,
    )


def most_in_a_minute(times: list[datetime]) -> int:
    return max(sum(begin <= moment < begin + timedelta(minutes=1) for moment in times) for begin in times)


def test_no_minute_has_more_than_its_calls_however_hard_everybody_tries(
    database: Database, web: Web, clock: Clock
) -> None:
    limit = budget(database, web, clock)
    times: list[datetime] = []
    for _ in range(400):
        times += [clock.now] if limit.acquire_urgent("o" * 32, "root") else []  # type: ignore[arg-type]
        times += [clock.now] if not limit.acquire_progress(5) else []
        times += [clock.now] if not limit.acquire_root_line() else []
        clock.move(0.5)
    assert PER_MINUTE * 0.8 <= most_in_a_minute(times) <= PER_MINUTE


def test_an_end_comes_before_progress_that_takes_all_it_can(
    database: Database, web: Web, clock: Clock
) -> None:
    limit = budget(database, web, clock)
    for _ in range(50):
        limit.acquire_progress(50)
        clock.move(0.5)
    assert limit.acquire_urgent("o" * 32, "root") and limit.acquire_urgent("p" * 32, "root")  # type: ignore[arg-type]
    assert limit.acquire_progress(50) > 0 and limit.acquire_root_line() > 0


def test_the_line_of_a_root_goes_before_progress_while_all_of_it_stays_fresh(
    database: Database, web: Web, clock: Clock
) -> None:
    limit = budget(database, web, clock)
    for lines, calm in ((2, True), (50, False)):
        roots = 0
        for _ in range(240):  # two minutes
            roots += not limit.acquire_root_line()
            limit.acquire_progress(lines)
            clock.move(0.5)
        assert (roots > 10) is calm, (lines, roots)


def test_fifty_messages_are_each_updated_within_ninety_seconds(
    database: Database, web: Web, clock: Clock
) -> None:
    """Two replicas, one with forty and one with ten: the oldest of each is next, by turns."""
    replicas = {name: (budget(database, web, clock, name), number) for name, number in (("a", 40), ("b", 10))}
    last = {(name, line): clock.now for name, (_, number) in replicas.items() for line in range(number)}
    oldest: Counter[str] = Counter()
    for step in range(1_600):
        for name, (limit, number) in replicas.items():
            if not limit.acquire_progress(number):
                line = min((key for key in last if key[0] == name), key=lambda key: last[key])
                if step > 400:  # both have found their pace
                    oldest[name] = max(oldest[name], int((clock.now - last[line]).total_seconds()))
                last[line] = clock.now
        clock.move(0.25)
    assert 0 < max(oldest.values()) <= 90, oldest


def test_cards_and_roots_beside_fifty_messages_leave_these_fresh_and_are_not_forgotten(
    database: Database, web: Web, clock: Clock
) -> None:
    """Twenty decisions a minute change a card each, which is more than there is room for beside progress."""
    limit = budget(database, web, clock)
    last = dict.fromkeys(range(50), clock.now)
    oldest, cards = 0.0, 0
    for step in range(1_600):
        if not limit.acquire_progress(50):
            line = min(last, key=lambda key: last[key])
            oldest = max(oldest, (clock.now - last[line]).total_seconds()) if step > 400 else 0.0
            last[line] = clock.now
        if step % 3 == 0:
            cards += limit.acquire_urgent(f"{step:032x}", "answer")  # type: ignore[arg-type]
        clock.move(0.25)
    assert 0 < oldest <= 90
    assert cards >= 6, "at least one a minute"


def test_beside_few_messages_there_is_room_at_once(database: Database, web: Web, clock: Clock) -> None:
    limit = budget(database, web, clock)
    limit.acquire_progress(5)
    clock.move(2)
    assert limit.acquire_urgent("o" * 32, "root") and limit.acquire_urgent("p" * 32, "root")  # type: ignore[arg-type]


def test_what_has_no_room_is_kept_and_sent_in_order_the_newest_of_its_slot_only(
    database: Database, web: Web, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = budget(database, web, clock)
    monkeypatch.setattr(limit._worker, "sleep", lambda seconds: clock.move(seconds))
    for number in range(12):
        where = {"channel": "C", "ts": f"{number}.0", "blocks": []}
        limit.defer(f"{number:032x}", "root", text="old", **where)  # type: ignore[arg-type]
        limit.defer(f"{number:032x}", "root", text="new", **where)  # type: ignore[arg-type]
    limit.send_deferred()
    assert [(ts, text) for ts, text, _ in web.updated] == [(f"{number}.0", "new") for number in range(12)]
    assert UpdateRepository(database).waiting() == 0


def test_an_update_that_is_sent_overtakes_the_one_that_waits(
    database: Database, web: Web, clock: Clock
) -> None:
    limit = budget(database, web, clock)
    limit.defer("o" * 32, "root", channel="C", ts="1.0", text="old", blocks=[])  # type: ignore[arg-type]
    assert limit.acquire_urgent("o" * 32, "root")  # type: ignore[arg-type]
    limit.send_deferred()
    assert web.updated == []


def test_replicas_that_take_at_the_same_moment_do_not_take_the_same_call(
    database: Database, web: Web, clock: Clock
) -> None:
    both = [budget(database, web, clock, name) for name in ("a", "b")]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        acquired = list(
            pool.map(
                lambda number: both[number % 2].acquire_urgent(OperationId(f"{number:032x}"), "root"),
                range(60),
            )
        )
    assert sum(acquired) == 3  # the burst, at one moment
