"""The views of `policy reach`: whether one end reaches another and why, or what is open to everybody."""

from collections.abc import Iterable, Sequence

from bot.actions.mistakes import COMMAND
from bot.actions.policies import PolicyReach
from bot.common.wording import first_names
from bot.policy.reach.explanations import ConnectionEnd
from bot.policy.reach.exposure import ExposedWorkload
from bot.policy.reach.model import Direction, Workload
from bot.policy.results import ExposureShown, PairExplanation, ReachAnswer
from bot.slack import kit
from bot.slack.views.policies import incomplete, unenforced
from bot.slack.views.registry import shows

MOST_ROWS = 15
MOST_STORIES = 5
MOST_POLICIES = 4


@shows(ReachAnswer)
def show_answer(answer: ReachAnswer) -> kit.Rendered:
    """Yes, no, or for some pods; then the policies at each end that decide it."""
    ends = f"{kit.bold(answer.source)} → {kit.bold(answer.destination)}"
    port = f" {kit.escape(answer.port)}" if answer.port else ""
    mark, verdict = _verdict(answer)
    blocks: list[kit.Block] = [*incomplete(answer.other_policies, answer.gaps), *unenforced(answer.cluster)]
    for story in answer.pairs_explained[:MOST_STORIES]:
        blocks += kit.sections("\n".join(_story(story, port=bool(answer.port))))
    remaining = len(answer.pairs_explained) - MOST_STORIES
    if remaining > 0:
        blocks.append(kit.section(f"…and {remaining} more kinds of pairs. Name single pods."))
    if not answer.pairs_explained:
        blocks.append(kit.section("A pod always reaches itself."))
    if answer.port and answer.source and answer.destination:
        every_port = PolicyReach(
            cluster=answer.cluster.id, source=answer.source, destination=answer.destination
        )
        blocks.append(kit.buttons(kit.Button(label="All ports", action=every_port)))
    messages = kit.messages(f"{answer.source} to {answer.destination}", blocks)
    return kit.Rendered(headline=f"{mark} {ends}{port}: {verdict}", messages=messages)


def _verdict(answer: ReachAnswer) -> tuple[str, str]:
    """The mark and the words of the headline."""
    if not answer.pairs_explained:
        return "✅", "the same pod"
    if not answer.port:
        connections = [story.explanation.connections for story in answer.pairs_explained]
        texts = {str(ports) for ports in connections}
        words = kit.escape(texts.pop()) if len(texts) == 1 else "depends on the pods"
        return "✅" if any(connections) else "🚫", words
    if answer.allowed == answer.pairs:
        return "✅", "allowed"
    if not answer.allowed:
        return "🚫", "not allowed"
    return "⚠️", f"allowed for {answer.allowed:,} of {kit.count(answer.pairs, 'pair')} of pods"


def _story(story: PairExplanation, *, port: bool) -> Iterable[str]:
    """One kind of pairs of pods; `port` says whether a single port was asked about."""
    explanation = story.explanation
    mark = ("✅" if explanation.allowed else "🚫") if port else "•"
    pairs = f" · {kit.count(story.pairs, 'pair')} of pods" if story.pairs > 1 else ""
    ports = kit.escape(explanation.connections) if explanation.connections else "nothing"
    ends = f"{kit.code(explanation.source)} → {kit.code(explanation.destination)}"
    yield f"{mark} {ends}{pairs} · may open {ports}"
    yield f"    {_end(explanation.egress, port=port)}"
    yield f"    {_end(explanation.ingress, port=port)}"


def _end(end: ConnectionEnd, *, port: bool) -> str:
    direction = "leaving" if end.direction is Direction.EGRESS else "arriving"
    if end.exempt:
        return f"{direction}: open, {kit.escape(end.exempt)}"
    if not end.isolated_by:
        return f"{direction}: open, no policy isolates it"
    isolated = f"{direction}: isolated by {_policies(end.isolated_by)}"
    if not port:
        return isolated
    if end.allowed_by:
        return f"{isolated}; allowed by {_policies(end.allowed_by)}"
    return f"{isolated}; no rule allows it"


