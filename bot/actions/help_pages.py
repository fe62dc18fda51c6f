"""The help and `docs/words.md`, made from the actions themselves."""

import dataclasses

from bot.actions.action import Action
from bot.actions.catalog import ACTIONS, TOPICS
from bot.actions.mistakes import COMMAND, Mistake, nearest
from bot.actions.parameters import Argument, Flag, Parameter


@dataclasses.dataclass(frozen=True, kw_only=True)
class HelpLine:
    """One action in the help: how it is typed, what it does, a command to copy."""

    usage: str
    summary: str
    example: str
    available: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class HelpPage:
    """The help of one topic, or of all (`topic` None)."""

    topic: str | None
    lines: tuple[HelpLine, ...]


def usage(kind: type[Action]) -> str:
    """Return how an action is typed: `cluster create NAME --template T [--nodes N]`."""
    parts = list(kind.path)
    for field, parameter in kind.parameters().items():
        required = field in kind.model_fields and kind.model_fields[field].is_required()
        parts.append(_spelled(parameter) if required else f"[{_spelled(parameter)}]")
    return " ".join(parts)


def _spelled(parameter: Parameter) -> str:
    if isinstance(parameter, Argument):
        return parameter.metavar
    if isinstance(parameter, Flag):
        return parameter.flag
    return f"{parameter.short or parameter.flag} {parameter.metavar}"


def help_page(topic: str | None, *, available: frozenset[str]) -> HelpPage:
    """Return the help of a topic; `available` has the names of the actions that have a service. Raises
    `Mistake`.
    """
    if topic is not None and topic.lower() not in TOPICS:
        suggestion = nearest(topic, TOPICS)
        raise Mistake(
            f"There is no topic `{topic}`", suggestion=suggestion, example=f"help {suggestion}".strip()
        )
    topic = topic.lower() if topic else None
    lines = tuple(
        HelpLine(
            usage=usage(kind), summary=kind.summary, example=kind.example, available=kind.name in available
        )
        for kind in ACTIONS
        if topic is None or kind.path[0] == topic
    )
    return HelpPage(topic=topic, lines=lines)


def usage_hint() -> str:
    """Return what Slack shows behind the command while one types."""
    return "help | verify calico | template create flannel | cluster list"


def words_page() -> str:
    """Return `docs/words.md`: every command, from the same source as the help."""
    lines = [
        "# The words one can type",
        "",
        f"In Slack behind `{COMMAND}` or behind `@xk8s`; in a terminal as",
    ]
    lines += [
        '`xk8s run "…"`. `--project NAME` may be added everywhere, `--cluster NAME` instead of CLUSTER.',
        "",
    ]
    for topic in TOPICS:
        lines += [f"## {topic}", ""]
        for kind in ACTIONS:
            if kind.path[0] == topic:
                lines += [f"- `{usage(kind)}`", f"  {kind.summary}; for example `{kind.example}`"]
        lines.append("")
    return "\n".join(lines)
