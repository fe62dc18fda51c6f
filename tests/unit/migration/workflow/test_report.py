"""The report at the end tells what happened, what was proven, and what became of snapshots."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.migration.workflow.report import report
from tests.unit.migration.builders import workload
from tests.unit.migration.planning.plans import plan

AT = "2026-11-24T12:00:00.123456+00:00"
BEGAN, ENDED = datetime(2026, 11, 24, 11, tzinfo=UTC), datetime(2026, 11, 24, 12, tzinfo=UTC)


def lines(*history: dict[str, object]) -> list[str]:
    return report(
        project="shop",
        plan=plan(workload(name="web")),
        outcome="done",
        result=["dev is deleted", "new serves"],
        history=history,
        began=BEGAN,
        ended=ENDED,
    ).splitlines()


def test_it_begins_with_what_was_migrated_and_how_it_ended() -> None:
    assert lines()[:9] == [
        "# Migration m1: done",
        "",
        "- project shop",
        "- from dev (flannel, u1)",
        "- to new (calico)",
        "- begun 2026-11-24 11:00:00 UTC",
        "- ended 2026-11-24 12:00:00 UTC",
        "- dev is deleted",
        "- new serves",
    ]


def test_each_event_is_one_line_with_who_decided() -> None:
    text = lines(
        {"at": AT, "step": "decide", "what": "approved", "said": "approved\nby bo", "by": ["bo", "cy"]},
        {"what": "pause", "by": "ana"},
    )
    assert "- 2026-11-24T12:00:00 · decide · approved · approved; by bo · by bo, cy" in text
    assert "- pause · by ana" in text


def test_proof_and_snapshots_have_sections_of_their_own() -> None:
    text = lines(
        {"at": AT, "step": "prove", "what": "proof", "checked": {"http": 3}, "unchecked": ["HTTP of a\nb"]},
        {"at": AT, "step": "quiesce", "what": "snapshots", "said": "1 snapshot", "lines": ["s1"]},
    )
    proof = text.index("## Proof")
    assert text[proof + 2 : proof + 4] == [
        "- 2026-11-24T12:00:00 · prove · looked at http 3, as it was on the source",
        "- not checked: HTTP of a; b",
    ]
    snapshots = text.index("## Snapshots")
    assert text[snapshots + 2 : snapshots + 4] == ["- 2026-11-24T12:00:00 · 1 snapshot", "  - s1"]
    assert not [line for line in text[:proof] if "looked at" in line]


def test_it_ends_with_the_plan() -> None:
    text = lines()
    [copied] = [line for line in text if line.startswith("| Deployment shop/web | at cut-over | ")]
    assert text.index("## Copied: 2 objects") < text.index(copied) < text.index("## Findings")


def test_a_history_without_proof_has_no_such_section() -> None:
    assert "## Proof" not in lines() and "## Snapshots" not in lines()
