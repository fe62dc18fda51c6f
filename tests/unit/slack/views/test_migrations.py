"""Migrations as answers: listed, shown in full, signalled, ended."""

from __future__ import annotations

from typing import Any

import pytest

from bot.actions.migrations import MigrateRollback, MigrateShow
from bot.migration.results import (
    MigrationShown,
    MigrationsShown,
    MigrationSummary,
    RollbackConfirmation,
    SignalSent,
)
from bot.migration.workflow.events import MigrationEnded
from bot.migration.workflow.signals import Signal
from bot.migration.workflow.step import Step
from bot.slack import kit
from bot.slack.views import migrations as views
from tests.unit.slack.examples.requests import NOW
from tests.unit.slack.rendering import buttons, text, words

SUMMARY: dict[str, Any] = {
    "id": "m7k2p",
    "source": "dev",
    "target": "dev-calico",
    "route": "flannel → calico",
    "state": "running",
    "step": Step.COPY,
    "since": NOW,
    "begun": NOW,
    "waits": "",
    "by": "ana",
    "ended": None,
    "choices": (Signal.PAUSE,),
}


def summary(**changes: Any) -> MigrationSummary:
    return MigrationSummary(**(SUMMARY | changes))


def test_open_migrations_stand_above_the_table_with_their_buttons() -> None:
    ended = summary(id="mdone", state="done", ended=NOW)
    listing = MigrationsShown(project="shop", migrations=(summary(), ended), now=NOW)
    rendered = views.show_list(listing)
    assert rendered.headline == "🚚 2 migrations in *shop*"
    offered = buttons(*rendered.messages)
    assert list(offered) == ["Show m7k2p", "Pause"]
    assert offered["Show m7k2p"].action == MigrateShow(migration="m7k2p")
    table = rendered.messages[0].blocks[-1]
    assert [row[0]["text"] for row in table["rows"]] == ["Id", "m7k2p", "mdone"]


def test_an_empty_list_says_how_to_plan_one() -> None:
    rendered = views.show_list(MigrationsShown(project="shop", migrations=(), now=NOW))
    assert "/xk8s migrate CLUSTER --to DRIVER" in text(*rendered.messages)


def test_a_line_says_where_a_migration_stands() -> None:
    line = views.summary_line(summary(state="paused", waits="the API fails"), asker="<@U1>")
    assert line == (
        f"⏸ `m7k2p` *dev* → *dev-calico*: paused, step 3 of 13, copy the workloads"
        f" · since {kit.moment(NOW)} · the API fails · by <@U1>"
    )


def details(**changes: Any) -> MigrationShown:
    values: dict[str, Any] = {
        "project": "shop",
        "summary": summary(waits="waits for pods"),
        "history": (),
        "next_decision": "",
        "link": "",
        "plan": "# Plan",
        "now": NOW,
    }
    return MigrationShown(**(values | changes))


def test_one_migration_is_shown_with_its_plan_as_a_file() -> None:
    migration = details(link="https://example.com/p1", next_decision="the cut-over")
    rendered = views.show_details(migration)
    lines = text(*rendered.messages).split("\n")
    assert rendered.headline == "🚚 Migration `m7k2p` *dev* → *dev-calico*: running"
    assert {"Waits for: pods", "Next decision: the cut-over", "Thread: open it"} <= set(lines)
    [file] = rendered.files
    assert (file.name, file.content) == ("plan-m7k2p.md", b"# Plan")


def test_its_history_tells_steps_and_signals() -> None:
    history = (
        {"what": "done", "said": "12 objects\ncopied", "at": "2026-11-24T09:00:00"},
        {"what": "pause", "by": ["ana", "bo"], "number": 1},
    )
    details_text = text(*views.show_details(details(history=history)).messages)
    assert "✅ 2026-11-24 09:00 12 objects; copied\n👤 ana, bo wanted: pause" in details_text


@pytest.mark.parametrize(
    ("signal", "effect"),
    [
        (Signal.PAUSE, "it stands still before its next effect"),
        (Signal.RESUME, "it goes on"),
        (Signal.CANCEL, "it is given up, and what was made of dev-calico is removed"),
        (Signal.ROLLBACK, "it goes back to dev"),
    ],
)
def test_who_sends_a_signal_is_told_what_it_does(signal: Signal, effect: str) -> None:
    signal_sent = SignalSent(
        migration="m7k2p", word=signal, source="dev", target="dev-calico", step=Step.COPY
    )
    assert views.show_signal(signal_sent).headline == f"👍 *dev* → *dev-calico*: {effect} · id `m7k2p`"


def test_a_late_roll_back_asks_once_more_and_its_button_confirms() -> None:
    confirmation = RollbackConfirmation(migration="m7k2p", source="dev", target="dev-calico")
    rendered = views.show_rollback_confirmation(confirmation)
    assert "The new cluster has served already" in rendered.headline
    assert "/xk8s migrate rollback m7k2p --yes" in words(rendered.messages[0].blocks)
    [button] = buttons(*rendered.messages).values()
    assert button.action == MigrateRollback(migration="m7k2p", yes=True)


@pytest.mark.parametrize(("outcome", "mark"), [("done", "✅"), ("cancelled", "↩️"), ("rolled back", "↩️")])
def test_the_end_is_a_line_for_each_thing_done_and_a_report(outcome: str, mark: str) -> None:
    ended = MigrationEnded(
        project="shop",
        migration="m7k2p",
        source="dev",
        target="dev-calico",
        route="flannel → calico",
        outcome=outcome,
        said=("12 objects copied", "dev is deleted"),
        seconds=7_200.0,
        objects=12,
        report="# Report",
    )
    rendered = views.show_end(ended)
    assert rendered.headline == f"{mark} Migration of *dev* → *dev-calico* (flannel → calico): {outcome}"
    assert text(*rendered.messages) == (
        "• 12 objects copied\n• dev is deleted\n12 objects copied · 2 h · id m7k2p"
    )
    assert [file.name for file in rendered.files] == ["migration-m7k2p.md"]
