"""The metrics of a serving process, as `/metrics` exposes them."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge

from storage.inbox import Backlog


class Metrics:
    """The registry, with a method for each event that is counted."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._dropped = Counter(
            "xk8s_slack_dropped", "What was delivered and not taken", ["reason"], registry=self.registry
        )
        self._worker_failures = Counter(
            "xk8s_worker_failures", "Failed runs of background workers", ["worker"], registry=self.registry
        )

    def drop(self, reason: str) -> None:
        """Count something that Slack has delivered and that was not taken."""
        self._dropped.labels(reason=reason).inc()

    def count_failure(self, worker: str) -> None:
        """Count a failed run of a background worker."""
        self._worker_failures.labels(worker=worker).inc()

    def watch_inbox(self, backlog: Callable[[], Backlog]) -> None:
        """Expose how many requests wait, are worked on, and go on in workflows."""
        for name, description, count in (
            ("waiting", "Requests that nobody works on yet", lambda: backlog().waiting),
            ("leased", "Requests that are being worked on", lambda: backlog().leased),
            ("continued", "Requests whose durable work goes on", lambda: backlog().continued),
        ):
            Gauge(f"xk8s_requests_{name}", description, registry=self.registry).set_function(count)
