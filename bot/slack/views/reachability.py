"""Whether one end reaches another, and why; and what is open to everybody, as a list to work off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.actions.mistakes import COMMAND
from bot.actions.policies import PolicyReach
from bot.policy.reach.explanations import End
from bot.policy.reach.exposure import Exposed
from bot.policy.reach.model import Direction, Workload
from bot.policy.results import ExposureShown, ReachAnswer, Story
from bot.slack import kit
from bot.slack.views.policies import incomplete, unenforced

MOST_ROWS = 15
MOST_STORIES = 5
MOST_POLICIES = 4


def answered(found: ReachAnswer) -> kit.Rendered:
    """Yes, no, or for some pods; then each end's part in it."""
    ends = f"{kit.bold(found.source)} → {kit.bold(found.destination)}"
    headline = f"{_mark(found)} {ends}{f' {kit.escape(found.port)}' if found.port else ''}: {_verdict(found)}"
    blocks: list[kit.Block] = [*incomplete(found.foreign, found.gaps), *unenforced(found.where)]
    for story in found.stories[:MOST_STORIES]:
        blocks += kit.sections("\n".join(_story(story, found)))
    if len(found.stories) > MOST_STORIES:
        blocks.append(
            kit.section(f"…and {len(found.stories) - MOST_STORIES} more kinds of pairs. Name single pods.")
        )
    if not found.stories:
        blocks.append(kit.section("A pod always reaches itself."))
    if found.port and found.source and found.destination:
        every = PolicyReach(
            cluster=found.where.cluster_id, source=found.source, destination=found.destination
        )
        blocks.append(kit.buttons(kit.Button(label="All ports", action=every)))
    return kit.Rendered(
        headline=headline, messages=kit.messages(f"{found.source} to {found.destination}", blocks)
    )


def _mark(found: ReachAnswer) -> str:
    if not found.stories:
        return "✅"
    if not found.port:
        return "✅" if any(story.explanation.connections for story in found.stories) else "🚫"
    return "✅" if found.allowed == found.pairs else "🚫" if not found.allowed else "⚠️"


def _verdict(found: ReachAnswer) -> str:
    if not found.stories:
        return "the same pod"
    if not found.port:
        told = {str(story.explanation.connections) for story in found.stories}
        return kit.escape(told.pop()) if len(told) == 1 else "depends on the pods"
    if found.allowed == found.pairs:
        return "allowed"
    if not found.allowed:
        return "not allowed"
    return f"allowed for {found.allowed:,} of {kit.count(found.pairs, 'pair')} of pods"


def _story(story: Story, found: ReachAnswer) -> Iterable[str]:
    told = story.explanation
    mark = ("✅" if told.allowed else "🚫") if found.port else "•"
    pairs = f" · {kit.count(story.pairs, 'pair')} of pods" if story.pairs > 1 else ""
    open_ports = f"may open {kit.escape(told.connections)}" if told.connections else "may open nothing"
    yield f"{mark} {kit.code(told.source)} → {kit.code(told.destination)}{pairs} · {open_ports}"
    yield f"    {_side(told.egress, port=bool(found.port))}"
    yield f"    {_side(told.ingress, port=bool(found.port))}"


def _side(side: End, *, port: bool) -> str:
    way = "leaving" if side.direction is Direction.EGRESS else "arriving"
    if side.exempt:
        return f"{way}: open, {kit.escape(side.exempt)}"
    if not side.isolated_by:
        return f"{way}: open, no policy isolates it"
    isolated = f"{way}: isolated by {_some([kit.code(each) for each in side.isolated_by])}"
    if not port:
        return isolated
    if side.allowed_by:
        return f"{isolated}; allowed by {_some([kit.code(each) for each in side.allowed_by])}"
    return f"{isolated}; no rule allows it"


def _some(shown: Sequence[str]) -> str:
    more = len(shown) - MOST_POLICIES
    return ", ".join(shown[:MOST_POLICIES]) + (f" and {more} more" if more > 0 else "")


