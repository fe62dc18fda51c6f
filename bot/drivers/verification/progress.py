"""Tells how far a verification of several clusters has come, from the threads that verify them."""

import threading
from collections.abc import Callable

from bot.drivers.driver import Driver
from bot.drivers.verification.report import Verdict, VerificationProgress


class ProgressTracker:
    """Collects the stage of each cluster, and reports every change. Thread-safe."""

    def __init__(
        self, *, clusters: int, asked: Driver | None, report: Callable[[VerificationProgress], None]
    ) -> None:
        self._clusters = clusters
        self._asked = asked
        self._report = report
        self._doing: dict[str, str] = {}
        self._done: list[tuple[str, Verdict]] = []
        self._lock = threading.Lock()

    def set_stage(self, cluster: str, stage: str) -> None:
        """Report what is being done at a cluster."""
        with self._lock:
            self._doing[cluster] = stage
        self.report()

    def finish(self, cluster: str, verdict: Verdict) -> None:
        """Report the verdict on a cluster."""
        with self._lock:
            self._doing.pop(cluster, None)
            self._done.append((cluster, verdict))
        self.report()

    def report(self) -> None:
        """Report the present state."""
        with self._lock:
            done, doing = tuple(self._done), tuple(self._doing.items())
        self._report(VerificationProgress(asked=self._asked, clusters=self._clusters, done=done, doing=doing))
