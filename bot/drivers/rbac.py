"""The Kubernetes rights that drivers need: for what their checks read and run, and to see their policies.

They matter where the bot enters a cluster with a kubeconfig file. `deploy/rbac/` has them for the built-in
drivers, and a test compares the two; `xk8s rbac` prints them for all drivers that are installed.
"""

from collections.abc import Iterable
from typing import Any

from bot.drivers.catalog import policy_apis, profiles
from bot.drivers.policy_apis import PolicyApi
from bot.drivers.profile import DriverProfile

Rule = dict[str, list[str]]
EXEC: Rule = {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create", "get"]}


def check_rules(profiles: Iterable[DriverProfile]) -> list[Rule]:
    """Return the rules for the custom resources that checks read, and for the commands that probes run."""
    profiles = tuple(profiles)
    rules = []
    for profile in profiles:
        paths = [path.strip("/").split("/") for resource in profile.resources for path in resource.paths]
        if paths:
            groups = list(dict.fromkeys(parts[1] for parts in paths))
            plurals = list(dict.fromkeys(parts[-1] for parts in paths))
            rules.append({"apiGroups": groups, "resources": plurals, "verbs": ["get", "list"]})
    return [*rules, EXEC] if any(profile.probe for profile in profiles) else rules


def policy_rules(apis: Iterable[PolicyApi]) -> list[Rule]:
    """Return the rules to list policies of other APIs, which can decide otherwise than NetworkPolicies."""
    return [
        {"apiGroups": list(api.groups), "resources": list(api.policies.values()), "verbs": ["list"]}
        for api in apis
    ]


def cluster_role() -> dict[str, Any]:
    """Return the ClusterRole with all rules of the drivers that are installed."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "xk8s-drivers"},
        "rules": [*check_rules(profiles()), *policy_rules(policy_apis())],
    }
