"""The actions that verify, diagnose and watch clusters."""

from typing import Annotated, Any

from bot.actions import values
from bot.actions.action import Action, Effect
from bot.actions.parameters import Argument, Flag, Option
from bot.drivers import catalog
from bot.drivers.driver import Driver


class Verify(Action):
    """Is the network driver healthy, on every node?

    In one cluster, in all that run a driver, or whatever runs everywhere. A word of the driver catalogue is
    the driver, any other the cluster.
    """

    name = "verify"
    example = "verify calico prod-eu"
    target_field = "cluster"
    driver: Annotated[Driver | None, Argument("DRIVER", values.text)] = None
    cluster: Annotated[str | None, Argument("CLUSTER", values.name)] = None
    probe: Annotated[bool, Flag("--probe")] = False

    @classmethod
    def assemble(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Take a single word for the driver or for the cluster."""
        first, second = values.get("driver"), values.get("cluster")
        if first is not None and catalog.find_driver(first.lower()):
            return {**values, "driver": first.lower()}
        if first is None:
            return values
        if second is not None:
            raise ValueError(f"there is no driver `{first}`")
        return {**values, "driver": None, "cluster": first}


class Diagnose(Action):
    """Why are nodes NotReady or the network broken?"""

    name = "diagnose"
    example = "diagnose prod-eu --node node-17"
    target_field = "cluster"
    cluster: Annotated[str, Argument("CLUSTER", values.name)]
    node: Annotated[str | None, Option("--node", "NODE", values.name)] = None


class WatchStart(Action):
    """Verify again and again, and tell when something changes."""

    name = "watch.start"
    path = ("watch",)
    effect = Effect.CHANGE
    example = "watch prod-eu --every 15m"
    target_field = "cluster"
    cluster: Annotated[str, Argument("CLUSTER", values.name)]
    every: Annotated[str | None, Option("--every", "15m", values.duration)] = None


class WatchList(Action):
    """What is being watched."""

    name = "watch.list"
    example = "watch list"


class WatchStop(Action):
    """Watch a cluster no longer."""

    name = "watch.stop"
    effect = Effect.CHANGE
    example = "watch stop prod-eu"
    target_field = "cluster"
    cluster: Annotated[str, Argument("CLUSTER", values.name)]
