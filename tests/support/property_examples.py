"""How many examples a property test tries: a run whose purpose is another one may ask for a part of them."""

from __future__ import annotations

import os

SHARE = float(os.environ.get("XK8S_TEST_EXAMPLES", "1"))  # of the examples that a test names
FEWEST = 10


def examples(count: int) -> int:
    """Return how many of `count` examples this run tries."""
    return max(FEWEST, round(count * SHARE))
