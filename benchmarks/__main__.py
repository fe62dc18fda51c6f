"""`python -m benchmarks [NAME…]`: runs the benchmarks and prints each figure beside its bound."""

from __future__ import annotations

import pathlib
import sys
import tempfile
from collections.abc import Callable

from benchmarks import (
    acknowledgement,
    audit,
    connections,
    copy_objects,
    crashes,
    fifty_migrations,
    footprint,
    migrations,
    reach,
    updates,
)
from benchmarks.figures import Line

ALL: dict[str, Callable[[pathlib.Path], list[Line]]] = {
    "acknowledgement": acknowledgement.measure,
    "busy": acknowledgement.measure_busy,
    "audit": audit.measure,
    "connections": connections.measure,
    "footprint": footprint.measure,
    "crashes": crashes.measure,
    "updates": updates.measure,
    "fifty-migrations": fifty_migrations.measure,
    "reach": reach.measure,
    "reach-growth": reach.measure_growth,
    "copying": copy_objects.measure,
    "migrations-sqlite": migrations.measure_sqlite,
    "migrations-postgresql": migrations.measure_postgresql,
}


def main() -> int:
    """Run what was asked for, or everything; 1 if a bound was not kept."""
    names = sys.argv[1:] or list(ALL)
    within_bounds = True
    for name in names:
        print(f"\n{name}", flush=True)
        with tempfile.TemporaryDirectory(prefix="xk8s-bench-") as folder:
            for line in ALL[name](pathlib.Path(folder)):
                print(f"  {line}", flush=True)
                within_bounds = within_bounds and line.bound_kept
    return 0 if within_bounds else 1


if __name__ == "__main__":
    sys.exit(main())
