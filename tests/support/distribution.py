"""How tests are handed out to xdist's workers, also after one of them has died.

A file stays together on one worker, because its tests may share what its module made; files whose tests have
a world of their own and wait for it go test by test to whichever worker has room.

xdist's own scheduler cannot lose a worker: it gives the test that took its worker down to the replacement,
which dies as well, and it leaves a replacement that got a single test waiting for a second one for ever. Here
the test that was running counts as failed and is not run again, and whoever gets the last unit of work is
told that it is the last.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

TEST_BY_TEST = (
    "tests/contract/migration/test_many",
    "tests/contract/migration/test_workflow",
    "tests/e2e/test_migration",
    "tests/reliability/test_approvals",
    "tests/reliability/test_migrations",
    "tests/reliability/test_operations",
)
ENOUGH = 2  # tests a worker has in hand: it begins one only when it knows the next, or that there is none


class FileScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist is untyped
    """Hands out files, or single tests of the files that allow it, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return nodeid if file.startswith(TEST_BY_TEST) else file

    def remove_node(self, node: Any) -> str | None:
        """Forget a worker. Returns the test that it died in, and gives its other tests to the rest."""
        workload: dict[str, dict[str, bool]] = self.assigned_work.pop(node)
        waiting = [nodeid for unit in workload.values() for nodeid, done in unit.items() if not done]
        if not waiting:
            return None
        crashed = waiting[0]
        for scope, unit in workload.items():
            rest = {nodeid: False for nodeid, done in unit.items() if not done and nodeid != crashed}
            if rest:
                self.workqueue[scope] = rest
        for survivor in list(self.assigned_work):
            self._reschedule(survivor)
        return crashed

    def _reschedule(self, node: Any) -> None:
        if node.shutting_down or node not in self.registered_collections:
            return
        while self.workqueue and self._pending_of(self.assigned_work[node]) <= ENOUGH:
            self._assign_work_unit(node)
        if not self.workqueue:
            node.shutdown()  # it ends when it has run what it has in hand


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Use the scheduler above whenever there are several workers (`-n`)."""
    config.option.loadscopereorder = False  # what waits is collected first, so that it overlaps with the rest
    return FileScheduling(config, log)
