"""Migrations: one message that follows the work, replies as steps end, the pause with its choices, the
final report.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.actions.action import Action
from bot.actions.migrations import (
    MigrateCancel,
    MigratePause,
    MigrateResume,
    MigrateRollback,
    MigrateShow,
)
from bot.actions.mistakes import COMMAND
from bot.migration.planning.planner import MigrationPlanning
from bot.migration.results import (
    MigrationShown,
    MigrationsShown,
    MigrationSummary,
    RollbackConfirmation,
    SignalSent,
)
from bot.migration.workflow.events import (
    MigrationEnded,
    MigrationEvent,
    MigrationPaused,
    MigrationProgress,
    MigrationResumed,
    MigrationStepDone,
)
from bot.migration.workflow.signals import Signal
from bot.migration.workflow.step import ORDER, Step, is_past_cutover, is_past_traffic_switch
from bot.slack import kit
from bot.slack.kit import Button, Confirm, Message, Rendered

BAR = 10  # cells
MOST_FINISHED = 12
MOST_HISTORY = 40
LABELS = {
    Signal.PAUSE: "Pause",
    Signal.RESUME: "Resume",
    Signal.CANCEL: "Cancel",
    Signal.ROLLBACK: "Roll back",
}
MARKS = {
    "done": "✅",
    "cancelled": "↩️",
    "rolled back": "↩️",
    "paused": "⏸",
    "going back": "↩️",
    "running": "🚚",
}
NOT_TAKEN_BACK = (
    "What the new cluster has answered, sent and written elsewhere stays so: mails, payments, messages, calls"
    " to other systems. What it wrote to its volumes stays on the disks that go back, also changes of a"
    " schema that the old version cannot read."
)


def planning(state: MigrationPlanning) -> Message:
    """A plan is being made."""
    line = f"🔎 Planning the migration of {kit.bold(state.source)}: {kit.escape(state.doing)}"
    return Message(text=f"Planning the migration of {state.source}", blocks=(kit.section(line),))


def progress(state: MigrationProgress) -> Message:
    """Where it stands: step, bar, times, what it waits for, what is done, what one can do."""
    lines = [_head(state), f"{_bar(state)} {_moment(state)}"]
    if state.trouble:
        lines.append(f"⚠️ {kit.escape(kit.cut(state.trouble, 400))}: I try again")
    if state.waits:
        lines.append(f"⏳ waits for: {kit.escape(kit.cut(', '.join(state.waits), 800))}")
    blocks = [kit.section("\n".join(lines))]
    finished = [f"✅ {kit.escape(each)}" for each in state.finished[-MOST_FINISHED:]]
    if finished:
        blocks.append(kit.section("\n".join(finished)))
    upcoming = ORDER[state.step.number] if state.step.number < len(ORDER) and not state.back else None
    if upcoming is not None:
        blocks.append(kit.context(f"next: {upcoming.label}", f"id {kit.code(state.migration)}"))
    buttons = _buttons(state.migration, state.target, state.step, state.choices)
    if buttons:
        blocks.append(kit.buttons(*buttons))
    text = f"{state.source} {state.route}: step {state.step.number} of {len(ORDER)}, {state.step.label}"
    return Message(text=f"paused: {text}" if state.paused else text, blocks=tuple(blocks))


def _head(state: MigrationProgress) -> str:
    name = f"{kit.bold(state.source)} {kit.escape(state.route)}"
    if state.paused:
        return f"⏸ {name} · paused at step {state.step.number} of {len(ORDER)}: {kit.escape(state.paused)}"
    if state.back:
        return f"↩️ {name} · going back{f': {kit.escape(state.detail)}' if state.detail else ''}"
    return (
        f"🚚 {name} · step {state.step.number} of {len(ORDER)}:"
        f" {kit.escape(state.detail or state.step.label)}"
    )


def _bar(state: MigrationProgress) -> str:
    """Of the objects while there is a count of them, else of the steps."""
    share = state.done / state.total if state.total else (state.step.number - 1) / len(ORDER)
    full = min(BAR, int(share * BAR))
    counted = f" {state.done:,} of {kit.count(state.total, 'object')}" if state.total else ""
    return f"{'▓' * full}{'░' * (BAR - full)}{counted}"


def _moment(state: MigrationProgress) -> str:
    return (
        f"· {kit.ago(state.seconds)} in this step, {kit.ago(state.total_seconds)} in all ·"
        f" {kit.as_of(state.at)}"
    )


def progress_root(state: MigrationProgress) -> str:
    """The root's line while a step goes on; it changes with the step, not with its counts."""
    if state.paused:
        return _root("⏸", state, f"paused: {state.paused}")
    where = "going back" if state.back else f"step {state.step.number} of {len(ORDER)}: {state.step.label}"
    mark = "🔐" if state.step in (Step.DECIDE, Step.CONSENT) and not state.back else "🚚"
    return _root(mark, state, where)


