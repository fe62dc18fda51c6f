"""A plan as Markdown: the file beside a proposal, what `migrate show` gives, and a part of the report."""

from collections.abc import Iterable, Iterator, Sequence

from bot.migration.planning.connection_changes import ConnectionChanges
from bot.migration.planning.plan import MigrationPlan


def plan_document(plan: MigrationPlan) -> str:
    """Return the whole plan as Markdown."""
    source, target = plan.source, plan.target
    head = [
        f"# Plan: {source.name} ({source.driver}) to {target.name} ({target.driver})",
        "",
        f"- source {source.id}, Kubernetes {source.kubernetes}",
        f"- target {target.id or 'to be deployed from ' + target.template}, Kubernetes {target.kubernetes}",
        f"- namespaces {', '.join(plan.namespaces)}",
    ]
    return "\n".join([*head, *plan_sections(plan)]) + "\n"


def plan_sections(plan: MigrationPlan) -> Iterator[str]:
    """Yield the lines that say what a plan copies, leaves out and moves, and what it found."""
    copied = ([item.ref, item.mode, item.hold, item.digest[:20]] for item in plan.items)
    yield from _table(f"Copied: {len(plan.items)} objects", "object | when | waits as | digest", copied)
    left_out = ([excluded.ref, excluded.reason, _cell(excluded.why)] for excluded in plan.left)
    yield from _table(f"Left out: {len(plan.left)} objects", "object | reason | why", left_out)
    volumes = (
        [
            volume.claim.short,
            volume.choice or "–",
            volume.handle or volume.volume or "–",
            volume.capacity,
            ", ".join(volume.consumers),
        ]
        for volume in plan.volumes
    )
    yield from _table(f"Volumes: {len(plan.volumes)}", "claim | choice | disk | size | used by", volumes)
    yield from ("", f"## Load balancers: {len(plan.balancers)}", "")
    for balancer in plan.balancers:
        addresses = ", ".join(balancer.addresses) or "no address"
        yield f"- {balancer.service.short}: {addresses}, {balancer.recipe}"
    yield from ("", "## Network", "", *_network(plan.network), "", "## Findings", "")
    for finding in plan.findings:
        advice = "; ".join(part for part in (finding.why, finding.fix) if part)
        line = f"- {finding.weight} ({finding.about}): {finding.what}{f' — {advice}' if advice else ''}"
        yield line.replace("\n", "; ")


def _table(title: str, columns: str, rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield from ("", f"## {title}", "", f"| {columns} |", "|---" * (columns.count("|") + 1) + "|")
    for row in rows:
        yield f"| {' | '.join(str(cell) for cell in row)} |"


def _network(changes: ConnectionChanges) -> Iterator[str]:
    for verb, connections in (("closes", changes.closes), ("opens", changes.opens)):
        for connection in connections:
            yield f"- {verb} {connection.source} → {connection.destination}: {connection.ports}"
    yield from (f"- loses DNS: {pod}" for pod in changes.loses_dns)
    yield from (f"- not computed: {gap}" for gap in changes.gaps)


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ")
