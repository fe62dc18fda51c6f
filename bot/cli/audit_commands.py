"""The subcommands and options of `xk8s audit`; `bot.cli.audit` has what they do."""

import pathlib
import sys
from typing import Any

import click

from bot.common.redaction import Redactor

FORMATS = ("jsonl", "csv", "cef")
_File = click.Path(path_type=pathlib.Path, dir_okay=False)
FROM_SLACK = "channel"


@click.group(name="audit")
def audit() -> None:
    """The audit log: verify its chain, export it, seal old events."""


@audit.command()
@click.option(
    "--anchor",
    "anchors",
    multiple=True,
    is_flag=False,
    flag_value=FROM_SLACK,
    metavar="[POSITION:HASH]",
    help="Compare with a head that was posted to the anchor channel; alone: read the channel.",
)
@click.option("--file", "files", multiple=True, type=_File, help="Follow a sealed file instead of the log.")
@click.pass_obj
def verify(redactor: Redactor, *, anchors: tuple[str, ...], files: tuple[pathlib.Path, ...]) -> None:
    """Has anybody tampered with the audit log? Exits 1 if so."""
    from bot.cli import audit as commands

    sys.exit(commands.verify(redactor, anchors=anchors, files=files))


@audit.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="jsonl",
    show_default=True,
    help="How it is written.",
)
@click.option("--since", help="A time like 2026-11-24T09:30, or how long ago, like 24h.")
@click.option("--until", help="The same; a day means to its end.")
@click.option("--project", help="Of one project.")
@click.option("--actor", help="Of one person: id or name.")
@click.option("--action", help="Of one action, or of a family like `template`.")
@click.option("--target", help="On one target.")
@click.option("--outcome", help="With one outcome: succeeded, failed, refused, asked, unknown.")
@click.option("--file", "sealed", type=_File, help="Of a sealed file instead of the log.")
@click.option("--output", type=_File, help="Where to; standard output by default.")
@click.pass_obj
def export(
    redactor: Redactor,
    /,
    *,
    form: str,
    sealed: pathlib.Path | None,
    output: pathlib.Path | None,
    **filters: Any,
) -> None:
    """Write events, oldest first, one a line."""
    from bot.cli import audit as commands

    commands.export(redactor, form=form, sealed=sealed, output=output, **filters)


@audit.command()
@click.option(
    "--before", required=True, help="Seal what was signed before: a time, or how long ago, like 90d."
)
@click.option(
    "--file",
    "path",
    required=True,
    type=_File,
    help="The file; kept, it is all that is left of these events.",
)
@click.pass_obj
def seal(redactor: Redactor, *, before: str, path: pathlib.Path) -> None:
    """Move old events out of the database into a file from which the chain goes on."""
    from bot.cli import audit as commands

    commands.seal(redactor, before=before, path=path)
