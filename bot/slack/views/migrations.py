"""The views of migrations as answers: the list, one in full, a signal that was sent, and the final report."""

from collections.abc import Iterable

from bot.actions.migrations import MigrateShow
from bot.actions.mistakes import COMMAND
from bot.migration.results import (
    MigrationShown,
    MigrationsShown,
    MigrationSummary,
    RollbackConfirmation,
    SignalSent,
)
from bot.migration.workflow.events import MigrationEnded
from bot.migration.workflow.signals import Signal
from bot.migration.workflow.step import ORDER, Step
from bot.slack import kit
from bot.slack.kit import Button, File, Rendered
from bot.slack.views.migration_buttons import IRREVERSIBLE, signal_button, signal_buttons
from bot.slack.views.registry import shows

MOST_OPEN = 10  # open migrations that are shown with their buttons
MOST_HISTORY = 40
STATES = {
    "done": "✅",
    "cancelled": "↩️",
    "rolled back": "↩️",
    "paused": "⏸",
    "going back": "↩️",
    "running": "🚚",
}


@shows(MigrationsShown)
def show_list(listing: MigrationsShown) -> Rendered:
    """A project's migrations in a table; the open ones stand above it with their buttons."""
    headline = f"🚚 {kit.count(len(listing.migrations), 'migration')} in {kit.bold(listing.project)}"
    if not listing.migrations:
        text = f"None yet. To plan one: `{COMMAND} migrate CLUSTER --to DRIVER`"
        return Rendered(headline=headline, messages=kit.messages("No migrations", [kit.section(text)]))
    blocks: list[kit.Block] = []
    for summary in [summary for summary in listing.migrations if summary.ended is None][:MOST_OPEN]:
        show = Button(label=f"Show {summary.id}", action=MigrateShow(migration=summary.id))
        blocks += [kit.section(summary_line(summary)), kit.buttons(show, *_signals(summary))]
    blocks += kit.table_parts(
        ["Id", "Clusters", "Drivers", "State", "Step", "Begun (UTC)", "By"],
        [_row(summary) for summary in listing.migrations],
    )
    text = f"{len(listing.migrations)} migrations"
    return Rendered(headline=headline, messages=kit.messages(text, blocks))


def _row(summary: MigrationSummary) -> list[str]:
    return [
        summary.id,
        f"{summary.source} → {summary.target}",
        summary.route,
        summary.state,
        summary.step.label,
        f"{summary.begun:%Y-%m-%d %H:%M}",
        summary.by,
    ]


def _signals(summary: MigrationSummary) -> list[Button]:
    return signal_buttons(summary.id, summary.target, summary.step, summary.choices)


def summary_line(summary: MigrationSummary, *, asker: str = "") -> str:
    """Where a migration stands, in one line; `asker` is mrkdwn."""
    name = f"{STATES.get(summary.state, '🚚')} {kit.code(summary.id)} {_name(summary)}"
    step = f"step {summary.step.number} of {len(ORDER)}, {kit.escape(summary.step.label)}"
    parts = [f"{name}: {kit.escape(summary.state)}, {step}", f"since {kit.moment(summary.since)}"]
    if summary.waits:
        parts.append(kit.escape(kit.cut(summary.waits, 300)))
    if asker:
        parts.append(f"by {asker}")
    return " · ".join(parts)


@shows(MigrationShown)
def show_details(details: MigrationShown) -> Rendered:
    """One migration in full, with its history and its buttons; the plan is a file."""
    summary = details.summary
    mark, id_ = STATES.get(summary.state, "🚚"), kit.code(summary.id)
    headline = f"{mark} Migration {id_} {_name(summary)}: {kit.escape(summary.state)}"
    blocks = kit.fields(_facts(details))
    history = list(_history(details))
    if history:
        blocks += kit.sections("\n".join(history))
    buttons = _signals(summary)
    if buttons:
        blocks.append(kit.buttons(*buttons))
    plan = details.plan.encode()
    file = File(name=f"plan-{summary.id}.md", title=f"Plan of {summary.id}", content=plan)
    messages = kit.messages(f"Migration {summary.id}", blocks)
    return Rendered(headline=headline, messages=messages, files=(file,))


