"""Parses text into an `Action`: the first words say which, and click takes its words and options apart.

Any text gets an `Action` or a `Mistake`, never another exception.
"""

import functools
import itertools
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
from bot.actions.parameters import Argument, Check, Flag, Option, Parameter
from bot.actions.values import text as any_text
from bot.drivers import catalog

HELP_WORDS = frozenset({"--help", "-h", "-?", "/?", "?"})
LONGEST = 20_000  # characters; a slash command takes far fewer, a mention 40,000 with its code block


class _Checked(click.ParamType[Any]):
    """A value that a check accepts; click shows what is wrong with another."""

    name = "value"

    def __init__(self, check: Check) -> None:
        self._check = check

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return self._check(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def parse(text: str) -> Action:
    """Parse what a person has typed after the command or the mention. Raises `Mistake`."""
    if len(text) > LONGEST:
        raise Mistake(f"That is too long: at most {LONGEST:,} characters", example="help")
    line, block = text_cleanup.split_block(text)
    if text_cleanup.FENCE in line:
        what = "The code block is left open" if block is None else "One code block at a time"
        raise Mistake(what, example="help policy", topic="policy")
    words = _split(text_cleanup.clean(line))
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
        raise _unknown_second_word(lowered)
    if len(lowered) == 2 and (lowered[1], lowered[0]) in BY_PATH:
        swapped = " ".join([lowered[1], lowered[0], *words[2:]])
        raise Mistake(f"I do not know `{echo(' '.join(words[:2]))}`", suggestion=swapped, example=swapped)
    topic = nearest(lowered[0], TOPICS)
    example = " ".join([topic, *words[1:]]) if topic else "help"
    if topic and (topic,) not in BY_PATH and tuple([topic, *lowered[1:]][:2]) not in BY_PATH:
        example = _example_of(topic)
    raise Mistake(f"I do not know `{echo(words[0])}`", suggestion=topic, example=echo(example))


def _unknown_second_word(words: list[str]) -> Mistake:
    topic = words[0]
    second_words = [path[1] for path in BY_PATH if path[0] == topic and len(path) == 2]
    if len(words) == 1:
        return Mistake(
            f"`{topic}` needs a second word: {', '.join(f'`{word}`' for word in second_words)}",
            example=_example_of(topic),
            topic=topic,
        )
    suggestion = nearest(words[1], second_words)
    example = BY_PATH[topic, suggestion].example if suggestion else _example_of(topic)
    return Mistake(
        f"There is no `{topic} {echo(words[1])}`", suggestion=suggestion, example=example, topic=topic
    )


def _example_of(topic: str) -> str:
    return next(kind.example for path, kind in BY_PATH.items() if path[0] == topic)


def _build(kind: type[Action], arguments: list[str], block: str | None) -> Action:
    values = _typed_values(kind, arguments)
    if block is not None:
        if "manifest" not in kind.model_fields:
            raise Mistake(
                f"`{' '.join(kind.path)}` takes no code block", example=kind.example, topic=kind.path[0]
            )
        values["manifest"] = block
    try:
        assembled = kind.assemble(values)
        return kind.model_validate({field: value for field, value in assembled.items() if value is not None})
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        raise Mistake(
            f"The {_spelled(kind, field)} is missing", example=kind.example, topic=kind.path[0]
        ) from None
    except ValueError as error:
        raise _explained(kind, str(error), arguments) from None


def _typed_values(kind: type[Action], arguments: list[str]) -> dict[str, Any]:
    command = _command(kind, tuple(kind.parameters().items()))
    try:
        with command.make_context(" ".join(kind.path), list(arguments)) as context:
            values = dict(context.params)
    except click.ClickException as error:
        raise _mistake(kind, error, arguments) from None
    cluster = values.pop("_cluster_option", None)
    if cluster is not None:
        return _with_cluster(kind, values, cluster)
    return values


def _with_cluster(kind: type[Action], values: dict[str, Any], cluster: str) -> dict[str, Any]:
    if values.get("cluster") is not None and (
        values.get("driver") is None or catalog.find_driver(values["driver"])
    ):
        raise Mistake("The cluster is given twice", example=kind.example, topic=kind.path[0])
    return {**values, "cluster": cluster}


@functools.cache
def _command(kind: type[Action], typed: tuple[tuple[str, Parameter], ...]) -> click.Command:
    parameters: list[click.Parameter] = []
    for field, parameter in typed:
        parameters.append(_click_parameter(field, parameter))
        if field == "cluster" and isinstance(parameter, Argument):
            parameters.append(_option("_cluster_option", Option("--cluster", "CLUSTER", parameter.check)))
    parameters.append(_option("project", Option("--project", "PROJECT", str)))
    if kind.effect is Effect.CHANGE:
        parameters.append(_option("reason", Option("--reason", "TEXT", any_text)))
    return click.Command(" ".join(kind.path), params=parameters, add_help_option=False)


def _click_parameter(field: str, parameter: Parameter) -> click.Parameter:
    if isinstance(parameter, Argument):
        return click.Argument([field], required=False, type=_Checked(parameter.check))
    if isinstance(parameter, Flag):
        return click.Option([parameter.flag, field], is_flag=True, default=False)
    return _option(field, parameter)


def _option(field: str, parameter: Option) -> click.Option:
    names = [parameter.flag, field] + ([parameter.short] if parameter.short else [])
    check: Check | Callable[[str], tuple[str, ...]] = parameter.check
    if parameter.commas:
        check = functools.partial(_comma_separated, parameter.check)
    kind = _Checked(check)  # type: ignore[arg-type]
    return click.Option(names, type=kind, multiple=True, callback=functools.partial(_collected, parameter))


def _collected(
    option: Option, _context: click.Context, _parameter: click.Parameter, values: tuple[Any, ...]
) -> Any:
    """Return what was typed for one option. A second value is never dropped: it is taken, or refused."""
    if option.commas:
        values = tuple(itertools.chain.from_iterable(values))
    if option.repeated or option.commas:
        return values or None
    if len(values) > 1:
        raise click.BadParameter(f"`{option.flag}` is given twice")
    return values[0] if values else None


def _comma_separated(check: Check, value: str) -> tuple[str, ...]:
    return tuple(check(part) for part in value.split(",") if part)


def _mistake(kind: type[Action], error: click.ClickException, arguments: list[str]) -> Mistake:
    topic = kind.path[0]
    if isinstance(error, click.NoSuchOption):
        flags = [option.flag for option in kind.parameters().values() if not isinstance(option, Argument)]
        suggestion = nearest(error.option_name, [*flags, "--project", "--reason"])
        example = _corrected(kind, arguments, error.option_name, suggestion) if suggestion else kind.example
        what = f"`{' '.join(kind.path)}` has no option `{echo(error.option_name)}`"
        return Mistake(what, suggestion=suggestion, example=example, topic=topic)
    if isinstance(error, click.BadParameter):
        return _explained(kind, error.message, arguments)
    if isinstance(error, click.BadOptionUsage):
        return Mistake(f"`{echo(error.option_name)}` needs a value", example=kind.example, topic=topic)
    extra = re.search(r"unexpected extra argument[s]? \((.*)\)", error.format_message(), re.DOTALL)
    what = (
        f"`{' '.join(kind.path)}` does not know what to do with `{echo(extra[1])}`"
        if extra
        else (f"`{' '.join(kind.path)}` was not understood")
    )
    return Mistake(what, example=kind.example, topic=topic)


def _explained(kind: type[Action], message: str, arguments: list[str]) -> Mistake:
    what = message[:1].upper() + message[1:]
    driver = re.match(r"there is no driver `(.*)`", message, re.DOTALL)
    if driver is None:
        return Mistake(what, example=kind.example, topic=kind.path[0])
    suggestion = nearest(driver[1], catalog.names())
    choices = "" if suggestion else f": there are {' and '.join(f'`{name}`' for name in catalog.names())}"
    what = f"There is no driver `{echo(driver[1])}`{choices}"
    example = _corrected(kind, arguments, driver[1], suggestion) if suggestion else kind.example
    return Mistake(what, suggestion=suggestion, example=example, topic="driver")


def _corrected(kind: type[Action], arguments: list[str], wrong: str, suggestion: str) -> str:
    words = [suggestion if word == wrong else word for word in arguments]
    return echo(" ".join([*kind.path, *map(shlex.quote, words)]))


def _spelled(kind: type[Action], field: str) -> str:
    parameter = kind.parameters().get(field)
    if isinstance(parameter, Argument):
        return f"`{parameter.metavar}`"
    return f"`{parameter.flag}`" if parameter is not None else field
