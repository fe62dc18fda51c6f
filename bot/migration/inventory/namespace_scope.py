"""Which namespaces a cluster-scoped object serves: those of the accounts it binds, or of the backends it
calls.
"""

from __future__ import annotations

from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.manifest import Object, ref_of, spec_of

RBAC = "rbac.authorization.k8s.io"


def homes_of(obj: Object, inventory: Inventory) -> frozenset[str] | None:
    """The namespaces that a cluster-scoped object serves; None if it may serve any."""
    ref = ref_of(obj)
    if ref.kind == "ClusterRoleBinding":
        return _subjects(obj)
    if ref.kind == "ClusterRole":
        bound = [
            (binding, _subjects(binding) if kind == "ClusterRoleBinding" else {ref_of(binding).namespace})
            for kind in ("ClusterRoleBinding", "RoleBinding")
            for binding in inventory.of(kind, RBAC)
            if binding["roleRef"].get("kind") == "ClusterRole" and binding["roleRef"]["name"] == ref.name
        ]
        if not bound or any(homes is None for _, homes in bound):
            return None
        return frozenset(name for _, homes in bound for name in homes or ())
    if ref.kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        services = [(hook.get("clientConfig") or {}).get("service") for hook in obj.get("webhooks") or []]
        if not services or not all(services):
            return None
        return frozenset(service["namespace"] for service in services if service)
    if ref.kind == "APIService":
        return frozenset({spec_of(obj)["service"]["namespace"]})
    return None


def _subjects(binding: Object) -> frozenset[str] | None:
    """Namespaces of a binding's service accounts; None if it also binds people or groups, or nobody."""
    subjects = binding.get("subjects") or []
    if not subjects or any(subject.get("kind") != "ServiceAccount" for subject in subjects):
        return None
    return frozenset(subject.get("namespace", "") for subject in subjects)
