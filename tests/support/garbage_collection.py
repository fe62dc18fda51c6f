"""A garbage collector that looks no more at what stays until the end of the run.

Modules and collected tests are some hundred megabytes. Each full collection would go through them, which is
an eighth of what tests cost that make many objects.
"""

from __future__ import annotations

import gc

THRESHOLDS = (20_000, 20, 50)  # of objects, and of collections of the generation before


def set_aside_what_stays() -> None:
    """Move all objects there are out of the collector's sight."""
    gc.collect()
    gc.freeze()


def pytest_collection_finish() -> None:
    """Set the modules and the tests aside, and collect what the tests make less often."""
    set_aside_what_stays()
    gc.set_threshold(*THRESHOLDS)
