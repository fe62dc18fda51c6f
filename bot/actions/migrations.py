"""Migrations from one driver to the other."""

from __future__ import annotations

from typing import Annotated, Any

from bot.actions import values
from bot.actions.action import Action, Effect
from bot.actions.parameters import Argument, Flag, Option
from bot.drivers.driver import Driver


class MigrateStart(Action):
    """Plan a migration, and start it once it is approved."""

    name = "migrate.start"
    path = ("migrate",)
    effect = Effect.CHANGE
    summary = "move a cluster's workloads to one with another driver"
    example = "migrate dev-eu --to calico"
    target_field = "cluster"
    cluster: Annotated[str, Argument("CLUSTER", values.name)]
    to: Annotated[Driver | None, Option("--to", "DRIVER", values.driver)] = None
    template: Annotated[str | None, Option("--template", "T", values.name)] = None
    into: Annotated[str | None, Option("--into", "CLUSTER", values.name)] = None
    new_name: Annotated[str | None, Option("--name", "NEW", values.name)] = None
    nodes: Annotated[int | None, Option("--nodes", "N", values.count)] = None
    masters: Annotated[int | None, Option("--masters", "N", values.count)] = None
    namespaces: Annotated[tuple[str, ...], Option("--namespaces", "A,B", values.label, commas=True)] = ()
    volumes: Annotated[
        tuple[str, ...],
        Option("--volumes", "[NS/PVC=]reattach|empty|skip", values.volume_choice, repeated=True),
    ] = ()
    start_early: Annotated[
        tuple[str, ...], Option("--start-early", "NS/NAME,…", values.pod, commas=True)
    ] = ()
    soak: Annotated[str | None, Option("--soak", "24h", values.duration)] = None

    @classmethod
    def assemble(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Where to is said in exactly one way."""
        said = [flag for flag in ("to", "template", "into") if values.get(flag)]
        if len(said) != 1:
            raise ValueError("say where to in one way: `--to DRIVER`, `--template T` or `--into CLUSTER`")
        return values


class MigrateList(Action):
    """The project's migrations."""

    name = "migrate.list"
    path = ("migrate", "list")
    summary = "the project's migrations"
    example = "migrate list"


class _OneMigration(Action):
    target_field = "migration"
    migration: Annotated[str, Argument("ID", values.name)]


class MigrateShow(_OneMigration):
    """One migration: state, step, decisions."""

    name = "migrate.show"
    path = ("migrate", "show")
    summary = "one migration: its step, since when, and what it waits for"
    example = "migrate show m42"


class MigratePause(_OneMigration):
    """Stop after the step in hand."""

    name = "migrate.pause"
    path = ("migrate", "pause")
    effect = Effect.CHANGE
    quiet = True  # what others see is the message that follows the migration
    summary = "stop a migration after the step in hand"
    example = "migrate pause m42"


class MigrateResume(_OneMigration):
    """Go on."""

    name = "migrate.resume"
    path = ("migrate", "resume")
    effect = Effect.CHANGE
    quiet = True  # what others see is the message that follows the migration
    summary = "let a paused migration go on"
    example = "migrate resume m42"


class MigrateCancel(_OneMigration):
    """Give up before the cut-over."""

    name = "migrate.cancel"
    path = ("migrate", "cancel")
    effect = Effect.CHANGE
    quiet = True  # what others see is the message that follows the migration
    summary = "give a migration up and remove the new cluster"
    example = "migrate cancel m42"


class MigrateRollback(_OneMigration):
    """Go back to the source."""

    name = "migrate.rollback"
    path = ("migrate", "rollback")
    effect = Effect.CHANGE
    quiet = True  # what others see is the message that follows the migration
    summary = "go back to the old cluster"
    example = "migrate rollback m42"
    yes: Annotated[bool, Flag("--yes")] = False