def step_done(state: MigrationStepDone) -> Message:
    """A step came to its end."""
    label = state.step.label[0].upper() + state.step.label[1:]
    head = f"✅ {kit.bold(label)} · {kit.ago(state.seconds)}\n{kit.escape(state.said)}"
    lines = [f"• {kit.escape(kit.cut(line, 500))}" for line in state.lines[:20] if line]
    return Message(text=f"{state.source}: {state.said}", blocks=(kit.section("\n".join([head, *lines])),))


def paused(state: MigrationPaused) -> Message:
    """It stands still: what happened, why, what to do, and the buttons to choose by."""
    lines = [f"⏸ {_named(state)} is paused at “{kit.escape(state.step.label)}”: {kit.escape(state.what)}"]
    lines += [kit.escape(kit.cut(part, 1_200)) for part in (state.why, state.fix) if part]
    where = (
        "The old cluster serves; nothing was changed there."
        if not is_past_cutover(state.step)
        else (
            "The old cluster is stopped, and nothing of it is deleted."
            if not state.back
            else "It is on its way back; nothing is deleted."
        )
    )
    words = " · ".join(kit.code(f"{COMMAND} migrate {word} {state.migration}") for word in state.choices)
    blocks = [*kit.sections("\n".join([*lines, where])), kit.context(words or "no choices")]
    buttons = _buttons(state.migration, state.target, state.step, state.choices)
    if buttons:
        blocks.append(kit.buttons(*buttons))
    return Message(text=f"{state.source} is paused: {state.what}", blocks=tuple(blocks))


def step_root(state: MigrationStepDone) -> str:
    """The root's line after a step."""
    return _root("🚚", state, f"{state.step.number} of {len(ORDER)} done: {state.said}")


def paused_root(state: MigrationPaused) -> str:
    """The root's line while it stands still."""
    return _root("⏸", state, f"paused: {state.what}")


def goes_on_root(state: MigrationResumed) -> str:
    """The root's line after somebody chose."""
    where = "goes on" if state.word is Signal.RESUME else "goes back"
    return _root("🚚", state, f"{where}: {state.step.label}")


def _root(mark: str, state: MigrationEvent, said: str) -> str:
    return f"{mark} {_named(state)} ({kit.escape(state.route)}) · {kit.escape(said)}"


def goes_on(state: MigrationResumed) -> Message:
    """Somebody chose."""
    done = {
        Signal.RESUME: "resumed",
        Signal.CANCEL: "cancelled",
        Signal.ROLLBACK: "turned back",
        Signal.PAUSE: "paused",
    }
    line = f"▶️ {_named(state)} was {done[state.word]} by {kit.escape(state.by)}"
    return Message(text=f"{state.source} was {done[state.word]}", blocks=(kit.section(line),))


