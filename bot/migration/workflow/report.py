"""The report at the end of a migration: what happened, was proven, copied and left out, without secrets."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.migration.planning.plan import MigrationPlan
from bot.migration.planning.plan_document import plan_sections

# Events of the history that have sections of their own, by the value of their key `what`.
SNAPSHOTS = "snapshots"
PROOF = "proof"

Event = Mapping[str, Any]


def report(
    *,
    project: str,
    plan: MigrationPlan,
    outcome: str,
    result: Sequence[str],
    history: Sequence[Event],
    began: datetime,
    ended: datetime,
) -> str:
    """Compose the report as Markdown. `result` says in lines how the migration ended."""
    lines = [
        f"# Migration {plan.migration}: {outcome}",
        "",
        f"- project {project}",
        f"- from {plan.source.name} ({plan.source.driver}, {plan.source.id})",
        f"- to {plan.target.name} ({plan.target.driver})",
        f"- begun {began:%Y-%m-%d %H:%M:%S} UTC",
        f"- ended {ended:%Y-%m-%d %H:%M:%S} UTC",
        *(f"- {line}" for line in result),
        "",
        "## What happened",
        "",
        *_history(history),
        *_proof(history),
        *_snapshots(history),
        *plan_sections(plan),
    ]
    return "\n".join(lines) + "\n"


def _history(history: Iterable[Event]) -> Iterator[str]:
    for event in history:
        if event.get("what") in (PROOF, SNAPSHOTS):
            continue
        parts = [_time(event), *(event.get(key, "") for key in ("step", "what", "said"))]
        by = event.get("by")
        parts.append(f"by {', '.join(by) if isinstance(by, list) else by}" if by else "")
        yield _one_line(f"- {' · '.join(str(part) for part in parts if part)}")


def _proof(history: Iterable[Event]) -> Iterator[str]:
    """What was checked, each time that it was, and what was not checked."""
    proofs = [event for event in history if event.get("what") == PROOF]
    if proofs:
        yield from ("", "## Proof", "")
    for event in proofs:
        checks = ", ".join(f"{check} {number}" for check, number in (event.get("checked") or {}).items())
        step = event.get("step", "")
        yield f"- {_time(event)} · {step} · looked at {checks or 'nothing'}, as it was on the source"
        yield from (_one_line(f"- not checked: {line}") for line in event.get("unchecked") or [])


def _snapshots(history: Iterable[Event]) -> Iterator[str]:
    events = [event for event in history if event.get("what") == SNAPSHOTS]
    if events:
        yield from ("", "## Snapshots", "")
    for event in events:
        yield f"- {_time(event)} · {event.get('said', '')}"
        yield from (_one_line(f"  - {line}") for line in event.get("lines") or [])


def _time(event: Event) -> str:
    return str(event.get("at", ""))[:19]


def _one_line(text: str) -> str:
    return text.replace("\n", "; ")
