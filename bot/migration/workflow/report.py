"""The final report: everything that was copied, left out, compared and deleted, as Markdown without
secrets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.migration.planning.plan import MigrationPlan

SNAPSHOTS = "snapshots"  # such an event holds what became of snapshots, and each that there is
PROOF = "proof"  # such an event of the history holds what was checked and what was not


def report(
    *,
    migration: str,
    project: str,
    plan: MigrationPlan,
    outcome: str,
    said: Sequence[str],
    history: Iterable[Mapping[str, Any]],
    begun: datetime,
    ended: datetime,
) -> str:
    """The whole report."""
    happened = list(history)
    lines = [
        f"# Migration {migration}: {outcome}",
        "",
        f"- project {project}",
        f"- from {plan.source.name} ({plan.source.driver}, {plan.source.id})",
        f"- to {plan.target.name} ({plan.target.driver})",
        f"- begun {begun:%Y-%m-%d %H:%M:%S} UTC",
        f"- ended {ended:%Y-%m-%d %H:%M:%S} UTC",
        *(f"- {line}" for line in said),
        "",
        "## What happened",
        "",
        *_history(happened),
        *_proof(happened),
        *_snapshots(happened),
        *contents(plan),
    ]
    return "\n".join(lines) + "\n"


def _history(history: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for each in history:
        if each.get("what") in (PROOF, SNAPSHOTS):
            continue
        parts = [
            str(each.get("at", ""))[:19],
            each.get("step", ""),
            each.get("what", ""),
            each.get("said", ""),
        ]
        by = each.get("by")
        parts.append(f"by {', '.join(by) if isinstance(by, list) else by}" if by else "")
        yield f"- {' · '.join(str(part) for part in parts if part)}".replace("\n", "; ")


def _proof(history: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """What was looked at, each time that it was, and what was not checked."""
    found = [each for each in history if each.get("what") == PROOF]
    if found:
        yield from ("", "## Proof", "")
    for each in found:
        looked = ", ".join(f"{check} {number}" for check, number in (each.get("checked") or {}).items())
        yield (
            f"- {str(each.get('at', ''))[:19]} · {each.get('step', '')} · looked at {looked or 'nothing'}, as"
            " it was on the source"
        )
        yield from (f"- not checked: {line}".replace("\n", "; ") for line in each.get("unchecked") or [])


def _snapshots(history: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    found = [each for each in history if each.get("what") == SNAPSHOTS]
    if found:
        yield from ("", "## Snapshots", "")
    for each in found:
        yield f"- {str(each.get('at', ''))[:19]} · {each.get('said', '')}"
        yield from (f"  - {line}".replace("\n", "; ") for line in each.get("lines") or [])


def contents(plan: MigrationPlan) -> Iterator[str]:
    """What a plan copies, leaves out and moves, and what it found."""
    yield from (
        "",
        f"## Copied: {len(plan.items)} objects",
        "",
        "| object | when | waits as | digest |",
        "|---|---|---|---|",
    )
    for item in plan.items:
        yield f"| {item.ref} | {item.mode} | {item.hold} | {item.digest[:20]} |"
    yield from (
        "",
        f"## Left out: {len(plan.left)} objects",
        "",
        "| object | reason | why |",
        "|---|---|---|",
    )
    for each in plan.left:
        yield f"| {each.ref} | {each.reason} | {_cell(each.why)} |"
    yield from (
        "",
        f"## Volumes: {len(plan.volumes)}",
        "",
        "| claim | choice | disk | size | used by |",
        "|---|---|---|---|---|",
    )
    for volume in plan.volumes:
        users = ", ".join(volume.consumers)
        yield (
            f"| {volume.claim.short} | {volume.choice or '–'} | {volume.handle or volume.volume or '–'} |"
            f" {volume.capacity} | {users} |"
        )
    yield from ("", f"## Load balancers: {len(plan.balancers)}", "")
    for balancer in plan.balancers:
        yield (
            f"- {balancer.service.short}: {', '.join(balancer.addresses) or 'no address'}, {balancer.recipe}"
        )
    yield from ("", "## Network", "")
    for word, found in (("closes", plan.network.closes), ("opens", plan.network.opens)):
        for connection in found:
            yield f"- {word} {connection.source} → {connection.destination}: {connection.ports}"
    yield from (f"- loses DNS: {pod}" for pod in plan.network.loses_dns)
    yield from (f"- not computed: {gap}" for gap in plan.network.gaps)
    yield from ("", "## Findings", "")
    for finding in plan.findings:
        more = "; ".join(part for part in (finding.why, finding.fix) if part)
        yield f"- {finding.weight} ({finding.about}): {finding.what}{f' — {more}' if more else ''}".replace(
            "\n", "; "
        )


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ")
