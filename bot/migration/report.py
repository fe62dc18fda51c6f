"""The final report as data and as a text file: everything that was copied, left out, compared, moved and
deleted.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator

from pydantic import BaseModel, ConfigDict

from bot.migration.comparing import Comparison
from bot.migration.exclusions import counted
from bot.migration.plan import Plan
from bot.migration.source.applying import Applied
from bot.migration.source.hooks import HookRun
from bot.migration.traffic.opening import NewAddress
from bot.migration.undoing import Removed
from bot.migration.writing import Written
from bot.wording import count


@dataclasses.dataclass(frozen=True, kw_only=True)
class Event:
    """One line of what happened: UTC, RFC 3339."""

    at: str
    what: str
    by: str = ""


class Report(BaseModel):
    """Everything that a migration did. What has not happened is empty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plan: Plan
    events: tuple[Event, ...] = ()
    written: tuple[Written, ...] = ()
    comparison: Comparison | None = None
    source: tuple[Applied, ...] = ()
    hooks: tuple[HookRun, ...] = ()
    addresses: tuple[NewAddress, ...] = ()
    removed: tuple[Removed, ...] = ()
    deleted: tuple[str, ...] = ()  # what went with the old cluster


def text(report: Report) -> str:
    """The file that people keep."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    plan = report.plan
    yield (
        f"Migration {plan.migration}: {plan.source.name} ({plan.source.driver}) to {plan.target.name}"
        f" ({plan.target.driver})"
    )
    yield f"namespaces: {', '.join(plan.namespaces)}"
    yield from _section(
        "what happened",
        (f"{each.at}  {each.what}{f'  {each.by}' if each.by else ''}" for each in report.events),
    )
    actions = Counter(str(each.action) for each in report.written)
    yield from _section(
        f"written to the target: {count(len(report.written), 'object')}"
        f" ({', '.join(f'{n} {a}' for a, n in sorted(actions.items()))})",
        (
            f"{each.ref}  {each.action}  uid {each.uid or '–'}{f'  {each.why}' if each.why else ''}"
            for each in report.written
        ),
    )
    yield from _volumes(plan)
    yield from _section(
        f"left out: {count(len(plan.left), 'object')}"
        f" ({', '.join(f'{n} {r}' for r, n in sorted(counted(plan.left).items()))})",
        (f"{each.ref}  {each.reason}: {each.why}" for each in plan.left),
    )
    yield from _compared(report.comparison)
    yield from _section(
        "changed on the source", (f"{each.ref}  {each.what}  {each.state}" for each in report.source)
    )
    yield from _section(
        "commands in pods", (f"{each.pod}  {each.command}  {_ended(each)}" for each in report.hooks)
    )
    yield from _section(
        "addresses",
        (
            f"{each.service.short}  {' '.join(each.before) or '–'} → {' '.join(each.after) or '–'}"
            for each in report.addresses
        ),
    )
    yield from _section(
        "told before the start",
        (f"{each.weight}: {each.what}{f' ({each.why})' if each.why else ''}" for each in plan.findings),
    )
    yield from _section(
        "removed from the target",
        (f"{each.ref}  {each.removal}{f'  {each.why}' if each.why else ''}" for each in report.removed),
    )
    yield from _section("deleted with the old cluster", report.deleted)


def _volumes(plan: Plan) -> Iterator[str]:
    yield from _section(
        f"volumes: {len(plan.volumes)}",
        (
            f"{each.claim.short}  {each.choice}  {each.capacity}  {each.handle or each.backend or '–'}"
            for each in plan.volumes
        ),
    )


def _compared(found: Comparison | None) -> Iterator[str]:
    if found is None:
        return
    verdict = "equal" if found.proven else count(len(found.differences), "difference")
    counts = (
        f"{each.namespace or '(cluster)'}  {each.kind}  {each.found} of {each.planned}"
        for each in found.counts
    )
    differences = (f"{each.ref}  {each.what}" for each in found.differences)
    yield from _section(f"compared: {found.equal} equal, {verdict}", [*counts, *differences, *found.network])


def _ended(run: HookRun) -> str:
    return f"exit code {run.code}" if run.code is not None else run.failure


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield from ("", title, *(f"  {line}" for line in found))
