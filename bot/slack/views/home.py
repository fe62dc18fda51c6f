"""The App Home: what waits for me, what runs, how the clusters were last, what I did. Pure; times are
Slack's own.
"""

from __future__ import annotations

from bot.actions.mistakes import COMMAND
from bot.requests.home_page import HomePage, RunningOperation
from bot.slack import kit
from bot.slack.views import approvals as views
from bot.slack.views.migrations import standing
from storage.approvals import Approval
from storage.audit import AuditEvent
from storage.verifications import LastVerification

MOST_APPROVALS = 10
MOST_CLUSTERS = 40
MOST_BLOCKS = 100  # of a Home
_MARKS = {"healthy": "✅", "degraded": "⚠️", "mismatched": "❌", "unreachable": "❌", "unknown": "❓"}
_OUTCOMES = {"succeeded": "✅", "failed": "❌", "refused": "🚫", "unknown": "❓", "asked": "🔐", "": "⏳"}


def home(page: HomePage) -> list[kit.Block]:
    """The blocks of somebody's Home."""
    if not page.roles:
        text = "You have no role in any project, so there is nothing to show. Ask your platform team."
        return [kit.header("xk8s"), kit.section(text)]
    blocks = [
        *_part(
            "🔐 Waits for your approval",
            [b for each in page.to_decide[:MOST_APPROVALS] for b in _to_decide(each)],
            "Nothing waits for you.",
        ),
        *_part("🙋 You asked for", [b for each in page.asked[:MOST_APPROVALS] for b in _asked(each)], ""),
        *_part(
            "🚚 Running",
            [kit.section("\n".join(map(_running, page.running)))] if page.running else [],
            "No migration and no deployment is running.",
        ),
        *_part("🩺 Last verification", _verifications(page.verifications), f"None yet: `{COMMAND} verify`"),
        *_part(
            "🕘 What you did last",
            [kit.section("\n".join(map(_event, page.recent)))] if page.recent else [],
            f"Nothing yet. `{COMMAND} help` shows what you can type.",
        ),
        kit.context(*(_roles(name, roles) for name, roles in page.roles.items())),
    ]
    return blocks[:MOST_BLOCKS]


def _part(title: str, blocks: list[kit.Block], nothing: str) -> list[kit.Block]:
    if not blocks and not nothing:
        return []
    return [kit.header(title), *(blocks or [kit.section(f"_{nothing}_" if "`" not in nothing else nothing)])]


def _to_decide(found: Approval) -> list[kit.Block]:
    text = f"{kit.bold(found.shown['headline'])} in {kit.bold(found.project)}\n{views.asked_line(found)}"
    text += f" · expires {kit.moment(found.expires_at)}"
    warnings = "\n".join(f"⚠️ {kit.escape(line)}" for line in found.shown["warnings"][:3])
    return [
        kit.section(f"{text}\n{warnings}".strip()),
        views.buttons(found, project=found.project),
    ]


def _asked(found: Approval) -> list[kit.Block]:
    text = f"{views.root_line(found)} in {kit.bold(found.project)} · expires {kit.moment(found.expires_at)}"
    return [kit.section(text), views.buttons(found, project=found.project, withdraw=True)]


def _running(found: RunningOperation) -> str:
    if found.migration is not None:
        return standing(found.migration, asker=kit.person(found.asker))
    return (
        f"⏳ {kit.code(found.words)} in {kit.bold(found.project)} · by {kit.person(found.asker)} · since"
        f" {kit.moment(found.since)}"
    )


def _verifications(found: tuple[LastVerification, ...]) -> list[kit.Block]:
    lines = [
        f"{_MARKS.get(each.verdict, '❓')} {kit.bold(each.name)} in {kit.escape(each.project)}: "
        f"{kit.escape(each.verdict)} · {kit.moment(each.at)}"
        for each in found
    ]
    more = len(lines) - MOST_CLUSTERS
    text = "\n".join(lines[:MOST_CLUSTERS] + ([f"…and {more} more"] if more > 0 else []))
    return kit.sections(text) if text else []


def _event(event: AuditEvent) -> str:
    target = (
        f" {kit.code(event.target)}" if event.target and not event.action.startswith("approvals.") else ""
    )
    target += f": {kit.escape(kit.cut(event.detail, 150))}" if event.detail else ""
    return (
        f"{_OUTCOMES.get(event.outcome, '•')} {kit.moment(event.at)}"
        f" `{event.action.replace('.', ' ')}`{target}"
    )


def _roles(project: str, roles: object) -> str:
    return f"{kit.escape(project)}: {', '.join(map(str, roles))}"  # type: ignore[call-overload]
