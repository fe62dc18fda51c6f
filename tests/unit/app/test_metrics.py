"""What `/metrics` exposes."""

from __future__ import annotations

from prometheus_client import generate_latest

from bot.app.metrics import Metrics
from bot.common.worker import Worker
from storage.inbox import Backlog


def exposed(metrics: Metrics) -> list[str]:
    return generate_latest(metrics.registry).decode().splitlines()


def test_failures_of_a_worker_are_counted_by_its_name() -> None:
    metrics = Metrics()

    def fail() -> None:
        raise RuntimeError("no")

    worker = Worker("audit-signer", fail, interval=1, count_failure=metrics.count_failure)
    worker.run_once()
    worker.run_once()
    assert 'xk8s_worker_failures_total{worker="audit-signer"} 2.0' in exposed(metrics)


def test_what_was_not_taken_is_counted_by_its_reason() -> None:
    metrics = Metrics()
    metrics.drop("stale")
    assert 'xk8s_slack_dropped_total{reason="stale"} 1.0' in exposed(metrics)


def test_the_backlog_is_read_when_it_is_asked_for() -> None:
    metrics, backlog = Metrics(), Backlog(waiting=1, leased=2, continued=3)
    metrics.watch_inbox(lambda: backlog)
    lines = exposed(metrics)
    for line in ("xk8s_requests_waiting 1.0", "xk8s_requests_leased 2.0", "xk8s_requests_continued 3.0"):
        assert line in lines