def _facts(details: MigrationShown) -> list[tuple[str, str]]:
    summary = details.summary
    pairs = [
        ("Step", f"{summary.step.number} of {len(ORDER)}: {kit.escape(summary.step.label)}"),
        ("Since", kit.moment(summary.since)),
        ("Drivers", kit.escape(summary.route)),
        ("Begun", f"{kit.moment(summary.begun)} by {kit.escape(summary.by)}"),
    ]
    if summary.waits:
        pairs.append(("Waits for", kit.escape(kit.cut(summary.waits.removeprefix("waits for "), 1_000))))
    if details.next_decision:
        pairs.append(("Next decision", kit.escape(details.next_decision)))
    if details.link:
        pairs.append(("Thread", f"<{details.link}|open it>"))
    return pairs


def _history(details: MigrationShown) -> Iterable[str]:
    """The newest events, oldest first; an event with a number is a signal that somebody has sent."""
    marks = {"done": "✅", "paused": "⏸", "approved": "🔐"}
    for event in details.history[-MOST_HISTORY:]:
        kind = event.get("what", "")
        if event.get("number") is not None:
            by = event.get("by")
            people = ", ".join(by) if isinstance(by, list) else by
            yield f"👤 {kit.escape(people)} wanted: {kit.escape(kind)}"
            continue
        text = kit.escape(kit.cut(str(event.get("said", "")), 300)).replace("\n", "; ")
        at = str(event.get("at", ""))[:16].replace("T", " ")
        yield f"{marks.get(str(kind), '•')} {at} {text}"


@shows(SignalSent)
def show_signal(accepted: SignalSent) -> Rendered:
    """Tell the sender, privately, that the signal was taken, and what it does."""
    effects = {
        Signal.PAUSE: "it stands still before its next effect",
        Signal.RESUME: "it goes on",
        Signal.CANCEL: f"it is given up, and what was made of {accepted.target} is removed",
        Signal.ROLLBACK: f"it goes back to {accepted.source}",
    }
    effect = kit.escape(effects[accepted.word])
    return Rendered(headline=f"👍 {_name(accepted)}: {effect} · id {kit.code(accepted.migration)}")


@shows(RollbackConfirmation)
def show_rollback_confirmation(confirmation: RollbackConfirmation) -> Rendered:
    """What a late roll-back cannot undo, and the button that rolls back all the same."""
    target, source = kit.bold(confirmation.target), kit.bold(confirmation.source)
    headline = f"⚠️ Go back from {target} to {source}? The new cluster has served already"
    command = f"`{COMMAND} migrate rollback {confirmation.migration} --yes`"
    button = signal_button(
        Signal.ROLLBACK, migration=confirmation.migration, target=confirmation.target, step=Step.TRAFFIC
    )
    blocks = [kit.section(f"{IRREVERSIBLE}\nIn words: {command}"), kit.buttons(button)]
    return Rendered(headline=headline, messages=kit.messages("Go back?", blocks))


@shows(MigrationEnded)
def show_end(ended: MigrationEnded) -> Rendered:
    """How a migration ended; the report is a file."""
    mark = STATES.get(ended.outcome, "✅")
    headline = f"{mark} Migration of {_name(ended)} ({kit.escape(ended.route)}): {kit.escape(ended.outcome)}"
    lines = [f"• {kit.escape(line)}" for line in ended.said]
    copied, duration = kit.count(ended.objects, "object"), kit.duration(ended.seconds)
    lines.append(f"{copied} copied · {duration} · id {kit.code(ended.migration)}")
    file = File(
        name=f"migration-{ended.migration}.md",
        title=f"Report of the migration {ended.migration}",
        content=ended.report.encode(),
    )
    text = f"Migration of {ended.source}: {ended.outcome}"
    messages = kit.messages(text, kit.sections("\n".join(lines)))
    return Rendered(headline=headline, messages=messages, files=(file,))


def _name(migration: MigrationSummary | MigrationEnded | SignalSent) -> str:
    return f"{kit.bold(migration.source)} → {kit.bold(migration.target)}"
