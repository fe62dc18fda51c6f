"""What a change of a NetworkPolicy does, as preview and result both show it: connections, pods, warnings,
files.
"""

import collections
from collections.abc import Iterable, Sequence

from bot.policy import content, diff_text
from bot.policy.diff_text import ConnectionFate, DiffLine
from bot.policy.picture import draw
from bot.policy.post_check import MOST_NAMED
from bot.policy.preview import ConnectionPreview
from bot.policy.reach.connections import ALL, Connections
from bot.policy.reach.difference import IsolationChange
from bot.policy.reach.model import Direction, PodRef
from bot.policy.reach.redundancy import DeadRule
from bot.slack import kit
from bot.slack.views.policies import incomplete, unenforced

MOST_LINES = 10  # connections in a message; the file has all of them
MOST_NOTES = 5
FATES = {ConnectionFate.CLOSES: "🔴 closes", ConnectionFate.OPENS: "🟢 opens"}


def place(preview: ConnectionPreview) -> str:
    """The cluster and namespace of a change, in bold."""
    return kit.bold(f"{preview.cluster.name} / {preview.ref.namespace}")


def summary(preview: ConnectionPreview) -> str:
    """How many connections close and open, in plain text."""
    return diff_text.summarise(diff_text.diff_lines(preview.changes))


def effects(preview: ConnectionPreview) -> Iterable[kit.Block]:
    """What the change does, the most important first."""
    yield from incomplete(preview.other_policies, preview.gaps)
    yield from unenforced(preview.cluster)
    changes = diff_text.diff_lines(preview.changes)
    if changes:
        yield from kit.sections("\n".join(connection_lines(changes, preview.ref.namespace)))
    elif not preview.unchanged:
        yield kit.section("No connection opens or closes.")
    notes = [*_pod_notes(preview), *_policy_notes(preview)]
    if notes:
        yield from kit.sections("\n".join(notes))


def connection_lines(changes: Sequence[DiffLine], namespace: str) -> Iterable[str]:
    """The first connections that change, a line each. Names are shortened by `namespace`, the headline's."""
    for line in changes[:MOST_LINES]:
        source, destination = _workload(line.source, namespace), _workload(line.destination, namespace)
        ends = f"{kit.bold(source)} → {kit.bold(destination)}"
        yield f"{FATES[line.fate]}  {ends}  {_ports(line.connections)}  · {_pods(line)}"
    if len(changes) > MOST_LINES:
        yield f"…{len(changes) - MOST_LINES:,} more in the file"


def _workload(name: str, namespace: str) -> str:
    """The workload without its kind, and without the namespace that the headline names."""
    return name.partition("[")[0].removeprefix(f"{namespace}/")


def _ports(connections: Connections) -> str:
    """The ports, or all but the others, whichever is shorter."""
    if connections == ALL:
        return "all ports"
    excluded = connections.complement()
    fewer = len(excluded.intervals) < len(connections.intervals)
    return f"all ports but {kit.escape(excluded)}" if fewer else kit.escape(connections)


def _pods(line: DiffLine) -> str:
    if not line.source_pods:
        return f"to {kit.count(line.destination_pods, 'pod')}"
    if not line.destination_pods:
        return f"from {kit.count(line.source_pods, 'pod')}"
    return f"{line.source_pods:,} → {kit.count(line.destination_pods, 'pod')}"


def _pod_notes(preview: ConnectionPreview) -> Iterable[str]:
    if preview.loses_dns:
        count = len(preview.loses_dns)
        pods = f"{kit.count(count, 'pod')} {'loses' if count == 1 else 'lose'} DNS"
        names = kit.escape(pod_names([loss.pod for loss in preview.loses_dns]))
        yield f"⚠️ {pods} (UDP and TCP 53 to kube-system): {names}"
    yield from _isolation_note("🔒 newly isolated", preview.isolated)
    yield from _isolation_note("🔓 no longer isolated", preview.released)


def _isolation_note(words: str, isolations: Sequence[IsolationChange]) -> Iterable[str]:
    by_direction = collections.Counter(str(isolation.direction).lower() for isolation in isolations)
    if by_direction:
        counts = [
            f"{kit.count(pods, 'pod')} ({direction})" for direction, pods in sorted(by_direction.items())
        ]
        yield f"{words}: {' and '.join(counts)}"


def _policy_notes(preview: ConnectionPreview) -> Iterable[str]:
    for rule in preview.dead_rules[:MOST_NOTES]:
        yield f"⚠️ {kit.code(_rule_path(rule))} allows nothing: {kit.escape(rule.why)}"
    if not preview.selected and preview.manifest is not None:
        yield "⚠️ It selects no pod that can be isolated."
    for idle in preview.redundant_policies:
        if idle.policy == preview.ref or len(preview.redundant_policies) <= MOST_NOTES:
            yield f"💤 {kit.code(idle.policy)} has no effect: {kit.escape(idle.why)}"
    if preview.owner is not None:
        yield f"⚠️ {kit.escape(preview.owner.consequence)}"
    for warning in preview.warnings:
        yield f"⚠️ {kit.escape(warning)}"


def _rule_path(dead: DeadRule) -> str:
    """The rule's path in the manifest: `spec.ingress[0].from[1]`."""
    rule = dead.rule
    peers = "from" if rule.direction is Direction.INGRESS else "to"
    entry = f".{peers}[{dead.peer}]" if dead.peer is not None else ""
    return f"spec.{rule.direction.lower()}[{rule.index}]{entry}"


def pod_names(pods: Sequence[PodRef]) -> str:
    """The names of the first pods, and how many more there are."""
    names = ", ".join(map(str, pods[:MOST_NAMED]))
    return f"{names} and {len(pods) - MOST_NAMED:,} more" if len(pods) > MOST_NAMED else names


def connections_file(preview: ConnectionPreview) -> Iterable[kit.File]:
    """Every connection that changes, where a message holds only some of them."""
    changes = diff_text.diff_lines(preview.changes)
    if len(changes) > MOST_LINES:
        yield kit.File(
            name=f"{preview.ref.name}-{preview.cluster.name}.txt",
            title=f"All {len(changes):,} connections that change",
            content=("\n".join(map(str, changes)) + "\n").encode(),
        )


def preview_files(preview: ConnectionPreview) -> Iterable[kit.File]:
    """The picture of the namespace before and after, every connection, and the manifest that would be
    written.
    """
    name, cluster = preview.ref.name, preview.cluster
    if preview.matrix is not None:
        title = f"{name} on {cluster.name} / {preview.ref.namespace}"
        picture = draw(preview.matrix, title=title)
        yield kit.File(name=f"{name}-{cluster.name}.png", title=f"{title}: before and after", content=picture)
    yield from connections_file(preview)
    if preview.manifest is not None:
        manifest = content.to_yaml(preview.manifest).encode()
        yield kit.File(name=f"{name}.yaml", title=f"{preview.ref}, as it would be", content=manifest)
