"""The App Home: approvals to decide, running work, the last verifications, the person's last actions."""

from collections.abc import Iterable

from bot.access.roles import Role
from bot.actions.mistakes import COMMAND
from bot.requests.home_page import HomePage, RunningOperation
from bot.slack import kit
from bot.slack.views import approval_cards as cards
from bot.slack.views.audit import OUTCOMES
from bot.slack.views.migrations import summary_line
from storage.approvals import Approval
from storage.audit_events import AuditEvent
from storage.verifications import LastVerification

MOST_APPROVALS = 10
MOST_CLUSTERS = 40
MOST_BLOCKS = 100  # of a Home, by Slack's reference
VERDICTS = {"healthy": "✅", "degraded": "⚠️", "mismatched": "❌", "unreachable": "❌", "unknown": "❓"}


def show_home(page: HomePage) -> list[kit.Block]:
    """The blocks of a person's Home."""
    if not page.roles:
        text = "You have no role in any project, so there is nothing to show. Ask your platform team."
        return [kit.header("xk8s"), kit.section(text)]
    to_decide = [block for approval in page.to_decide[:MOST_APPROVALS] for block in _to_decide(approval)]
    requested = [block for approval in page.asked[:MOST_APPROVALS] for block in _asked(approval)]
    blocks = [
        *_part("🔐 Waits for your approval", to_decide, "_Nothing waits for you._"),
        *_part("🙋 You asked for", requested),
        *_part(
            "🚚 Running", _lines(map(_running, page.running)), "_No migration and no deployment is running._"
        ),
        *_part("🩺 Last verification", _verifications(page.verifications), f"None yet: `{COMMAND} verify`"),
        *_part(
            "🕘 What you did last",
            _lines(map(_event, page.recent)),
            f"Nothing yet. `{COMMAND} help` shows what you can type.",
        ),
        kit.context(*(_roles(project, roles) for project, roles in page.roles.items())),
    ]
    return blocks[:MOST_BLOCKS]


def _part(title: str, blocks: list[kit.Block], nothing: str = "") -> list[kit.Block]:
    if not blocks and not nothing:
        return []
    return [kit.header(title), *(blocks or [kit.section(nothing)])]


def _lines(lines: Iterable[str]) -> list[kit.Block]:
    text = "\n".join(lines)
    return [kit.section(text)] if text else []


def _to_decide(approval: Approval) -> list[kit.Block]:
    title = f"{kit.bold(approval.shown['headline'])} in {kit.bold(approval.project)}"
    facts = f"{cards.asked_line(approval)} · expires {kit.moment(approval.expires_at)}"
    warnings = "\n".join(f"⚠️ {kit.escape(warning)}" for warning in approval.shown["warnings"][:3])
    section = kit.section(f"{title}\n{facts}\n{warnings}".strip())
    return [section, cards.decision_buttons(approval, project=approval.project)]


def _asked(approval: Approval) -> list[kit.Block]:
    text = f"{cards.root_line(approval)} in {kit.bold(approval.project)}"
    section = kit.section(f"{text} · expires {kit.moment(approval.expires_at)}")
    return [section, cards.withdraw_button(approval, project=approval.project)]


def _running(operation: RunningOperation) -> str:
    asker = kit.person(operation.asker)
    if operation.migration is not None:
        return summary_line(operation.migration, asker=asker)
    words, project = kit.code(operation.words), kit.bold(operation.project)
    return f"⏳ {words} in {project} · by {asker} · since {kit.moment(operation.since)}"


def _verifications(verifications: tuple[LastVerification, ...]) -> list[kit.Block]:
    lines = [
        f"{VERDICTS.get(last.verdict, '❓')} {kit.bold(last.name)} in {kit.escape(last.project)}: "
        f"{kit.escape(last.verdict)} · {kit.moment(last.at)}"
        for last in verifications
    ]
    remaining = len(lines) - MOST_CLUSTERS
    text = "\n".join(lines[:MOST_CLUSTERS] + ([f"…and {remaining} more"] if remaining > 0 else []))
    return kit.sections(text) if text else []


def _event(event: AuditEvent) -> str:
    has_target = event.target and not event.action.startswith("approvals.")
    target = f" {kit.code(event.target)}" if has_target else ""
    detail = f": {kit.escape(kit.cut(event.detail, 150))}" if event.detail else ""
    action = event.action.replace(".", " ")
    return f"{OUTCOMES.get(event.outcome, '•')} {kit.moment(event.at)} `{action}`{target}{detail}"


def _roles(project: str, roles: Iterable[Role]) -> str:
    return f"{kit.escape(project)}: {', '.join(map(str, roles))}"
