"""The views of `verify`: the verdict, then what failed and what to do. What passed is only counted."""

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
from bot.slack.views.registry import shows, shows_state

VERDICTS = {
    Verdict.HEALTHY: "✅",
    Verdict.DEGRADED: "❌",
    Verdict.MISMATCHED: "❌",
    Verdict.UNREACHABLE: "❌",
    Verdict.UNKNOWN: "⚠️",
}
MOST_FINDINGS = 12  # of one cluster in a message; the file has all of them
MOST_FINDINGS_EACH = 4  # where a message has several clusters
MOST_ROWS = 99


@shows_state(VerificationProgress)
def show_progress(state: VerificationProgress) -> kit.Message:
    """How many clusters are done, their verdicts, and what is being read from the others."""
    subject = kit.escape(state.asked or "the network driver")
    lines = [f"{VERDICTS[verdict]} {kit.bold(name)}" for name, verdict in state.done[-8:]]
    lines += [f"⏳ {kit.bold(name)}: {kit.escape(doing)}" for name, doing in state.doing[:8]]
    head = f"Verifying {subject}: {len(state.done)} of {kit.count(state.clusters, 'cluster')} done"
    return kit.Message(text=head, blocks=(kit.section(head), kit.section("\n".join(lines) or "⏳ starting")))


@shows(VerificationSummary)
def show_summary(summary: VerificationSummary) -> kit.Rendered:
    """One cluster's report, or those of several, the worst first."""
    reports = summary.reports
    if len(reports) == 1 and not summary.missing:
        return _single(reports[0])
    blocks: list[kit.Block] = [kit.section(f"⚠️ {kit.escape(gap)}") for gap in summary.missing]
    for report in reports:
        blocks += [kit.section(headline(report)), *_body(report, most=MOST_FINDINGS_EACH)]
    blocks.append(kit.buttons(kit.Button(label="Run again", action=Verify(driver=summary.asked))))
    blocks += [table for report in reports for table in _tables(report)]
    healthy = sum(report.verdict is Verdict.HEALTHY for report in reports)
    mark = "✅" if healthy == len(reports) and not summary.missing else "❌"
    subject = kit.bold(summary.asked or "network drivers")
    return kit.Rendered(
        headline=f"{mark} {subject}: {healthy} of {kit.count(len(reports), 'cluster')} healthy",
        messages=kit.messages(f"{healthy} of {len(reports)} clusters healthy", blocks),
        files=_files(reports),
    )


def _single(report: VerificationReport) -> kit.Rendered:
    buttons = [kit.Button(label="Run again", action=Verify(driver=report.asked, cluster=report.cluster_id))]
    if report.verdict is not Verdict.HEALTHY:
        buttons.append(kit.Button(label="Diagnose", action=Diagnose(cluster=report.cluster_id)))
    blocks = [*_body(report, most=MOST_FINDINGS), kit.buttons(*buttons), *_tables(report)]
    line = headline(report)
    messages = kit.messages(line.replace("*", "").replace("`", ""), blocks)
    return kit.Rendered(headline=line, messages=messages, files=_files([report]))


def headline(report: VerificationReport) -> str:
    """The verdict on one cluster, in one line of mrkdwn."""
    subject = f"{VERDICTS[report.verdict]} {kit.bold(report.driver)} on {kit.bold(report.cluster)}"
    return f"{subject}: {_verdict(report)}"


def _verdict(report: VerificationReport) -> str:
    nodes = f"{report.nodes_ok} of {kit.count(report.nodes, 'node')}"
    match report.verdict:
        case Verdict.HEALTHY:
            return f"healthy, {nodes}"
        case Verdict.UNKNOWN:
            return f"healthy as far as checked, {nodes}"
        case Verdict.UNREACHABLE:
            return "could not be read"
        case Verdict.MISMATCHED:
            return kit.escape(report.errors[0].title if report.errors else "another driver runs")
    bad = report.nodes - report.nodes_ok
    if not bad:
        return kit.escape(report.errors[0].title)
    return f"{bad} of {kit.count(report.nodes, 'node')} {'needs' if bad == 1 else 'need'} attention"


def _body(report: VerificationReport, *, most: int) -> list[kit.Block]:
    if report.verdict is Verdict.UNREACHABLE:
        return kit.sections("\n".join(kit.escape(part) for part in (report.problem, report.advice) if part))
    blocks: list[kit.Block] = []
    for finding in report.findings[:most]:
        blocks += kit.sections(_finding(finding))
    if len(report.findings) > most:
        blocks.append(kit.section(f"…and {len(report.findings) - most} more, in the file."))
    if report.nodes:
        blocks.append(kit.section(_passed(report)))
        blocks += [
            kit.section(
                f"⚪ not checked: {kit.escape(skipped.what)}. {kit.escape(kit.cut(skipped.why, 600))}"
            )
            for skipped in report.not_checked[:5]
        ]
    return blocks


def _passed(report: VerificationReport) -> str:
    parts = [f"{kit.count(report.passed, 'check')} passed"]
    if report.sessions:
        up = report.sessions - len(report.sessions_down)
        probe = _probe(report)
        noun, word = (probe.subject, probe.up) if probe else ("session", "up")
        parts.append(f"{up} of {kit.count(report.sessions, noun)} {word}")
    parts.append(f"{kit.count(report.nodes, 'node')} in {kit.duration(report.seconds)}")
    return f"{'✅' if report.passed else '➖'} {' · '.join(parts)}"


def _finding(finding: Finding) -> str:
    mark = "❌" if finding.severity is Severity.ERROR else "⚠️"
    where = f" on {kit.code(finding.node)}" if finding.node else ""
    lines = [f"{mark} {kit.bold(finding.title)}{where}: {kit.escape(finding.detail)}"]
    if finding.advice:
        lines.append(f"→ {_advice(finding.advice)}")
    return "\n".join(lines)


def _advice(advice: str) -> str:
    """Advice with its commands as code, to be copied; three spaces end a command."""
    words, slash, command = advice.partition("/xk8s")
    if not slash:
        return kit.escape(advice)
    arguments, gap, remainder = command.partition("   ")
    tail = f" {_advice(remainder.strip())}" if gap else ""
    return f"{kit.escape(words)}{kit.code(slash + arguments)}{tail}"


def _tables(report: VerificationReport) -> Iterable[kit.Block]:
    if report.pods:
        rows = [[row.node, row.pod or "–", row.state, row.why] for row in report.pods[:MOST_ROWS]]
        yield from kit.table_parts(["Node", "Pod", "State", "Why"], rows)
    if report.sessions_down:
        probe = _probe(report)
        columns = probe.columns if probe else ("Node", "Peer", "Type", "State", "Since", "Info")
        yield from kit.table_parts(columns, list(map(_session, report.sessions_down[:MOST_ROWS])))


def _probe(report: VerificationReport) -> NodeProbe | None:
    """How the driver that runs speaks of its sessions; None if it is not in the catalogue (any more)."""
    driver = catalog.find_driver(report.running)
    return catalog.profile(driver).probe if driver else None


def _session(session: Session) -> list[str]:
    return [session.node, session.peer, session.kind, session.state, session.since, session.info]


def _files(reports: Iterable[VerificationReport]) -> tuple[kit.File, ...]:
    """The whole report of each cluster of which a message holds only a part."""
    return tuple(
        kit.File(
            name=f"verify-{report.cluster}.json",
            title=f"Everything found on {report.cluster}",
            content=json.dumps(report.to_json(), indent=2, default=str).encode(),
        )
        for report in reports
        if len(report.findings) > MOST_FINDINGS or len(report.sessions_down) > MOST_ROWS
    )
