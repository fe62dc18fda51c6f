"""Verification: the verdict first, then what failed and what to do."""

from __future__ import annotations

import json

import pytest

from bot.actions.verification import Diagnose, Verify
from bot.drivers.facts import Finding, Severity
from bot.drivers.verification.report import (
    Verdict,
    VerificationProgress,
    VerificationReport,
    VerificationSummary,
)
from bot.slack import kit
from bot.slack.views import verification as views
from tests.unit.slack.examples.clusters import healthy_report, report
from tests.unit.slack.examples.templates import CALICO
from tests.unit.slack.rendering import buttons, text, words


def finding(number: int = 1, **changes: object) -> Finding:
    values = {
        "severity": Severity.ERROR,
        "title": "A pod is not ready",
        "node": f"node-{number}",
        "detail": "CrashLoopBackOff",
        "advice": "",
    }
    return Finding(**(values | changes))  # type: ignore[arg-type]


def single(cluster_report: VerificationReport) -> kit.Rendered:
    return views.show_summary(
        VerificationSummary(asked=CALICO, reports=(cluster_report,), missing=(), single=True)
    )


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "✅ *calico* on *prod-eu*: healthy, 3 of 3 nodes"),
        ({"verdict": Verdict.UNKNOWN}, "⚠️ *calico* on *prod-eu*: healthy as far as checked, 3 of 3 nodes"),
        ({"verdict": Verdict.UNREACHABLE}, "❌ *calico* on *prod-eu*: could not be read"),
        ({"verdict": Verdict.MISMATCHED}, "❌ *calico* on *prod-eu*: another driver runs"),
        (
            {"verdict": Verdict.DEGRADED, "nodes_ok": 2},
            "❌ *calico* on *prod-eu*: 1 of 3 nodes needs attention",
        ),
        (
            {"verdict": Verdict.DEGRADED, "nodes_ok": 1},
            "❌ *calico* on *prod-eu*: 2 of 3 nodes need attention",
        ),
        (
            {"verdict": Verdict.DEGRADED, "findings": (finding(),)},
            "❌ *calico* on *prod-eu*: A pod is not ready",
        ),
    ],
    ids=["healthy", "unknown", "unreachable", "mismatched", "one-node", "two-nodes", "no-node"],
)
def test_the_headline_is_the_verdict(changes: dict[str, object], line: str) -> None:
    assert views.headline(healthy_report(**changes)) == line


def test_a_healthy_cluster_is_counted_and_offers_to_run_again() -> None:
    rendered = single(healthy_report(sessions=3))
    assert text(*rendered.messages).split("\n")[0] == (
        "✅ 3 checks passed · 3 of 3 BGP sessions Established · 3 nodes in 0.4 s"
    )
    offered = buttons(*rendered.messages)
    assert list(offered) == ["Run again"]
    assert offered["Run again"].action == Verify(driver=CALICO, cluster="c1")


def test_a_failure_says_where_and_what_to_do_and_offers_a_diagnosis() -> None:
    advice = "Restart it: /xk8s diagnose prod-eu --node node-1   then look again"
    degraded = healthy_report(verdict=Verdict.DEGRADED, nodes_ok=2, findings=(finding(advice=advice),))
    rendered = single(degraded)
    lines = text(*rendered.messages).split("\n")
    assert lines[0] == "❌ A pod is not ready on node-1: CrashLoopBackOff"
    assert lines[1] == "→ Restart it: /xk8s diagnose prod-eu --node node-1 then look again"
    markup = rendered.messages[0].blocks[0]["text"]["text"]
    assert "`/xk8s diagnose prod-eu --node node-1` then" in markup, "a command is code, to be copied"
    assert buttons(*rendered.messages)["Diagnose"].action == Diagnose(cluster="c1")


def test_of_many_findings_the_first_are_shown_and_the_file_has_all() -> None:
    rendered = single(report(20, "broken"))
    assert "…and 8 more, in the file." in text(*rendered.messages)
    [file] = rendered.files
    assert file.name == "verify-prod-eu.json" and len(json.loads(file.content)["findings"]) == 20
    assert single(report(3, "broken")).files == ()


def test_what_was_not_checked_is_said_with_the_reason() -> None:
    assert "⚪ not checked: BGP. " in text(*single(report(3, "no route")).messages)


def test_a_cluster_that_could_not_be_read_says_why_and_nothing_else() -> None:
    unreachable = healthy_report(
        verdict=Verdict.UNREACHABLE, problem="HTTP 401", advice="Look at the kubeconfig."
    )
    assert text(*single(unreachable).messages) == "HTTP 401\nLook at the kubeconfig.\n[Run again]  [Diagnose]"


def test_pods_and_sessions_that_are_ill_stand_in_tables() -> None:
    tables = [
        block
        for message in single(report(3, "down")).messages
        for block in message.blocks
        if block["type"] == "table"
    ]
    assert [table["rows"][0][1]["text"] for table in tables] == ["Pod", "Peer"]
    assert [cell["text"] for cell in tables[1]["rows"][1]] == [
        "n0",
        "10.0.0.1",
        "mesh",
        "start",
        "08:00",
        "down",
    ]


def test_several_clusters_are_counted_and_each_has_its_headline() -> None:
    reports = (report(3, "broken"), healthy_report(cluster="dev"))
    summary = VerificationSummary(asked=None, reports=reports, missing=("edge: HTTP 503",), single=False)
    rendered = views.show_summary(summary)
    assert rendered.headline == "❌ *network drivers*: 1 of 2 clusters healthy"
    answer_text = text(*rendered.messages)
    assert answer_text.startswith("⚠️ edge: HTTP 503\n❌ calico on prod-eu: ")
    assert "✅ calico on dev: healthy" in answer_text
    assert buttons(*rendered.messages)["Run again"].action == Verify()


def test_all_healthy_is_green_unless_a_cluster_is_missing() -> None:
    reports = (healthy_report(), healthy_report(cluster="dev"))
    complete = VerificationSummary(asked=CALICO, reports=reports, missing=(), single=False)
    assert views.show_summary(complete).headline == "✅ *calico*: 2 of 2 clusters healthy"
    partial = VerificationSummary(asked=CALICO, reports=reports, missing=("edge",), single=False)
    assert views.show_summary(partial).headline.startswith("❌")


def test_progress_names_what_is_done_and_what_is_being_read() -> None:
    state = VerificationProgress(
        asked=CALICO, clusters=3, done=(("dev", Verdict.HEALTHY),), doing=(("prod", "nodes"),)
    )
    assert words(views.show_progress(state).blocks) == (
        "Verifying calico: 1 of 3 clusters done ✅ dev ⏳ prod: nodes"
    )
    begun = VerificationProgress(asked=None, clusters=1, done=(), doing=())
    assert words(views.show_progress(begun).blocks) == (
        "Verifying the network driver: 0 of 1 cluster done ⏳ starting"
    )
