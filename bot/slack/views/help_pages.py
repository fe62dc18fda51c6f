"""Help and whoami."""

from __future__ import annotations

from bot.access.authorisation import AccessSummary
from bot.actions.help_pages import HelpLine, HelpPage
from bot.actions.mistakes import COMMAND
from bot.slack import kit

INTRO = (
    ("verify calico", "is the network driver healthy, on every node of every cluster"),
    ("template create flannel", "a new cluster template"),
    ("cluster list", "your clusters"),
    ("audit", "who did what"),
)


def help_page(page: HelpPage) -> kit.Rendered:
    """All topics in short, or one in full."""
    if page.topic is None:
        return _overview(page)
    blocks = [kit.section(_line(line)) for line in page.lines]
    headline = f"💡 {kit.bold(page.topic)}"
    return kit.Rendered(headline=headline, messages=kit.messages(f"Help for {page.topic}", blocks))


def _overview(page: HelpPage) -> kit.Rendered:
    first = "\n".join(f"`{COMMAND} {words}`  {what}" for words, what in INTRO)
    topics: dict[str, list[HelpLine]] = {}
    for line in page.lines:
        topics.setdefault(line.usage.split(" ")[0], []).append(line)
    lines = []
    for topic, found in topics.items():
        words = [line.usage.split(" ")[1] for line in found if len(line.usage.split(" ")) > 1]
        subcommands = ", ".join(word for word in words if word.isalpha() and word.islower())
        soon = "" if any(line.available for line in found) else "  _(not available yet)_"
        lines.append(f"*{topic}*{' ' + subcommands if subcommands else ''}{soon}")
    blocks = [
        kit.section(first),
        kit.divider(),
        kit.section("\n".join(lines)),
        kit.context(f"More: `{COMMAND} help TOPIC`, for example `{COMMAND} help template`"),
    ]
    return kit.Rendered(headline="💡 What you can type", messages=kit.messages("What you can type", blocks))


def _line(line: HelpLine) -> str:
    soon = "" if line.available else "  _(not available yet)_"
    return (
        f"`{kit.escape(line.usage)}`{soon}\n{kit.escape(line.summary)} · for example `{COMMAND}"
        f" {kit.escape(line.example)}`"
    )


def whoami(found: AccessSummary) -> kit.Rendered:
    """Role, project, and what one may do here and why."""
    if found.project is None:
        text = "This place is about no project. Ask in your team's channel, or add `--project NAME`."
        return kit.Rendered(
            headline=f"👤 {kit.person(found.person)}", messages=kit.messages(text, [kit.section(text)])
        )
    roles = "\n".join(f"• *{role}*: {kit.escape(why)}" for role, why in found.roles.items())
    blocks = [kit.section(roles or "You have no role here, so you may do nothing but ask for help.")]
    if found.may:
        blocks.append(kit.section(f"You may: {_names(found.may)}"))
    if found.may_not:
        blocks.append(kit.section(f"You may not: {_names(found.may_not)}"))
    headline = (
        f"👤 {kit.person(found.person)} in {kit.bold(found.project)}: {', '.join(found.roles) or 'no role'}"
    )
    return kit.Rendered(headline=headline, messages=kit.messages(f"Your roles in {found.project}", blocks))


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name.replace('.', ' ')}`" for name in names)
