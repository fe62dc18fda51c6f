"""Reports as plain data: what they say in short, and that older ones can still be read."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

from bot.drivers.calico.bird import BgpSession
from bot.drivers.driver import Driver
from bot.drivers.facts import NotChecked, error, warning
from bot.drivers.verification.report import Verdict, VerificationReport, VerificationSummary
from tests.unit.drivers.builders import NOW

REPORTS: TypeAdapter[VerificationReport] = TypeAdapter(VerificationReport)
# as the version before stored it in workflows and in the database
STORED: dict[str, Any] = {
    "cluster": "prod-eu",
    "cluster_id": "u-1",
    "project": "shop",
    "asked": "calico",
    "running": "calico",
    "verdict": "degraded",
    "nodes": 2,
    "nodes_ok": 1,
    "passed": 11,
    "findings": [
        {"severity": "error", "title": "BGP sessions are down", "node": "n2", "detail": "d", "advice": "a"}
    ],
    "not_checked": [{"what": "events", "why": "forbidden"}],
    "pods": [{"node": "n2", "pod": "p", "state": "not ready", "why": "w"}],
    "sessions": 1,
    "sessions_down": [
        {
            "node": "n1",
            "peer": "10.0.0.2",
            "kind": "node-to-node mesh",
            "state": "start",
            "since": "08:41:17",
            "info": "Active",
        }
    ],
    "problem": "",
    "advice": "",
    "at": "2026-11-24T09:00:00+00:00",
    "seconds": 1.5,
}


def report(**changes: Any) -> VerificationReport:
    values: dict[str, Any] = {
        "cluster": "prod-eu",
        "cluster_id": "u-1",
        "project": "shop",
        "asked": None,
        "verdict": Verdict.HEALTHY,
        "at": NOW,
        "seconds": 0.1,
    }
    return VerificationReport(**{**values, **changes})


def test_what_an_older_version_stored_is_read_and_stored_the_same() -> None:
    parsed = REPORTS.validate_python(STORED)
    assert parsed.verdict is Verdict.DEGRADED and parsed.errors[0].node == "n2"
    assert json.loads(json.dumps(parsed.to_json())) == STORED
    assert REPORTS.dump_python(parsed, mode="json") == {**STORED, "at": "2026-11-24T09:00:00Z"}


def test_a_drivers_own_kind_of_session_is_stored_like_any_other() -> None:
    session = BgpSession(**STORED["sessions_down"][0])
    stored = report(sessions=1, sessions_down=(session,))
    assert REPORTS.dump_python(stored, mode="json")["sessions_down"] == STORED["sessions_down"]
    assert list(stored.to_json()["sessions_down"]) == STORED["sessions_down"]


def test_a_report_of_a_driver_whose_plug_in_is_gone_is_read_all_the_same() -> None:
    assert REPORTS.validate_python({**STORED, "asked": "antrea", "running": "antrea"}).driver == "antrea"


def test_a_report_is_about_the_driver_that_was_named_or_the_one_that_runs() -> None:
    assert report(asked=Driver("calico"), running="flannel").driver == "calico"
    assert report(running="flannel").driver == "flannel"
    assert report().driver == "network driver"


def test_warnings_are_no_errors() -> None:
    findings = (error("bad", "d"), warning("odd", "d"))
    assert [finding.title for finding in report(findings=findings).errors] == ["bad"]


def test_a_summary_counts_the_healthy_and_says_what_could_not_be_verified() -> None:
    summary = VerificationSummary(
        asked=None,
        reports=(
            report(cluster="a"),
            report(cluster="b", verdict=Verdict.UNREACHABLE, problem="connection refused"),
            report(cluster="c", verdict=Verdict.UNKNOWN, not_checked=(NotChecked(what="events", why="403"),)),
            report(cluster="d", verdict=Verdict.DEGRADED, findings=(error("bad", "d"),)),
        ),
        missing=("Magnum's clusters are missing: it does not answer",),
        single=False,
    )
    assert summary.healthy == 1
    assert summary.shortfall == (
        "Magnum's clusters are missing: it does not answer; b: connection refused; c: events not checked: 403"
    )
