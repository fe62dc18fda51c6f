"""States of clusters for property tests, computed from pods and from manifests of policies."""

from __future__ import annotations

import dataclasses
from typing import Any

from bot.policy.reach.engine import Reachability, compute
from bot.policy.reach.model import ClusterModel
from bot.policy.reach.parser import parse_policy

Manifests = list[dict[str, Any]]


def reach(cluster: ClusterModel, manifests: Manifests) -> Reachability:
    """The connections of a cluster with these policies."""
    return compute(dataclasses.replace(cluster, policies=tuple(map(parse_policy, manifests))))


def without_nodes(cluster: ClusterModel) -> ClusterModel:
    """The cluster with pods of unknown nodes, so that nobody is exempt from policies as a pod's own node."""
    pods = tuple(dataclasses.replace(pod, node="") for pod in cluster.pods)
    return dataclasses.replace(cluster, nodes=(), pods=pods)
