"""Text to `Action`: which words begin which action, and click to take its words and options apart.

Any text gets an `Action` or a `Mistake`, never another exception.
"""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Callable
from typing import Any

import click
from pydantic import ValidationError

from bot.actions import text_cleanup
from bot.actions.action import Action, Effect
from bot.actions.catalog import BY_PATH, TOPICS
from bot.actions.help_words import Help
from bot.actions.mistakes import Mistake, echo, nearest
from bot.actions.parameters import Argument, Check, Flag, Option
from bot.actions.values import text as any_text
from bot.drivers import catalog

HELP_WORDS = frozenset({"--help", "-h", "-?", "/?", "?"})
LONGEST = 20_000  # characters; a slash command takes far fewer, a mention 40,000 with its code block


class _Checked(click.ParamType[Any]):
    """A value that one of our checks takes."""

    name = "value"

    def __init__(self, check: Check) -> None:
        self._check = check

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return self._check(value)
        except ValueError as wrong:
            self.fail(str(wrong), param, ctx)


def parse(text: str) -> Action:
    """Read what a person typed after the command or the mention. Raises `Mistake`."""
    if len(text) > LONGEST:
        raise Mistake(f"That is too long: at most {LONGEST:,} characters", example="help")
    rest, block = text_cleanup.split_block(text)
    if text_cleanup.FENCE in rest:
        what = "The code block is left open" if block is None else "One code block at a time"
        raise Mistake(what, example="help policy", topic="policy")
    words = _split(text_cleanup.clean(rest))
    if not words:
        return Help()
    if HELP_WORDS & set(words):
        topic = words[0] if words[0] in TOPICS else None
        return Help(topic=topic)
    kind, arguments = _route(words)
    return _build(kind, arguments, block)


def _split(text: str) -> list[str]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:
        raise Mistake("A quotation mark is left open", example="help") from None


def _route(words: list[str]) -> tuple[type[Action], list[str]]:
    lowered = [word.lower() for word in words[:2]]
    for length in (2, 1):
        kind = BY_PATH.get(tuple(lowered[:length]))
        if kind is not None:
            return kind, words[length:]
    if lowered[0] in TOPICS:
        raise _wrong_second(lowered)
    if len(lowered) == 2 and (lowered[1], lowered[0]) in BY_PATH:
        right = " ".join([lowered[1], lowered[0], *words[2:]])
        raise Mistake(f"I do not know `{echo(' '.join(words[:2]))}`", suggestion=right, example=right)
    meant = nearest(lowered[0], TOPICS)
    example = " ".join([meant, *words[1:]]) if meant else "help"
    if meant and (meant,) not in BY_PATH and tuple([meant, *lowered[1:]][:2]) not in BY_PATH:
        example = _example_of(meant)
    raise Mistake(f"I do not know `{echo(words[0])}`", suggestion=meant, example=echo(example))


def _wrong_second(words: list[str]) -> Mistake:
    topic = words[0]
    known = [path[1] for path in BY_PATH if path[0] == topic and len(path) == 2]
    if len(words) == 1:
        return Mistake(
            f"`{topic}` needs a second word: {', '.join(f'`{word}`' for word in known)}",
            example=_example_of(topic),
            topic=topic,
        )
    meant = nearest(words[1], known)
    example = BY_PATH[topic, meant].example if meant else _example_of(topic)
    return Mistake(f"There is no `{topic} {echo(words[1])}`", suggestion=meant, example=example, topic=topic)


def _example_of(topic: str) -> str:
    return next(kind.example for path, kind in BY_PATH.items() if path[0] == topic)


def _build(kind: type[Action], arguments: list[str], block: str | None) -> Action:
    values = _take_apart(kind, arguments)
    if block is not None:
        if "manifest" not in kind.model_fields:
            raise Mistake(
                f"`{' '.join(kind.path)}` takes no code block", example=kind.example, topic=kind.path[0]
            )
        values["manifest"] = block
    try:
        assembled = kind.assemble(values)
        return kind.model_validate({field: value for field, value in assembled.items() if value is not None})
    except ValidationError as wrong:
        field = str(wrong.errors()[0]["loc"][0])
        raise Mistake(
            f"The {_shown(kind, field)} is missing", example=kind.example, topic=kind.path[0]
        ) from None
    except ValueError as wrong:
        raise _explained(kind, str(wrong), arguments) from None


def _take_apart(kind: type[Action], arguments: list[str]) -> dict[str, Any]:
    command = _command(kind, tuple(kind.spelled().items()))
    try:
        with command.make_context(" ".join(kind.path), list(arguments)) as context:
            values = dict(context.params)
    except click.ClickException as wrong:
        raise _translated(kind, wrong, arguments) from None
    cluster = values.pop("_cluster_option", None)
    if cluster is not None:
        return _with_cluster(kind, values, cluster)
    return values