def exposed(found: ExposureShown) -> kit.Rendered:
    """What anybody reaches, and what no policy isolates: the most exposed first, all of it in the file."""
    exposure = found.exposure
    total = len(found.pods)
    bare = sorted({*exposure.unselected_ingress} & {*exposure.unselected_egress})
    headline = (
        f"🛡 {kit.bold(found.where.cluster)}: {len(exposure.unselected_ingress):,} of"
        f" {kit.count(total, 'workload')} are isolated by no policy for ingress,"
        f" {len(exposure.unselected_egress):,} for egress"
    )
    blocks: list[kit.Block] = [*incomplete(found.foreign, found.gaps), *unenforced(found.where)]
    blocks += _reached("open to the outside", exposure.outside)
    blocks += _reached("open to the whole cluster", exposure.cluster_wide)
    blocks += _unselected("no policy at all", bare, found)
    blocks += _unselected(
        "no policy for ingress", sorted(set(exposure.unselected_ingress) - set(bare)), found
    )
    blocks += _unselected("no policy for egress", sorted(set(exposure.unselected_egress) - set(bare)), found)
    if exposure.host_network:
        number = kit.count(len(exposure.host_network), "workload")
        blocks.append(kit.section(f"{number} on the host network: no policy can isolate them."))
    blocks.append(
        kit.context(
            f"close one: `{COMMAND} policy preview default-deny-ingress {found.where.cluster} -n NAMESPACE`"
        )
    )
    file = kit.File(
        name=f"exposure-{found.where.cluster}.md",
        title=f"Exposure of {found.where.cluster}, to work off",
        content=_list(found).encode(),
    )
    return kit.Rendered(
        headline=headline, messages=kit.messages(f"Exposure of {found.where.cluster}", blocks), files=(file,)
    )


def _reached(words: str, found: Sequence[Exposed]) -> Iterable[kit.Block]:
    if not found:
        yield kit.section(f"✅ No workload is {words}.")
        return
    yield kit.section(f"⚠️ *{kit.count(len(found), 'workload')} {words}*")
    rows = [[str(each.workload), f"{each.pods:,}", str(each.connections)] for each in found[:MOST_ROWS]]
    yield from kit.table_parts(["Workload", "Pods", "Anybody may open"], rows)
    if len(found) > MOST_ROWS:
        yield kit.section(f"…and {len(found) - MOST_ROWS:,} more, in the file.")


def _unselected(words: str, workloads: Sequence[Workload], found: ExposureShown) -> Iterable[kit.Block]:
    if workloads:
        named = ", ".join(
            f"{kit.code(each)} ({found.pods.get(str(each), 0):,})" for each in workloads[:MOST_ROWS]
        )
        more = f" and {len(workloads) - MOST_ROWS:,} more" if len(workloads) > MOST_ROWS else ""
        yield from kit.sections(f"*{words}*: {named}{more}")


def _list(found: ExposureShown) -> str:
    """Everything as a Markdown list with boxes to tick."""
    exposure = found.exposure
    parts = [
        ("Open to the outside", [f"{each.workload}: {each.connections}" for each in exposure.outside]),
        (
            "Open to the whole cluster",
            [f"{each.workload}: {each.connections}" for each in exposure.cluster_wide],
        ),
        ("Isolated by no policy, ingress", [str(each) for each in exposure.unselected_ingress]),
        ("Isolated by no policy, egress", [str(each) for each in exposure.unselected_egress]),
        ("On the host network, which no policy isolates", [str(each) for each in exposure.host_network]),
    ]
    unseen = [f"> Incomplete: {each}" for each in (*map(str, found.foreign), *found.gaps)]
    text = [f"# Exposure of {found.where.cluster}", "", *unseen]
    for title, lines in parts:
        text += [f"## {title} ({len(lines)})", "", *(f"- [ ] {line}" for line in lines), ""]
    return "\n".join(text)
