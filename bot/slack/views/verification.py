"""Verification: verdict first, then what failed and what to do. Green is counted, red is named."""

from __future__ import annotations

import json
from collections.abc import Iterable

from bot.actions.verification import Diagnose, Verify
from bot.drivers import catalog
from bot.drivers.facts import Finding, Session, Severity
from bot.drivers.profile import NodeProbe
from bot.drivers.verification.report import (
    Verdict,
    VerificationProgress,
    VerificationReport,
    VerificationSummary,
)
from bot.slack import kit

MARKS = {
    Verdict.HEALTHY: "✅",
    Verdict.DEGRADED: "❌",
    Verdict.MISMATCHED: "❌",
    Verdict.UNREACHABLE: "❌",
    Verdict.UNKNOWN: "⚠️",
}
MOST_FINDINGS = 12  # of one cluster in the message; all of them are in the file
MOST_ROWS = 99


def progress(state: VerificationProgress) -> kit.Message:
    """How far it is."""
    what = str(state.asked or "the network driver")
    lines = [f"{MARKS[verdict]} {kit.bold(name)}" for name, verdict in state.done[-8:]]
    lines += [f"⏳ {kit.bold(name)}: {kit.escape(doing)}" for name, doing in state.doing[:8]]
    head = f"Verifying {kit.escape(what)}: {len(state.done)} of {kit.count(state.clusters, 'cluster')} done"
    return kit.Message(text=head, blocks=(kit.section(head), kit.section("\n".join(lines) or "⏳ starting")))


def summary(found: VerificationSummary) -> kit.Rendered:
    """One cluster's report, or several, worst first."""
    if len(found.reports) == 1 and not found.missing:
        return _single(found.reports[0])
    what = kit.bold(found.asked or "network drivers")
    blocks: list[kit.Block] = [kit.section(f"⚠️ {kit.escape(missing)}") for missing in found.missing]
    for report in found.reports:
        blocks.append(kit.section(headline(report)))
        blocks += _body(report, most=4)
    healthy = tuple(report for report in found.reports if report.verdict is Verdict.HEALTHY)
    blocks.append(kit.buttons(kit.Button(label="Run again", action=Verify(driver=found.asked))))
    mark = "✅" if len(healthy) == len(found.reports) and not found.missing else "❌"
    line = f"{mark} {what}: {len(healthy)} of {kit.count(len(found.reports), 'cluster')} healthy"
    tables = [table for report in found.reports for table in _tables(report)]
    text = f"{len(healthy)} of {len(found.reports)} clusters healthy"
    return kit.Rendered(
        headline=line, messages=kit.messages(text, [*blocks, *tables]), files=_files(found.reports)
    )


def _single(report: VerificationReport) -> kit.Rendered:
    blocks = _body(report, most=MOST_FINDINGS)
    buttons = [kit.Button(label="Run again", action=Verify(driver=report.asked, cluster=report.cluster_id))]
    if report.verdict is not Verdict.HEALTHY:
        buttons.append(kit.Button(label="Diagnose", action=Diagnose(cluster=report.cluster_id)))
    blocks.append(kit.buttons(*buttons))
    line = headline(report)
    text = line.replace("*", "").replace("`", "")
    return kit.Rendered(
        headline=line, messages=kit.messages(text, [*blocks, *_tables(report)]), files=_files([report])
    )


def headline(report: VerificationReport) -> str:
    """The verdict on one cluster in one line."""
    subject = f"{MARKS[report.verdict]} {kit.bold(report.driver)} on {kit.bold(report.cluster)}"
    nodes = f"{report.nodes_ok} of {kit.count(report.nodes, 'node')}"
    if report.verdict is Verdict.HEALTHY:
        return f"{subject}: healthy, {nodes}"
    if report.verdict is Verdict.UNKNOWN:
        return f"{subject}: healthy as far as checked, {nodes}"
    if report.verdict is Verdict.UNREACHABLE:
        return f"{subject}: could not be read"
    if report.verdict is Verdict.MISMATCHED:
        return f"{subject}: {kit.escape(report.errors[0].title if report.errors else 'another driver runs')}"
    bad = report.nodes - report.nodes_ok
    if bad:
        return (
            f"{subject}: {bad} of {kit.count(report.nodes, 'node')} {'needs' if bad == 1 else 'need'}"
            " attention"
        )
    return f"{subject}: {kit.escape(report.errors[0].title)}"


