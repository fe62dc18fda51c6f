"""The views of `help` and `whoami`."""

from collections.abc import Iterable

from bot.access.authorisation import AccessSummary
from bot.actions.help_pages import HelpLine, HelpPage
from bot.actions.mistakes import COMMAND
from bot.slack import kit
from bot.slack.views.registry import shows

INTRO = (
    ("verify calico", "is the network driver healthy, on every node of every cluster"),
    ("template create flannel", "a new cluster template"),
    ("cluster list", "your clusters"),
    ("audit", "who did what"),
)
UNAVAILABLE = "  _(not available yet)_"


@shows(HelpPage)
def show_help(page: HelpPage) -> kit.Rendered:
    """Every topic in short, or one of them in full."""
    if page.topic is None:
        return _overview(page)
    blocks = [kit.section(_command(line)) for line in page.lines]
    headline = f"💡 {kit.bold(page.topic)}"
    return kit.Rendered(headline=headline, messages=kit.messages(f"Help for {page.topic}", blocks))


def _overview(page: HelpPage) -> kit.Rendered:
    examples = "\n".join(f"`{COMMAND} {words}`  {meaning}" for words, meaning in INTRO)
    commands: dict[str, list[HelpLine]] = {}
    for line in page.lines:
        commands.setdefault(line.usage.split(" ")[0], []).append(line)
    blocks = [
        kit.section(examples),
        kit.divider(),
        kit.section("\n".join(_topic(topic, lines) for topic, lines in commands.items())),
        kit.context(f"More: `{COMMAND} help TOPIC`, for example `{COMMAND} help template`"),
    ]
    return kit.Rendered(headline="💡 What you can type", messages=kit.messages("What you can type", blocks))


def _topic(topic: str, lines: list[HelpLine]) -> str:
    words = (word for line in lines for word in line.usage.split(" ")[1:2])
    subcommands = ", ".join(word for word in words if word.isalpha() and word.islower())
    available = any(line.available for line in lines)
    return f"*{topic}*{' ' + subcommands if subcommands else ''}{'' if available else UNAVAILABLE}"


def _command(line: HelpLine) -> str:
    return (
        f"`{kit.escape(line.usage)}`{'' if line.available else UNAVAILABLE}\n{kit.escape(line.summary)}"
        f" · for example `{COMMAND} {kit.escape(line.example)}`"
    )


@shows(AccessSummary)
def show_access(access: AccessSummary) -> kit.Rendered:
    """The asker's roles in the project, where each comes from, and what they allow."""
    person = kit.person(access.person)
    if access.project is None:
        text = "This place is about no project. Ask in your team's channel, or add `--project NAME`."
        return kit.Rendered(headline=f"👤 {person}", messages=kit.messages(text, [kit.section(text)]))
    roles = "\n".join(f"• *{role}*: {kit.escape(why)}" for role, why in access.roles.items())
    blocks = [kit.section(roles or "You have no role here, so you may do nothing but ask for help.")]
    if access.may:
        blocks.append(kit.section(f"You may: {_names(access.may)}"))
    if access.may_not:
        blocks.append(kit.section(f"You may not: {_names(access.may_not)}"))
    headline = f"👤 {person} in {kit.bold(access.project)}: {', '.join(access.roles) or 'no role'}"
    return kit.Rendered(headline=headline, messages=kit.messages(f"Your roles in {access.project}", blocks))


def _names(actions: Iterable[str]) -> str:
    return ", ".join(f"`{name.replace('.', ' ')}`" for name in actions)
