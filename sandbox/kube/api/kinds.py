"""The kinds that an API server serves: the built-in ones, and those that CRDs add."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of object."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    custom: bool = False
    stored: str = ""  # the version under which the objects are kept, if it is another

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def singular(self) -> str:
        """Its name in the singular."""
        return self.kind.lower()


def _built_in() -> tuple[Kind, ...]:
    core = [
        Kind("", "v1", "Namespace", "namespaces", False, ("ns",), ("status", "finalize")),
        Kind("", "v1", "Node", "nodes", False, ("no",), ("status",)),
        Kind("", "v1", "Pod", "pods", True, ("po",), ("status", "exec", "log", "eviction", "binding")),
        Kind("", "v1", "Service", "services", True, ("svc",), ("status",)),
        Kind("", "v1", "Endpoints", "endpoints", True, ("ep",)),
        Kind("", "v1", "ConfigMap", "configmaps", True, ("cm",)),
        Kind("", "v1", "Secret", "secrets"),
        Kind("", "v1", "ServiceAccount", "serviceaccounts", True, ("sa",)),
        Kind("", "v1", "Event", "events", True, ("ev",)),
        Kind("", "v1", "PersistentVolume", "persistentvolumes", False, ("pv",), ("status",)),
        Kind("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", True, ("pvc",), ("status",)),
        Kind("", "v1", "LimitRange", "limitranges", True, ("limits",)),
        Kind("", "v1", "ResourceQuota", "resourcequotas", True, ("quota",), ("status",)),
    ]
    scalable = ("status", "scale")
    return (
        *core,
        Kind("apps", "v1", "Deployment", "deployments", True, ("deploy",), scalable),
        Kind("apps", "v1", "ReplicaSet", "replicasets", True, ("rs",), scalable),
        Kind("apps", "v1", "StatefulSet", "statefulsets", True, ("sts",), scalable),
        Kind("apps", "v1", "DaemonSet", "daemonsets", True, ("ds",), ("status",)),
        Kind("apps", "v1", "ControllerRevision", "controllerrevisions"),
        Kind("batch", "v1", "Job", "jobs", True, (), ("status",)),
        Kind("batch", "v1", "CronJob", "cronjobs", True, ("cj",), ("status",)),
        Kind("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", True, ("netpol",)),
        Kind("networking.k8s.io", "v1", "Ingress", "ingresses", True, ("ing",), ("status",)),
        Kind("networking.k8s.io", "v1", "IngressClass", "ingressclasses", False),
        Kind("rbac.authorization.k8s.io", "v1", "Role", "roles"),
        Kind("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings"),
        Kind("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", False),
        Kind("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", False),
        Kind("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", True, ("pdb",), ("status",)),
        Kind(
            "autoscaling",
            "v2",
            "HorizontalPodAutoscaler",
            "horizontalpodautoscalers",
            True,
            ("hpa",),
            ("status",),
        ),
        Kind("storage.k8s.io", "v1", "StorageClass", "storageclasses", False, ("sc",)),
        Kind("storage.k8s.io", "v1", "CSIDriver", "csidrivers", False),
        Kind("storage.k8s.io", "v1", "CSINode", "csinodes", False),
        Kind("storage.k8s.io", "v1", "VolumeAttachment", "volumeattachments", False, (), ("status",)),
        Kind("node.k8s.io", "v1", "RuntimeClass", "runtimeclasses", False),
        Kind(
            "admissionregistration.k8s.io",
            "v1",
            "ValidatingWebhookConfiguration",
            "validatingwebhookconfigurations",
            False,
        ),
        Kind(
            "admissionregistration.k8s.io",
            "v1",
            "MutatingWebhookConfiguration",
            "mutatingwebhookconfigurations",
            False,
        ),
        Kind("apiregistration.k8s.io", "v1", "APIService", "apiservices", False, (), ("status",)),
        Kind("coordination.k8s.io", "v1", "Lease", "leases"),
        Kind("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices"),
        Kind("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", False, ("pc",)),
        Kind(
            "apiextensions.k8s.io",
            "v1",
            "CustomResourceDefinition",
            "customresourcedefinitions",
            False,
            ("crd", "crds"),
            ("status",),
        ),
    )


class KindRegistry:
    """The kinds one server serves just now."""

    def __init__(self, kinds: Iterable[Kind] | None = None) -> None:
        self._kinds: dict[tuple[str, str, str], Kind] = {}
        self._by_name: dict[tuple[str, str], Kind] = {}
        for kind in kinds if kinds is not None else _built_in():
            self.register(kind)

    def register(self, kind: Kind) -> None:
        """Serve a kind."""
        self._kinds[kind.group, kind.version, kind.plural] = kind
        self._by_name[kind.api_version, kind.kind] = kind

    def unregister(self, kind: Kind) -> None:
        """Serve a kind no longer."""
        self._kinds.pop((kind.group, kind.version, kind.plural), None)
        self._by_name.pop((kind.api_version, kind.kind), None)

    def find(self, group: str, version: str, plural: str) -> Kind | None:
        """A kind by where it is in the API."""
        return self._kinds.get((group, version, plural))

    def named(self, kind: str, group: str = "") -> Kind:
        """A kind by its name. Raises `KeyError`."""
        for found in self._kinds.values():
            if found.kind == kind and not found.stored and (not group or found.group == group):
                return found
        raise KeyError(kind)

    def of(self, api_version: str, kind: str) -> Kind | None:
        """A kind as an object names it."""
        return self._by_name.get((api_version, kind))

    def all(self) -> tuple[Kind, ...]:
        """Every kind, in the order it was registered."""
        return tuple(self._kinds.values())