def ended(found: MigrationEnded) -> Rendered:
    """The end, with the report as a file."""
    mark = MARKS.get(found.outcome, "✅")
    name = f"{kit.bold(found.source)} → {kit.bold(found.target)}"
    headline = f"{mark} Migration of {name} ({kit.escape(found.route)}): {kit.escape(found.outcome)}"
    lines = [f"• {kit.escape(line)}" for line in found.said]
    lines.append(
        f"{kit.count(found.objects, 'object')} copied · {kit.ago(found.seconds)} · id"
        f" {kit.code(found.migration)}"
    )
    file = kit.File(
        name=f"migration-{found.migration}.md",
        title=f"Report of the migration {found.migration}",
        content=found.report.encode(),
    )
    text = f"Migration of {found.source}: {found.outcome}"
    return Rendered(
        headline=headline, messages=kit.messages(text, kit.sections("\n".join(lines))), files=(file,)
    )


def listed(found: MigrationsShown) -> Rendered:
    """A project's migrations in a table, those that want something above it."""
    headline = f"🚚 {kit.count(len(found.migrations), 'migration')} in {kit.bold(found.project)}"
    if not found.migrations:
        text = f"None yet. To plan one: `{COMMAND} migrate CLUSTER --to DRIVER`"
        return Rendered(headline=headline, messages=kit.messages("No migrations", [kit.section(text)]))
    blocks: list[kit.Block] = []
    for each in [each for each in found.migrations if each.ended is None][:10]:
        blocks.append(kit.section(standing(each)))
        show = Button(label=f"Show {each.id}", action=MigrateShow(migration=each.id))
        blocks.append(kit.buttons(show, *_buttons(each.id, each.target, each.step, each.choices)))
    rows = [
        [
            each.id,
            f"{each.source} → {each.target}",
            each.route,
            each.state,
            each.step.label,
            f"{each.begun:%Y-%m-%d %H:%M}",
            each.by,
        ]
        for each in found.migrations
    ]
    blocks += kit.table_parts(["Id", "Clusters", "Drivers", "State", "Step", "Begun (UTC)", "By"], rows)
    return Rendered(headline=headline, messages=kit.messages(f"{len(found.migrations)} migrations", blocks))


def standing(each: MigrationSummary, *, asker: str = "") -> str:
    """Where a migration stands, in a line."""
    name = (
        f"{MARKS.get(each.state, '🚚')} {kit.code(each.id)} {kit.bold(each.source)} → {kit.bold(each.target)}"
    )
    step = f"step {each.step.number} of {len(ORDER)}, {kit.escape(each.step.label)}"
    parts = [f"{name}: {kit.escape(each.state)}, {step}", f"since {kit.moment(each.since)}"]
    if each.waits:
        parts.append(kit.escape(kit.cut(each.waits, 300)))
    if asker:
        parts.append(f"by {asker}")
    return " · ".join(parts)


def shown(found: MigrationShown) -> Rendered:
    """One migration in full; its plan as a file."""
    each = found.summary
    name = f"{kit.bold(each.source)} → {kit.bold(each.target)}"
    headline = f"{MARKS.get(each.state, '🚚')} Migration {kit.code(each.id)} {name}: {kit.escape(each.state)}"
    pairs = [
        ("Step", f"{each.step.number} of {len(ORDER)}: {kit.escape(each.step.label)}"),
        ("Since", kit.moment(each.since)),
        ("Drivers", kit.escape(each.route)),
        ("Begun", f"{kit.moment(each.begun)} by {kit.escape(each.by)}"),
    ]
    if each.waits:
        pairs.append(("Waits for", kit.escape(kit.cut(each.waits.removeprefix("waits for "), 1_000))))
    if found.next_decision:
        pairs.append(("Next decision", kit.escape(found.next_decision)))
    if found.link:
        pairs.append(("Thread", f"<{found.link}|open it>"))
    blocks = kit.fields(pairs)
    history = list(_history(found))
    if history:
        blocks += kit.sections("\n".join(history))
    buttons = _buttons(each.id, each.target, each.step, each.choices)
    if buttons:
        blocks.append(kit.buttons(*buttons))
    file = kit.File(name=f"plan-{each.id}.md", title=f"Plan of {each.id}", content=found.plan.encode())
    return Rendered(headline=headline, messages=kit.messages(f"Migration {each.id}", blocks), files=(file,))


