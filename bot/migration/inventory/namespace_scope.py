"""Which namespaces a cluster-scoped object serves: those of the accounts it binds, or of its backends."""

from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.fields import Object, ref_of, spec_of
from bot.migration.objects.kinds import WEBHOOKS, bound_role, webhook_services


def namespaces_served(obj: Object, inventory: Inventory) -> frozenset[str] | None:
    """Return the namespaces that a cluster-scoped object serves, or None if it may serve any."""
    kind = ref_of(obj).kind
    if kind == "ClusterRoleBinding":
        return _subject_namespaces(obj)
    if kind == "ClusterRole":
        return _namespaces_bound(obj, inventory)
    if kind in WEBHOOKS:
        services = [service for _, service in webhook_services(obj)]
        namespaces = [service["namespace"] for service in services if service]
        return frozenset(namespaces) if namespaces and len(namespaces) == len(services) else None
    if kind == "APIService":
        return frozenset({spec_of(obj)["service"]["namespace"]})
    return None


def _namespaces_bound(role: Object, inventory: Inventory) -> frozenset[str] | None:
    """Return the namespaces in which a ClusterRole is granted; None if to anybody, or to nobody."""
    served = [
        _subject_namespaces(binding)
        if binding["kind"] == "ClusterRoleBinding"
        else frozenset({ref_of(binding).namespace})
        for binding in inventory.role_bindings()
        if bound_role(binding) == ref_of(role)
    ]
    limited = [namespaces for namespaces in served if namespaces is not None]
    return frozenset[str]().union(*limited) if limited and len(limited) == len(served) else None


def _subject_namespaces(binding: Object) -> frozenset[str] | None:
    """Return the namespaces of the bound service accounts; None if others are bound too, or nobody."""
    subjects = binding.get("subjects") or []
    if not subjects or any(subject.get("kind") != "ServiceAccount" for subject in subjects):
        return None
    return frozenset(subject.get("namespace", "") for subject in subjects)
