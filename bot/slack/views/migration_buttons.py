"""The buttons with which a person signals a running migration: pause, resume, cancel, roll back."""

from collections.abc import Iterable

from bot.actions.action import Action
from bot.actions.migrations import MigrateCancel, MigratePause, MigrateResume, MigrateRollback
from bot.migration.workflow.signals import Signal
from bot.migration.workflow.step import Step, is_past_traffic_switch
from bot.slack import kit
from bot.slack.kit import Button, Confirm

LABELS = {
    Signal.PAUSE: "Pause",
    Signal.RESUME: "Resume",
    Signal.CANCEL: "Cancel and remove the copy",
    Signal.ROLLBACK: "Roll back",
}
IRREVERSIBLE = (
    "What the new cluster has answered, sent and written elsewhere stays so: mails, payments, messages, calls"
    " to other systems. What it wrote to its volumes stays on the disks that go back, also changes of a"
    " schema that the old version cannot read."
)


def signal_buttons(migration: str, target: str, step: Step, signals: Iterable[Signal]) -> list[Button]:
    """A button for each signal; those that give the target cluster up ask for a confirmation first."""
    return [signal_button(signal, migration=migration, target=target, step=step) for signal in signals]


def signal_button(signal: Signal, *, migration: str, target: str, step: Step) -> Button:
    """The button that sends a signal to a migration at `step`; `target` is the new cluster's name."""
    style = {Signal.RESUME: "primary", Signal.CANCEL: "danger", Signal.ROLLBACK: "danger"}.get(signal)
    return Button(
        label=LABELS[signal],
        action=_action(signal, migration, step),
        style=style,
        confirm=_confirm(signal, target, step),
    )


def _action(signal: Signal, migration: str, step: Step) -> Action:
    match signal:
        case Signal.PAUSE:
            return MigratePause(migration=migration)
        case Signal.RESUME:
            return MigrateResume(migration=migration)
        case Signal.CANCEL:
            return MigrateCancel(migration=migration)
        case Signal.ROLLBACK:
            return MigrateRollback(migration=migration, yes=is_past_traffic_switch(step))


def _confirm(signal: Signal, target: str, step: Step) -> Confirm | None:
    if signal is Signal.CANCEL:
        text = (
            f"What this migration made is removed, {target} as well if it was deployed for it. The old"
            " cluster goes on as it is."
        )
        return Confirm(title="Give it up?", text=kit.escape(text), confirm="Give it up")
    if signal is Signal.ROLLBACK:
        text = "The old cluster starts again on its disks; the copies are removed."
        if is_past_traffic_switch(step):
            text = IRREVERSIBLE
        short_text = kit.cut(kit.escape(text), 300)
        return Confirm(title="Roll back?", text=short_text, confirm="Roll back", deny="Stay")
    return None
