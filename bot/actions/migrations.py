"""The actions on migrations from one driver to another."""

from typing import Annotated, Any

from bot.actions import values
from bot.actions.action import Action, Effect
from bot.actions.parameters import Argument, Flag, Option
from bot.drivers.driver import Driver


class MigrateStart(Action):
    """Move a cluster's workloads to one with another driver."""

    name = "migrate.start"
    path = ("migrate",)
    effect = Effect.CHANGE
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
        """Refuse a destination that is missing, or given in two ways."""
        destinations = [flag for flag in ("to", "template", "into") if values.get(flag)]
        if len(destinations) != 1:
            raise ValueError("say where to in one way: `--to DRIVER`, `--template T` or `--into CLUSTER`")
        return values


class MigrateList(Action):
    """The project's migrations.

    The newest comes first, and those that have ended are among them.
    """

    name = "migrate.list"
    example = "migrate list"


class _OneMigration(Action):
    target_field = "migration"
    migration: Annotated[str, Argument("ID", values.name)]


class MigrateShow(_OneMigration):
    """One migration: its step, since when, and what it waits for."""

    name = "migrate.show"
    example = "migrate show m42"


class MigratePause(_OneMigration):
    """Stop a migration after the step in hand."""

    name = "migrate.pause"
    effect = Effect.CHANGE
    quiet = True  # what others see is the message that follows the migration
    example = "migrate pause m42"


class MigrateResume(_OneMigration):
    """Let a paused migration go on."""

    name = "migrate.resume"
    effect = Effect.CHANGE
    quiet = True  # what others see is the message that follows the migration
    example = "migrate resume m42"


class MigrateCancel(_OneMigration):
    """Give a migration up and remove the new cluster.

    Only before the cut-over; afterwards a migration is rolled back.
    """

    name = "migrate.cancel"
    effect = Effect.CHANGE
    quiet = True  # what others see is the message that follows the migration
    example = "migrate cancel m42"


class MigrateRollback(_OneMigration):
    """Go back to the old cluster."""

    name = "migrate.rollback"
    effect = Effect.CHANGE
    quiet = True  # what others see is the message that follows the migration
    example = "migrate rollback m42"
    yes: Annotated[bool, Flag("--yes")] = False
