"""Finds the operators of custom resources: they start first, and they stop first."""

from collections.abc import Iterable

from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.fields import Ref, pod_spec_of, ref_of, spec_of
from bot.migration.objects.kinds import RBAC, bound_role, service_accounts

WRITES = {"*", "create", "update", "patch"}


def operators(inventory: Inventory, copied: Iterable[Ref]) -> frozenset[Ref]:
    """Return the workloads whose service account may write custom resources that are copied.

    They must be ready before their custom resources come, or webhooks and defaults are missed.
    """
    definitions = inventory.of("CustomResourceDefinition", "apiextensions.k8s.io")
    groups = {spec_of(definition)["group"] for definition in definitions} & {ref.group for ref in copied}
    if not groups:
        return frozenset()
    accounts = _accounts_with_write_access(inventory, groups)
    return frozenset(
        ref_of(obj)
        for kind in ("Deployment", "StatefulSet")
        for obj in inventory.of(kind, "apps")
        if (obj["metadata"]["namespace"], pod_spec_of(obj).get("serviceAccountName", "default")) in accounts
    )


def _accounts_with_write_access(inventory: Inventory, groups: set[str]) -> set[tuple[str, str]]:
    """Return the namespace and name of the accounts with a role that may write objects of some groups."""
    roles = {
        ref_of(role)
        for role in [*inventory.of("ClusterRole", RBAC), *inventory.of("Role", RBAC)]
        for rule in role.get("rules") or []
        if groups & set(rule.get("apiGroups") or []) and WRITES & set(rule.get("verbs") or [])
    }
    bindings = [binding for binding in inventory.role_bindings() if bound_role(binding) in roles]
    return {account for binding in bindings for account in service_accounts(binding)}