def _policies(policies: Sequence[object]) -> str:
    return first_names([kit.code(policy) for policy in policies], MOST_POLICIES)


@shows(ExposureShown)
def show_exposure(result: ExposureShown) -> kit.Rendered:
    """What anybody reaches and what no policy isolates, the most exposed first; the file has all of it."""
    exposure, cluster = result.exposure, result.cluster.name
    ingress, egress = set(exposure.unselected_ingress), set(exposure.unselected_egress)
    headline = (
        f"🛡 {kit.bold(cluster)}: {len(exposure.unselected_ingress):,} of"
        f" {kit.count(len(result.pods), 'workload')} are isolated by no policy for ingress,"
        f" {len(exposure.unselected_egress):,} for egress"
    )
    blocks: list[kit.Block] = [*incomplete(result.other_policies, result.gaps), *unenforced(result.cluster)]
    blocks += _exposed("open to the outside", exposure.from_outside)
    blocks += _exposed("open to the whole cluster", exposure.cluster_wide)
    blocks += _unselected("no policy at all", ingress & egress, result)
    blocks += _unselected("no policy for ingress", ingress - egress, result)
    blocks += _unselected("no policy for egress", egress - ingress, result)
    if exposure.host_network:
        count = kit.count(len(exposure.host_network), "workload")
        blocks.append(kit.section(f"{count} on the host network: no policy can isolate them."))
    hint = f"`{COMMAND} policy preview default-deny-ingress {cluster} -n NAMESPACE`"
    blocks.append(kit.context(f"close one: {hint}"))
    file = kit.File(
        name=f"exposure-{cluster}.md",
        title=f"Exposure of {cluster}, to work off",
        content=_checklist(result).encode(),
    )
    messages = kit.messages(f"Exposure of {cluster}", blocks)
    return kit.Rendered(headline=headline, messages=messages, files=(file,))


def _exposed(words: str, workloads: Sequence[ExposedWorkload]) -> Iterable[kit.Block]:
    if not workloads:
        yield kit.section(f"✅ No workload is {words}.")
        return
    yield kit.section(f"⚠️ *{kit.count(len(workloads), 'workload')} {words}*")
    rows = [
        [str(exposed.workload), f"{exposed.pods:,}", str(exposed.connections)]
        for exposed in workloads[:MOST_ROWS]
    ]
    yield from kit.table_parts(["Workload", "Pods", "Anybody may open"], rows)
    if len(workloads) > MOST_ROWS:
        yield kit.section(f"…and {len(workloads) - MOST_ROWS:,} more, in the file.")


def _unselected(words: str, workloads: set[Workload], result: ExposureShown) -> Iterable[kit.Block]:
    if workloads:
        names = ", ".join(
            f"{kit.code(workload)} ({result.pods.get(str(workload), 0):,})"
            for workload in sorted(workloads)[:MOST_ROWS]
        )
        remaining = f" and {len(workloads) - MOST_ROWS:,} more" if len(workloads) > MOST_ROWS else ""
        yield from kit.sections(f"*{words}*: {names}{remaining}")


def _checklist(result: ExposureShown) -> str:
    """All of the exposure as Markdown with boxes to tick."""
    exposure = result.exposure
    parts = {
        "Open to the outside": _ports(exposure.from_outside),
        "Open to the whole cluster": _ports(exposure.cluster_wide),
        "Isolated by no policy, ingress": map(str, exposure.unselected_ingress),
        "Isolated by no policy, egress": map(str, exposure.unselected_egress),
        "On the host network, which no policy isolates": map(str, exposure.host_network),
    }
    gaps = [f"> Incomplete: {gap}" for gap in (*map(str, result.other_policies), *result.gaps)]
    text = [f"# Exposure of {result.cluster.name}", "", *gaps]
    for title, items in parts.items():
        lines = [f"- [ ] {item}" for item in items]
        text += [f"## {title} ({len(lines)})", "", *lines, ""]
    return "\n".join(text)


def _ports(workloads: Sequence[ExposedWorkload]) -> Iterable[str]:
    return (f"{exposed.workload}: {exposed.connections}" for exposed in workloads)