def _history(found: MigrationShown) -> Iterable[str]:
    marks = {"done": "✅", "paused": "⏸", "approved": "🔐"}
    for event in found.history[-MOST_HISTORY:]:
        by = event.get("by")
        who = ", ".join(by) if isinstance(by, list) else by
        if event.get("number") is not None:
            yield f"👤 {kit.escape(who)} wanted: {kit.escape(event.get('what', ''))}"
            continue
        said = kit.escape(kit.cut(str(event.get("said", "")), 300)).replace("\n", "; ")
        at = str(event.get("at", ""))[:16].replace("T", " ")
        yield f"{marks.get(str(event.get('what')), '•')} {at} {said}"


def steered(found: SignalSent) -> Rendered:
    """To who wished, alone: it was heard."""
    lines = {
        Signal.PAUSE: "it stands still before its next effect",
        Signal.RESUME: "it goes on",
        Signal.CANCEL: f"it is given up, and what was made of {found.target} is removed",
        Signal.ROLLBACK: f"it goes back to {found.source}",
    }
    text = (
        f"👍 {kit.bold(found.source)} → {kit.bold(found.target)}: {kit.escape(lines[found.word])} · id"
        f" {kit.code(found.migration)}"
    )
    return Rendered(headline=text)


def rollback_asked(found: RollbackConfirmation) -> Rendered:
    """What cannot be taken back, and the button that goes back all the same."""
    headline = (
        f"⚠️ Go back from {kit.bold(found.target)} to {kit.bold(found.source)}? The new cluster has served"
        " already"
    )
    command = f"`{COMMAND} migrate rollback {found.migration} --yes`"
    text = f"{NOT_TAKEN_BACK}\nIn words: {command}"
    button = _button(Signal.ROLLBACK, found.migration, found.target, Step.TRAFFIC)
    return Rendered(
        headline=headline, messages=kit.messages("Go back?", [kit.section(text), kit.buttons(button)])
    )


def _named(state: MigrationEvent) -> str:
    return f"{kit.bold(state.source)} → {kit.bold(state.target)}"


def _buttons(migration: str, target: str, step: Step, words: Iterable[Signal]) -> list[Button]:
    return [_button(word, migration, target, step) for word in words]


def _button(word: Signal, migration: str, target: str, step: Step) -> Button:
    actions: dict[Signal, Action] = {
        Signal.PAUSE: MigratePause(migration=migration),
        Signal.RESUME: MigrateResume(migration=migration),
        Signal.CANCEL: MigrateCancel(migration=migration),
        Signal.ROLLBACK: MigrateRollback(migration=migration, yes=is_past_traffic_switch(step)),
    }
    if word is Signal.CANCEL:
        confirm = Confirm(
            title="Give it up?",
            confirm="Give it up",
            text=kit.escape(
                f"What this migration made is removed, {target} as well if it was deployed for it. The old"
                " cluster goes on as it is."
            ),
        )
        return Button(
            label="Cancel and remove the copy", action=actions[word], style="danger", confirm=confirm
        )
    if word is Signal.ROLLBACK:
        more = (
            NOT_TAKEN_BACK
            if is_past_traffic_switch(step)
            else "The old cluster starts again on its disks; the copies are removed."
        )
        confirm = Confirm(
            title="Roll back?", text=kit.cut(kit.escape(more), 300), confirm="Roll back", deny="Stay"
        )
        return Button(label=LABELS[word], action=actions[word], style="danger", confirm=confirm)
    style = "primary" if word is Signal.RESUME else None
    return Button(label=LABELS[word], action=actions[word], style=style)
