"""Verify, diagnose and watch."""

from __future__ import annotations

from typing import Annotated, Any

from bot.actions import values
from bot.actions.action import Action, Effect
from bot.actions.parameters import Argument, Flag, Option
from bot.drivers import catalog
from bot.drivers.driver import Driver


class Verify(Action):
    """Prove that a driver is healthy: in one cluster, in all that run it, or whatever runs everywhere.

    A word of the driver catalogue is the driver, any other the cluster.
    """

    name = "verify"
    path = ("verify",)
    summary = "is the network driver healthy, on every node"
    example = "verify calico prod-eu"
    target_field = "cluster"
    driver: Annotated[Driver | None, Argument("DRIVER", values.text, optional=True)] = None
    cluster: Annotated[str | None, Argument("CLUSTER", values.name, optional=True)] = None
    probe: Annotated[bool, Flag("--probe")] = False

    @classmethod
    def assemble(cls, values: dict[str, Any]) -> dict[str, Any]:
        """One word alone may be the driver or the cluster."""
        first, second = values.get("driver"), values.get("cluster")
        if first is not None and catalog.known(first.lower()):
            return {**values, "driver": first.lower()}
        if first is None:
            return values
        if second is not None:
            raise ValueError(f"there is no driver `{first}`")
        return {**values, "driver": None, "cluster": first}


class Diagnose(Action):
    """Find out why a cluster's network or nodes are broken."""

    name = "diagnose"
    path = ("diagnose",)
    summary = "why are nodes NotReady or the network broken"
    example = "diagnose prod-eu --node node-17"
    target_field = "cluster"
    cluster: Annotated[str, Argument("CLUSTER", values.name)]
    node: Annotated[str | None, Option("--node", "NODE", values.name)] = None


class WatchStart(Action):
    """Verify again and again, and tell when something changes."""

    name = "watch.start"
    path = ("watch",)
    effect = Effect.CHANGE
    summary = "verify again and again, and tell when something changes"
    example = "watch prod-eu --every 15m"
    target_field = "cluster"
    cluster: Annotated[str, Argument("CLUSTER", values.name)]
    every: Annotated[str | None, Option("--every", "15m", values.duration)] = None


class WatchList(Action):
    """The watches of the project."""

    name = "watch.list"
    path = ("watch", "list")
    summary = "what is being watched"
    example = "watch list"


class WatchStop(Action):
    """End a watch."""

    name = "watch.stop"
    path = ("watch", "stop")
    effect = Effect.CHANGE
    summary = "watch a cluster no longer"
    example = "watch stop prod-eu"
    target_field = "cluster"
    cluster: Annotated[str, Argument("CLUSTER", values.name)]