def _with_cluster(kind: type[Action], values: dict[str, Any], cluster: str) -> dict[str, Any]:
    if values.get("cluster") is not None and (
        values.get("driver") is None or catalog.known(values["driver"])
    ):
        raise Mistake("The cluster is given twice", example=kind.example, topic=kind.path[0])
    return {**values, "cluster": cluster}


@functools.cache
def _command(kind: type[Action], spelled: tuple[tuple[str, Argument | Option | Flag], ...]) -> click.Command:
    parameters: list[click.Parameter] = []
    for field, spelling in spelled:
        parameters.append(_parameter(field, spelling))
        if field == "cluster" and isinstance(spelling, Argument):
            parameters.append(_option("_cluster_option", Option("--cluster", "CLUSTER", spelling.check)))
    parameters.append(_option("project", Option("--project", "PROJECT", str)))
    if kind.effect is Effect.CHANGE:
        parameters.append(_option("reason", Option("--reason", "TEXT", any_text)))
    return click.Command(" ".join(kind.path), params=parameters, add_help_option=False)


def _parameter(field: str, spelling: Argument | Option | Flag) -> click.Parameter:
    if isinstance(spelling, Argument):
        return click.Argument([field], required=False, type=_Checked(spelling.check))
    if isinstance(spelling, Flag):
        return click.Option([spelling.flag, field], is_flag=True, default=False)
    return _option(field, spelling)


def _option(field: str, spelling: Option) -> click.Option:
    names = [spelling.flag, field] + ([spelling.short] if spelling.short else [])
    check: Check | Callable[[str], tuple[str, ...]] = spelling.check
    if spelling.commas:
        check = functools.partial(_several, spelling.check)
    kind = _Checked(check)  # type: ignore[arg-type]
    return click.Option(names, type=kind, multiple=True, callback=functools.partial(_collected, spelling))


def _collected(
    spelling: Option, _context: click.Context, _parameter: click.Parameter, given: tuple[Any, ...]
) -> Any:
    """What was said of one option. A second value is never dropped: it is taken, or refused."""
    if spelling.commas:
        given = tuple(one for several in given for one in several)
    if spelling.repeated or spelling.commas:
        return given or None
    if len(given) > 1:
        raise click.BadParameter(f"`{spelling.flag}` is given twice")
    return given[0] if given else None


def _several(check: Check, value: str) -> tuple[str, ...]:
    return tuple(check(part) for part in value.split(",") if part)


def _translated(kind: type[Action], wrong: click.ClickException, arguments: list[str]) -> Mistake:
    topic = kind.path[0]
    if isinstance(wrong, click.NoSuchOption):
        flags = [s.flag for s in kind.spelled().values() if not isinstance(s, Argument)]
        meant = nearest(wrong.option_name, [*flags, "--project", "--reason"])
        example = _replaced(kind, arguments, wrong.option_name, meant) if meant else kind.example
        what = f"`{' '.join(kind.path)}` has no option `{echo(wrong.option_name)}`"
        return Mistake(what, suggestion=meant, example=example, topic=topic)
    if isinstance(wrong, click.BadParameter):
        return _explained(kind, wrong.message, arguments)
    if isinstance(wrong, click.BadOptionUsage):
        return Mistake(f"`{echo(wrong.option_name)}` needs a value", example=kind.example, topic=topic)
    extra = re.search(r"unexpected extra argument[s]? \((.*)\)", wrong.format_message(), re.DOTALL)
    what = (
        f"`{' '.join(kind.path)}` does not know what to do with `{echo(extra[1])}`"
        if extra
        else (f"`{' '.join(kind.path)}` was not understood")
    )
    return Mistake(what, example=kind.example, topic=topic)


def _explained(kind: type[Action], message: str, arguments: list[str]) -> Mistake:
    what = message[:1].upper() + message[1:]
    found = re.match(r"there is no driver `(.*)`", message, re.DOTALL)
    if found is None:
        return Mistake(what, example=kind.example, topic=kind.path[0])
    meant = nearest(found[1], catalog.names())
    what = f"There is no driver `{echo(found[1])}`" + ("" if meant else f": there are {_known_drivers()}")
    example = _replaced(kind, arguments, found[1], meant) if meant else kind.example
    return Mistake(what, suggestion=meant, example=example, topic="driver")


def _known_drivers() -> str:
    return " and ".join(f"`{driver}`" for driver in catalog.names())


def _replaced(kind: type[Action], arguments: list[str], wrong: str, right: str) -> str:
    mended = [right if word == wrong else word for word in arguments]
    return echo(" ".join([*kind.path, *map(shlex.quote, mended)]))


def _shown(kind: type[Action], field: str) -> str:
    spelling = kind.spelled().get(field)
    if isinstance(spelling, Argument):
        return f"`{spelling.shown}`"
    return f"`{spelling.flag}`" if spelling is not None else field
