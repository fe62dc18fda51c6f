"""The views of a migration that is running: the message that follows it, and its lines in thread and root.

One message in the thread is updated in place with every `MigrationProgress`. What has come to an end, a step,
a pause, is a message of its own. The root message says in one line where the migration stands.
"""

from bot.actions.mistakes import COMMAND
from bot.migration.planning.planner import MigrationPlanning
from bot.migration.workflow.events import (
    MigrationEvent,
    MigrationPaused,
    MigrationProgress,
    MigrationResumed,
    MigrationStepDone,
)
from bot.migration.workflow.signals import Signal
from bot.migration.workflow.step import ORDER, Step, is_past_cutover
from bot.slack import kit
from bot.slack.kit import Message
from bot.slack.views.migration_buttons import signal_buttons
from bot.slack.views.registry import root_line, shows_state

BAR_CELLS = 10
MOST_FINISHED = 12
SENT = {
    Signal.RESUME: "resumed",
    Signal.CANCEL: "cancelled",
    Signal.ROLLBACK: "turned back",
    Signal.PAUSE: "paused",
}


@shows_state(MigrationPlanning)
def show_planning(state: MigrationPlanning) -> Message:
    """A plan is being made."""
    text = f"Planning the migration of {kit.bold(state.source)}"
    section = kit.section(f"🔎 {text}: {kit.escape(state.doing)}")
    return Message(text=f"Planning the migration of {state.source}", blocks=(section,))


@shows_state(MigrationProgress)
def show_progress(state: MigrationProgress) -> Message:
    """The step, a bar, times, what is waited for, the steps that are done, the next one, and the buttons."""
    lines = [_head(state), f"{_bar(state)} {_times(state)}"]
    if state.trouble:
        lines.append(f"⚠️ {kit.escape(kit.cut(state.trouble, 400))}: I try again")
    if state.waits:
        lines.append(f"⏳ waits for: {kit.escape(kit.cut(', '.join(state.waits), 800))}")
    blocks = [kit.section("\n".join(lines))]
    finished = [f"✅ {kit.escape(line)}" for line in state.finished[-MOST_FINISHED:]]
    if finished:
        blocks.append(kit.section("\n".join(finished)))
    following = ORDER[state.step.number :]
    if following and not state.back:
        blocks.append(kit.context(f"next: {following[0].label}", f"id {kit.code(state.migration)}"))
    blocks += _buttons(state)
    text = f"{state.source} {state.route}: step {state.step.number} of {len(ORDER)}, {state.step.label}"
    return Message(text=f"paused: {text}" if state.paused else text, blocks=tuple(blocks))


def _head(state: MigrationProgress) -> str:
    name = f"{kit.bold(state.source)} {kit.escape(state.route)}"
    step = f"step {state.step.number} of {len(ORDER)}"
    if state.paused:
        return f"⏸ {name} · paused at {step}: {kit.escape(state.paused)}"
    if state.back:
        return f"↩️ {name} · going back{f': {kit.escape(state.detail)}' if state.detail else ''}"
    return f"🚚 {name} · {step}: {kit.escape(state.detail or state.step.label)}"


def _bar(state: MigrationProgress) -> str:
    """The share of the step's objects while they are counted, else of the steps."""
    share = state.done / state.total if state.total else (state.step.number - 1) / len(ORDER)
    full = min(BAR_CELLS, int(share * BAR_CELLS))
    count = f" {state.done:,} of {kit.count(state.total, 'object')}" if state.total else ""
    return f"{'▓' * full}{'░' * (BAR_CELLS - full)}{count}"


def _times(state: MigrationProgress) -> str:
    in_step, in_all = kit.duration(state.seconds), kit.duration(state.total_seconds)
    return f"· {in_step} in this step, {in_all} in all · {kit.as_of(state.at)}"


def _buttons(state: MigrationProgress | MigrationPaused) -> list[kit.Block]:
    buttons = signal_buttons(state.migration, state.target, state.step, state.choices)
    return [kit.buttons(*buttons)] if buttons else []


@root_line(MigrationProgress)
def progress_line(state: MigrationProgress) -> str:
    """The root's line during a step. It changes with the step, not with the step's counts."""
    if state.paused:
        return _line("⏸", state, f"paused: {state.paused}")
    if state.back:
        return _line("🚚", state, "going back")
    mark = "🔐" if state.step in (Step.DECIDE, Step.CONSENT) else "🚚"
    return _line(mark, state, f"step {state.step.number} of {len(ORDER)}: {state.step.label}")


@shows_state(MigrationStepDone)
def show_step_done(state: MigrationStepDone) -> Message:
    """A step has ended: how long it took, and what it has done."""
    label = state.step.label[0].upper() + state.step.label[1:]
    head = f"✅ {kit.bold(label)} · {kit.duration(state.seconds)}\n{kit.escape(state.said)}"
    lines = [f"• {kit.escape(kit.cut(line, 500))}" for line in state.lines[:20] if line]
    section = kit.section("\n".join([head, *lines]))
    return Message(text=f"{state.source}: {state.said}", blocks=(section,))


@root_line(MigrationStepDone)
def step_done_line(state: MigrationStepDone) -> str:
    """The root's line after a step."""
    return _line("🚚", state, f"{state.step.number} of {len(ORDER)} done: {state.said}")


@shows_state(MigrationPaused)
def show_paused(state: MigrationPaused) -> Message:
    """The migration is paused: what happened, why, what to do, and the signals that a person may send."""
    lines = [f"⏸ {_name(state)} is paused at “{kit.escape(state.step.label)}”: {kit.escape(state.what)}"]
    lines += [kit.escape(kit.cut(part, 1_200)) for part in (state.why, state.fix) if part]
    lines.append(_safety(state))
    words = " · ".join(kit.code(f"{COMMAND} migrate {word} {state.migration}") for word in state.choices)
    blocks = [*kit.sections("\n".join(lines)), kit.context(words or "no choices"), *_buttons(state)]
    return Message(text=f"{state.source} is paused: {state.what}", blocks=tuple(blocks))


def _safety(state: MigrationPaused) -> str:
    """What the pause means for the old cluster."""
    if not is_past_cutover(state.step):
        return "The old cluster serves; nothing was changed there."
    if state.back:
        return "It is on its way back; nothing is deleted."
    return "The old cluster is stopped, and nothing of it is deleted."


@root_line(MigrationPaused)
def paused_line(state: MigrationPaused) -> str:
    """The root's line during a pause."""
    return _line("⏸", state, f"paused: {state.what}")


@shows_state(MigrationResumed)
def show_resumed(state: MigrationResumed) -> Message:
    """A person has sent a signal to a paused migration."""
    section = kit.section(f"▶️ {_name(state)} was {SENT[state.word]} by {kit.escape(state.by)}")
    return Message(text=f"{state.source} was {SENT[state.word]}", blocks=(section,))


@root_line(MigrationResumed)
def resumed_line(state: MigrationResumed) -> str:
    """The root's line after a pause."""
    direction = "goes on" if state.word is Signal.RESUME else "goes back"
    return _line("🚚", state, f"{direction}: {state.step.label}")


def _line(mark: str, state: MigrationEvent, status: str) -> str:
    return f"{mark} {_name(state)} ({kit.escape(state.route)}) · {kit.escape(status)}"


def _name(state: MigrationEvent) -> str:
    return f"{kit.bold(state.source)} → {kit.bold(state.target)}"