def _body(report: VerificationReport, *, most: int) -> list[kit.Block]:
    if report.verdict is Verdict.UNREACHABLE:
        return kit.sections("\n".join(kit.escape(part) for part in (report.problem, report.advice) if part))
    blocks: list[kit.Block] = []
    for finding in report.findings[:most]:
        blocks += kit.sections(_finding(finding))
    if len(report.findings) > most:
        blocks.append(kit.section(f"…and {len(report.findings) - most} more, in the file."))
    if not report.nodes:
        return blocks
    passed = [f"{kit.count(report.passed, 'check')} passed"]
    if report.sessions:
        up = report.sessions - len(report.sessions_down)
        probe = _probe(report)
        subject, word = (probe.subject, probe.up) if probe else ("session", "up")
        passed.append(f"{up} of {kit.count(report.sessions, subject)} {word}")
    blocks.append(
        kit.section(
            f"{'✅' if report.passed else '➖'} {' · '.join(passed)} · {kit.count(report.nodes, 'node')} in"
            f" {kit.ago(report.seconds)}"
        )
    )
    blocks += [
        kit.section(f"⚪ not checked: {kit.escape(skipped.what)}. {kit.escape(kit.cut(skipped.why, 600))}")
        for skipped in report.not_checked[:5]
    ]
    return blocks


def _finding(finding: Finding) -> str:
    mark = "❌" if finding.severity is Severity.ERROR else "⚠️"
    where = f" on {kit.code(finding.node)}" if finding.node else ""
    lines = [f"{mark} {kit.bold(finding.title)}{where}: {kit.escape(finding.detail)}"]
    if finding.advice:
        lines.append(f"→ {_advice(finding.advice)}")
    return "\n".join(lines)


def _advice(advice: str) -> str:
    """Words stay words, a command becomes code that can be copied."""
    words, slash, command = advice.partition("/xk8s")
    if not slash:
        return kit.escape(advice)
    first, gap, rest = command.partition("   ")
    tail = f" {_advice(rest.strip())}" if gap else ""
    return f"{kit.escape(words)}{kit.code(slash + first)}{tail}"


def _tables(report: VerificationReport) -> Iterable[kit.Block]:
    if report.pods:
        rows = [[row.node, row.pod or "–", row.state, row.why] for row in report.pods[:MOST_ROWS]]
        yield from kit.table_parts(["Node", "Pod", "State", "Why"], rows)
    if report.sessions_down:
        probe = _probe(report)
        columns = probe.columns if probe else ("Node", "Peer", "Type", "State", "Since", "Info")
        yield from kit.table_parts(list(columns), _session_rows(report.sessions_down))


def _probe(report: VerificationReport) -> NodeProbe | None:
    """How the driver that runs speaks of its sessions; None if it is not in the catalogue (any more)."""
    driver = catalog.known(report.running)
    return catalog.profile(driver).probe if driver else None


def _session_rows(sessions: Iterable[Session]) -> list[list[str]]:
    return [
        [session.node, session.peer, session.kind, session.state, session.since, session.info]
        for session in list(sessions)[:MOST_ROWS]
    ]


def _files(reports: Iterable[VerificationReport]) -> tuple[kit.File, ...]:
    long = [
        report
        for report in reports
        if len(report.findings) > MOST_FINDINGS or len(report.sessions_down) > MOST_ROWS
    ]
    return tuple(
        kit.File(
            name=f"verify-{report.cluster}.json",
            title=f"Everything found on {report.cluster}",
            content=json.dumps(report.to_json(), indent=2, default=str).encode(),
        )
        for report in long
    )
