"""The help, made from the actions themselves: usage lines, topics, the hint that Slack shows."""

from __future__ import annotations

import dataclasses

from bot.actions.action import Action
from bot.actions.catalog import ACTIONS, TOPICS
from bot.actions.mistakes import COMMAND, Mistake, nearest
from bot.actions.parameters import Argument, Flag, Option


@dataclasses.dataclass(frozen=True, kw_only=True)
class HelpLine:
    """One action: how it is typed, what it does, a command to copy."""

    usage: str
    summary: str
    example: str
    available: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class HelpPage:
    """The help of one topic, or all of it (`topic` None)."""

    topic: str | None
    lines: tuple[HelpLine, ...]


def usage(kind: type[Action]) -> str:
    """How an action is typed: `cluster create NAME --template T [--nodes N]`."""
    parts = list(kind.path)
    for field, spelling in kind.spelled().items():
        needed = field in kind.model_fields and kind.model_fields[field].is_required()
        parts.append(_shown(spelling) if needed else f"[{_shown(spelling)}]")
    return " ".join(parts)


def _shown(spelling: Argument | Option | Flag) -> str:
    if isinstance(spelling, Argument):
        return spelling.shown
    if isinstance(spelling, Flag):
        return spelling.flag
    return f"{spelling.short or spelling.flag} {spelling.shown}"


def help_page(topic: str | None, *, available: frozenset[str]) -> HelpPage:
    """The help of a topic; `available` has the names of the actions that have a service. Raises `Mistake`."""
    if topic is not None and topic.lower() not in TOPICS:
        meant = nearest(topic, TOPICS)
        raise Mistake(f"There is no topic `{topic}`", suggestion=meant, example=f"help {meant}".strip())
    wanted = topic.lower() if topic else None
    lines = tuple(
        HelpLine(
            usage=usage(kind), summary=kind.summary, example=kind.example, available=kind.name in available
        )
        for kind in ACTIONS
        if wanted is None or kind.path[0] == wanted
    )
    return HelpPage(topic=wanted, lines=lines)


def usage_hint() -> str:
    """What Slack shows behind the command while one types."""
    return "help | verify calico | template create flannel | cluster list"


def words_page() -> str:
    """`docs/words.md`: every command, from the same source as the help."""
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
