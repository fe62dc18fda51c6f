"""Which cluster is to be created: the rules for its name and size, checked before Magnum is asked."""

import re

from bot.actions.clusters import ClusterCreate
from bot.clusters.lifecycle.provisioner import ClusterOrder
from bot.clusters.projects import ProjectParts
from bot.clusters.templates.results import Template
from bot.common.problems import Refusal

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")  # Magnum's rule (API validation of magnum 20.0.2)
LONGEST_NAME = 63  # the names of servers are made of it, and those are host names


class BadCluster(Refusal):
    """Such a cluster cannot be created."""


class ClusterTaken(Refusal):
    """A cluster of that name exists already."""


def build_order(action: ClusterCreate, template: Template) -> ClusterOrder:
    """Return the order for Magnum. Raises `BadCluster` for one that cannot come up."""
    name, nodes = action.cluster, 1 if action.nodes is None else action.nodes
    masters = 1 if action.masters is None else action.masters
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise BadCluster(
            f"`{name}` cannot be a cluster's name",
            why=(
                f"it begins with a letter, then letters, digits, `.`, `_` and `-`, at most {LONGEST_NAME}"
                " characters"
            ),
            fix=f"Say another: `/xk8s cluster create dev-eu --template {template.name}`",
        )
    if nodes < 1:
        raise BadCluster(
            "A cluster needs at least one node",
            why="pods of its network driver would have nowhere to run",
            fix="Say `--nodes 1` or more.",
        )
    _check_masters(masters, template)
    return ClusterOrder(
        name=name,
        template=template.id,
        template_name=template.name,
        driver=template.network_driver,
        kubernetes=template.kubernetes,
        nodes=nodes,
        masters=masters,
    )


def _check_masters(masters: int, template: Template) -> None:
    if masters % 2 == 0:
        raise BadCluster(
            f"{masters} control-plane nodes are not possible",
            why="etcd needs an odd number of members",
            fix="Say `--masters 1`, `--masters 3` or `--masters 5`.",
        )
    if masters > 1 and not template.balanced:
        raise BadCluster(
            f"With the template {template.name} a cluster has one control-plane node",
            why="it puts no load balancer before the control plane (master_lb_enabled)",
            fix="Say `--masters 1`, or take a template with a load balancer: `/xk8s template create`",
        )


def refuse_taken_name(project: ProjectParts, name: str) -> None:
    """Refuse a name that a cluster has: Magnum would give it to a second one as well.

    Raises `ClusterTaken`, or `MagnumError` if it is not known which names are taken.
    """
    listed = project.catalog.all()
    cluster = next((cluster for cluster in listed.clusters if cluster.name == name), None)
    if cluster is not None:
        where = f"{cluster.status} in Magnum" if cluster.from_magnum else "known from a kubeconfig file"
        raise ClusterTaken(
            f"A cluster {name} exists already",
            why=f"id {cluster.id}, {where}",
            fix=f"Use it (`/xk8s cluster show {name}`), or say another name.",
        )
    if listed.unread is not None:
        raise listed.unread
