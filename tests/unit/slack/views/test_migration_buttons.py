"""The buttons that signal a migration: what they do, and what they ask before."""

from __future__ import annotations

import pytest

from bot.actions.migrations import MigrateCancel, MigratePause, MigrateResume, MigrateRollback
from bot.migration.workflow.signals import Signal
from bot.migration.workflow.step import Step
from bot.slack.kit import Button
from bot.slack.views.migration_buttons import IRREVERSIBLE, signal_button, signal_buttons


def button(signal: Signal, step: Step = Step.COPY) -> Button:
    return signal_button(signal, migration="m7k2p", target="dev-calico", step=step)


@pytest.mark.parametrize(
    ("signal", "action", "style", "asks"),
    [
        (Signal.PAUSE, MigratePause(migration="m7k2p"), None, False),
        (Signal.RESUME, MigrateResume(migration="m7k2p"), "primary", False),
        (Signal.CANCEL, MigrateCancel(migration="m7k2p"), "danger", True),
        (Signal.ROLLBACK, MigrateRollback(migration="m7k2p", yes=False), "danger", True),
    ],
)
def test_each_signal_has_its_action_and_the_dangerous_ones_ask(
    signal: Signal, action: object, style: str | None, asks: bool
) -> None:
    offered = button(signal)
    assert offered.action == action and offered.style == style and (offered.confirm is not None) is asks


def test_cancelling_says_what_is_removed() -> None:
    confirm = button(Signal.CANCEL).confirm
    assert confirm is not None and "dev-calico as well if it was deployed for it" in confirm.text


def test_after_the_traffic_was_switched_a_roll_back_says_what_stays_and_counts_as_confirmed() -> None:
    late = button(Signal.ROLLBACK, Step.SOAK)
    assert late.action == MigrateRollback(migration="m7k2p", yes=True)
    assert late.confirm is not None and late.confirm.text.startswith(IRREVERSIBLE[:100])
    early = button(Signal.ROLLBACK, Step.START).confirm
    assert early is not None and "starts again on its disks" in early.text


def test_a_person_gets_the_buttons_of_the_signals_that_may_be_sent() -> None:
    offered = signal_buttons("m7k2p", "dev-calico", Step.COPY, (Signal.PAUSE, Signal.CANCEL))
    assert [button.label for button in offered] == ["Pause", "Cancel and remove the copy"]
    assert signal_buttons("m7k2p", "dev-calico", Step.COPY, ()) == []
