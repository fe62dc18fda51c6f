"""A preview and what came of a change: what closes, what opens, what a person must know, and what to do
next.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence

from bot.actions.mistakes import COMMAND
from bot.actions.policies import PolicyApply, PolicyPreview, PolicyReach, PolicyRollback
from bot.policy import content, diff_text
from bot.policy.diff_text import ConnectionFate, DiffLine
from bot.policy.picture import draw
from bot.policy.post_check import MOST_NAMED, PostCheck
from bot.policy.preview import ConnectionPreview as Preview
from bot.policy.reach.connections import ALL, Connections
from bot.policy.reach.difference import Isolation
from bot.policy.reach.idle import DeadRule
from bot.policy.reach.model import Direction, PodRef
from bot.policy.results import PolicyChanged, PreviewShown
from bot.slack import kit
from bot.slack.views.policies import incomplete, unenforced

MOST_LINES = 10  # of connections in a message; all of them are in the file
MOST_NOTES = 5
MARKS = {ConnectionFate.CLOSES: "🔴 closes", ConnectionFate.OPENS: "🟢 opens"}
NOT_MEASURED = (
    "Accepted by the API; enforcement not measured: no Kubernetes API tells what a driver enforces."
)
_HEADS = {
    "apply": ("✅", "applied on"),
    "delete": ("🗑", "deleted from"),
    "rollback": ("↩️", "rolled back on"),
}


def previewed(found: PreviewShown) -> kit.Rendered:
    """What a policy would do; nothing was written."""
    shown = found.preview
    blocks = [*_effects(shown), *_conflicts(shown), _buttons(found)]
    headline = f"🔎 {_subject(shown)}: {_verdict(shown)}"
    return kit.Rendered(
        headline=headline, messages=kit.messages(_said(shown), blocks), files=tuple(_files(shown, "preview"))
    )


def changed(found: PolicyChanged) -> kit.Rendered:
    """What came of an apply, a deletion or a roll-back."""
    shown = found.preview
    mark, done = _HEADS[found.kind]
    subject = f"{mark} {kit.bold(shown.ref.name)}"
    place = kit.bold(f"{shown.where.cluster} / {shown.ref.namespace}")
    if not found.change:
        headline = f"{subject} on {place}: is there already, word for word; nothing was written"
        return kit.Rendered(headline=headline, messages=kit.messages(_said(shown), _effects(shown)))
    headline = f"{subject} {done} {place}: {kit.escape(diff_text.summary(diff_text.lines(shown.changes)))}"
    blocks: list[kit.Block] = [kit.section(NOT_MEASURED)]
    if found.undoes:
        blocks.append(
            kit.section(f"Restored exactly what was there before the change {kit.code(found.undoes[:4])}.")
        )
    if found.leaving:
        blocks.append(kit.section("⏳ It is being deleted: a finalizer still keeps it."))
    blocks += _compared(found)
    blocks += _effects(shown)
    blocks += _take_back(found)
    return kit.Rendered(
        headline=headline,
        messages=kit.messages(f"{shown.ref} {done} {shown.where.cluster}", blocks),
        files=tuple(_files(shown, found.kind)),
    )


def _subject(shown: Preview) -> str:
    return f"{kit.bold(shown.ref.name)} on {kit.bold(f'{shown.where.cluster} / {shown.ref.namespace}')}"


def _said(shown: Preview) -> str:
    return f"{shown.ref} on {shown.where.cluster}: {diff_text.summary(diff_text.lines(shown.changes))}"


def _verdict(shown: Preview) -> str:
    if shown.unchanged:
        return "is there already, word for word"
    if not shown.changes:
        return "changes nothing"
    return kit.escape(diff_text.summary(diff_text.lines(shown.changes)))


def _effects(shown: Preview) -> Iterable[kit.Block]:
    """What an operator reads, most important first."""
    yield from incomplete(shown.foreign, shown.gaps)
    yield from unenforced(shown.where)
    told = diff_text.lines(shown.changes)
    if told:
        yield from kit.sections("\n".join(_lines(told, shown.ref.namespace)))
    elif not shown.unchanged:
        yield kit.section("No connection opens or closes.")
    notes = [*_people(shown), *_own_notes(shown)]
    if notes:
        yield from kit.sections("\n".join(notes))


def _lines(told: Sequence[DiffLine], namespace: str) -> Iterable[str]:
    for line in told[:MOST_LINES]:
        yield _line(line, namespace)
    if len(told) > MOST_LINES:
        yield f"…{len(told) - MOST_LINES:,} more in the file"


def _line(line: DiffLine, namespace: str) -> str:
    ends = f"{kit.bold(_end(line.source, namespace))} → {kit.bold(_end(line.destination, namespace))}"
    return f"{MARKS[line.fate]}  {ends}  {_ports(line.connections)}  · {_pods(line)}"


def _end(name: str, namespace: str) -> str:
    """A workload without its kind, and without the namespace that the headline names."""
    return name.partition("[")[0].removeprefix(f"{namespace}/")


def _ports(connections: Connections) -> str:
    """In the shorter way: what is in it, or what is not."""
    if connections == ALL:
        return "all ports"
    others = connections.complement()
    fewer = len(others.intervals) < len(connections.intervals)
    return f"all ports but {kit.escape(others)}" if fewer else kit.escape(connections)


def _pods(line: DiffLine) -> str:
    if not line.source_pods:
        return f"to {kit.count(line.destination_pods, 'pod')}"
    if not line.destination_pods:
        return f"from {kit.count(line.source_pods, 'pod')}"
    return f"{line.source_pods:,} → {kit.count(line.destination_pods, 'pod')}"


def _people(shown: Preview) -> Iterable[str]:
    if shown.loses_dns:
        lost = len(shown.loses_dns)
        verb = "loses" if lost == 1 else "lose"
        named = kit.escape(_named([each.pod for each in shown.loses_dns]))
        yield f"⚠️ {kit.count(lost, 'pod')} {verb} DNS (UDP and TCP 53 to kube-system): {named}"
    yield from _isolations("🔒", "newly isolated", shown.isolated)
    yield from _isolations("🔓", "no longer isolated", shown.released)


def _isolations(mark: str, words: str, found: Sequence[Isolation]) -> Iterable[str]:
    by_direction = collections.Counter(str(each.direction).lower() for each in found)
    if by_direction:
        counted = " and ".join(
            f"{kit.count(number, 'pod')} ({way})" for way, number in sorted(by_direction.items())
        )
        yield f"{mark} {words}: {counted}"


def _own_notes(shown: Preview) -> Iterable[str]:
    for dead in shown.dead[:MOST_NOTES]:
        yield f"⚠️ {kit.code(_rule(dead))} allows nothing: {kit.escape(dead.why)}"
    if not shown.selected and shown.manifest is not None:
        yield "⚠️ It selects no pod that can be isolated."
    idle = [each for each in shown.idle if each.policy == shown.ref or len(shown.idle) <= MOST_NOTES]
    for each in idle:
        yield f"💤 {kit.code(each.policy)} has no effect: {kit.escape(each.why)}"
    if shown.owner is not None:
        yield f"⚠️ {kit.escape(shown.owner.consequence)}"
    for warning in shown.warnings:
        yield f"⚠️ {kit.escape(warning)}"


def _rule(dead: DeadRule) -> str:
    """`spec.ingress[0].from[1]`."""
    rule = dead.rule
    peers = "from" if rule.direction is Direction.INGRESS else "to"
    entry = f".{peers}[{dead.peer}]" if dead.peer is not None else ""
    return f"spec.{rule.direction.lower()}[{rule.index}]{entry}"


def _conflicts(shown: Preview) -> Iterable[kit.Block]:
    if shown.takeovers:
        lines = [
            f"• {kit.code(each.manager)} owns {kit.code(each.field)}" for each in shown.takeovers[:MOST_NOTES]
        ]
        more = len(shown.takeovers) - MOST_NOTES
        lines += [f"• …and {more} more"] if more > 0 else []
        head = (
            "⚠️ *Other field managers own what would be written*; an apply stops there unless it is told to"
            " take over:"
        )
        yield kit.section("\n".join([head, *lines]))


def _buttons(found: PreviewShown) -> kit.Block:
    shown = found.preview
    buttons = []
    if isinstance(found.action, PolicyPreview):
        if found.may_apply:
            buttons.append(_apply(found.action, shown))
        if found.dns_helps:
            again = found.action.model_copy(update={"allow_dns": True})
            buttons.append(kit.Button(label="Add allow-dns and preview again", action=again))
        buttons.append(
            kit.Button(label="What is open there?", action=PolicyReach(cluster=shown.where.cluster_id))
        )
        buttons.append(kit.Button(label="Cancel", action=found.action, dismisses=True))
    return kit.buttons(*buttons)


def _apply(action: PolicyPreview, shown: Preview) -> kit.Button:
    """Apply what was previewed: in red where connections close, and it asks again."""
    said = action.model_dump(exclude={"reason"})
    taking = bool(shown.takeovers)
    apply = PolicyApply(**said, force_conflicts=taking)
    told = diff_text.lines(shown.changes)
    closes = diff_text.count(told, ConnectionFate.CLOSES)
    summary = diff_text.summary(told)
    text = f"{summary[:1].upper()}{summary[1:]}."
    if taking:
        managers = ", ".join(sorted({each.manager for each in shown.takeovers})[:3])
        text += (
            f" Takes {kit.count(len(shown.takeovers), 'field')} over from"
            f" {kit.escape(kit.cut(managers, 100))}."
        )
    if shown.where.production:
        text += " The cluster is marked production."
    question = kit.Confirm(
        title=kit.cut(f"Apply {shown.ref.name}?", 100),
        text=kit.cut(f"{text} A roll-back takes it back.", 300),
        confirm="Apply",
        deny="Not yet",
    )
    label = "Take over and apply" if taking else "Apply"
    style = "danger" if closes or taking else "primary"
    return kit.Button(label=label, action=apply, style=style, confirm=question if style == "danger" else None)


def _compared(found: PolicyChanged) -> Iterable[kit.Block]:
    if found.aftermath is None:
        yield kit.section(f"⚠️ Not compared with the preview: {kit.escape(found.not_compared)}")
        return
    after = found.aftermath
    if after.as_previewed:
        yield kit.section("✅ Read again and computed: exactly what was previewed.")
        return
    lines = ["⚠️ *Not as previewed*; since then:", *_surprises(after)]
    lines += list(_lines(diff_text.lines(after.changes), found.ref.namespace))
    yield from kit.sections("\n".join(lines))


def _surprises(after: PostCheck) -> Iterable[str]:
    if after.came:
        yield f"• {kit.count(len(after.came), 'pod')} came: {kit.escape(_named(after.came))}"
    if after.went:
        yield f"• {kit.count(len(after.went), 'pod')} went: {kit.escape(_named(after.went))}"
    for policy in after.policies[:MOST_NOTES]:
        yield f"• the policy {kit.escape(policy)}"


def _take_back(found: PolicyChanged) -> Iterable[kit.Block]:
    if found.note:
        yield kit.section(f"⚠️ It cannot be taken back: {kit.escape(found.note)}")
        return
    if found.leaving:
        return
    reference = found.change[:4]
    question = kit.Confirm(
        title=f"Roll {reference} back?",
        text=kit.cut(f"Restores exactly what was there before: {found.ref} on {found.where.cluster}.", 300),
        confirm="Roll back",
    )
    back = PolicyRollback(change=found.change)
    yield kit.buttons(kit.Button(label="Roll back", action=back, style="danger", confirm=question))
    yield kit.context(f"take it back: `{COMMAND} policy rollback {reference}`")


def _named(pods: Sequence[PodRef]) -> str:
    shown = ", ".join(map(str, pods[:MOST_NAMED]))
    return f"{shown} and {len(pods) - MOST_NAMED:,} more" if len(pods) > MOST_NAMED else shown


def _files(shown: Preview, kind: str) -> Iterable[kit.File]:
    """The picture, every connection where a message holds only some, and what would be written."""
    where = f"{shown.where.cluster} / {shown.ref.namespace}"
    stem = f"{shown.ref.name}-{shown.where.cluster}"
    if shown.matrix is not None and kind == "preview":
        picture = draw(shown.matrix, title=f"{shown.ref.name} on {where}")
        yield kit.File(
            name=f"{stem}.png", title=f"{shown.ref.name} on {where}: before and after", content=picture
        )
    told = diff_text.lines(shown.changes)
    if len(told) > MOST_LINES:
        text = "\n".join(map(str, told)) + "\n"
        yield kit.File(
            name=f"{stem}.txt", title=f"All {len(told):,} connections that change", content=text.encode()
        )
    if shown.manifest is not None and kind == "preview":
        text = content.as_yaml(shown.manifest)
        yield kit.File(
            name=f"{shown.ref.name}.yaml", title=f"{shown.ref}, as it would be", content=text.encode()
        )
