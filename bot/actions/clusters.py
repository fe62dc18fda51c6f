"""The actions on clusters: list, show, create, delete."""

from typing import Annotated

from bot.actions import values
from bot.actions.action import Action, Effect
from bot.actions.parameters import Argument, Option


class ClusterList(Action):
    """The project's clusters, their drivers and states."""

    name = "cluster.list"
    example = "cluster list"


class ClusterShow(Action):
    """One cluster in full."""

    name = "cluster.show"
    example = "cluster show prod-eu"
    target_field = "cluster"
    cluster: Annotated[str, Argument("CLUSTER", values.name)]


class ClusterCreate(Action):
    """Deploy a cluster from a template."""

    name = "cluster.create"
    effect = Effect.CHANGE
    example = "cluster create dev-eu --template k8s-v1.29.5-flannel --nodes 3"
    target_field = "cluster"
    cluster: Annotated[str, Argument("NAME", values.name)]
    template: Annotated[str, Option("--template", "TEMPLATE", values.name)]
    nodes: Annotated[int | None, Option("--nodes", "N", values.count)] = None
    masters: Annotated[int | None, Option("--masters", "N", values.count)] = None


class ClusterDelete(Action):
    """Delete a cluster; a second person approves and types its name."""

    name = "cluster.delete"
    effect = Effect.CHANGE
    example = "cluster delete dev-eu"
    target_field = "cluster"
    cluster: Annotated[str, Argument("NAME", values.name)]
