"""The kinds that an API server serves: the built-in ones, and those that CustomResourceDefinitions add."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of object in one version of its API group."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    custom: bool = False
    stored: str = ""  # the version under which the objects are stored, if it is another one

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def singular(self) -> str:
        """The name of one object in discovery."""
        return self.kind.lower()

    @property
    def qualified_plural(self) -> str:
        """`deployments.apps`, or `pods` for the core group."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def qualified_kind(self) -> str:
        """`Deployment.apps`, or `Pod` for the core group."""
        return f"{self.kind}.{self.group}" if self.group else self.kind


SCALABLE = ("status", "scale")
STATUS = ("status",)
POD_SUBRESOURCES = ("status", "exec", "log", "eviction", "binding")
CLUSTER, NAMESPACED = False, True
# by API group and version: kind, plural, scope, short names, subresources
BUILT_IN: dict[tuple[str, str], tuple[tuple[str, str, bool, str, tuple[str, ...]], ...]] = {
    ("", "v1"): (
        ("Namespace", "namespaces", CLUSTER, "ns", ("status", "finalize")),
        ("Node", "nodes", CLUSTER, "no", STATUS),
        ("Pod", "pods", NAMESPACED, "po", POD_SUBRESOURCES),
        ("Service", "services", NAMESPACED, "svc", STATUS),
        ("Endpoints", "endpoints", NAMESPACED, "ep", ()),
        ("ConfigMap", "configmaps", NAMESPACED, "cm", ()),
        ("Secret", "secrets", NAMESPACED, "", ()),
        ("ServiceAccount", "serviceaccounts", NAMESPACED, "sa", ()),
        ("Event", "events", NAMESPACED, "ev", ()),
        ("PersistentVolume", "persistentvolumes", CLUSTER, "pv", STATUS),
        ("PersistentVolumeClaim", "persistentvolumeclaims", NAMESPACED, "pvc", STATUS),
        ("LimitRange", "limitranges", NAMESPACED, "limits", ()),
        ("ResourceQuota", "resourcequotas", NAMESPACED, "quota", STATUS),
    ),
    ("apps", "v1"): (
        ("Deployment", "deployments", NAMESPACED, "deploy", SCALABLE),
        ("ReplicaSet", "replicasets", NAMESPACED, "rs", SCALABLE),
        ("StatefulSet", "statefulsets", NAMESPACED, "sts", SCALABLE),
        ("DaemonSet", "daemonsets", NAMESPACED, "ds", STATUS),
        ("ControllerRevision", "controllerrevisions", NAMESPACED, "", ()),
    ),
    ("batch", "v1"): (
        ("Job", "jobs", NAMESPACED, "", STATUS),
        ("CronJob", "cronjobs", NAMESPACED, "cj", STATUS),
    ),
    ("networking.k8s.io", "v1"): (
        ("NetworkPolicy", "networkpolicies", NAMESPACED, "netpol", ()),
        ("Ingress", "ingresses", NAMESPACED, "ing", STATUS),
        ("IngressClass", "ingressclasses", CLUSTER, "", ()),
    ),
    ("rbac.authorization.k8s.io", "v1"): (
        ("Role", "roles", NAMESPACED, "", ()),
        ("RoleBinding", "rolebindings", NAMESPACED, "", ()),
        ("ClusterRole", "clusterroles", CLUSTER, "", ()),
        ("ClusterRoleBinding", "clusterrolebindings", CLUSTER, "", ()),
    ),
    ("policy", "v1"): (("PodDisruptionBudget", "poddisruptionbudgets", NAMESPACED, "pdb", STATUS),),
    ("autoscaling", "v2"): (
        ("HorizontalPodAutoscaler", "horizontalpodautoscalers", NAMESPACED, "hpa", STATUS),
    ),
    ("storage.k8s.io", "v1"): (
        ("StorageClass", "storageclasses", CLUSTER, "sc", ()),
        ("CSIDriver", "csidrivers", CLUSTER, "", ()),
        ("CSINode", "csinodes", CLUSTER, "", ()),
        ("VolumeAttachment", "volumeattachments", CLUSTER, "", STATUS),
    ),
    ("node.k8s.io", "v1"): (("RuntimeClass", "runtimeclasses", CLUSTER, "", ()),),
    ("admissionregistration.k8s.io", "v1"): (
        ("ValidatingWebhookConfiguration", "validatingwebhookconfigurations", CLUSTER, "", ()),
        ("MutatingWebhookConfiguration", "mutatingwebhookconfigurations", CLUSTER, "", ()),
    ),
    ("apiregistration.k8s.io", "v1"): (("APIService", "apiservices", CLUSTER, "", STATUS),),
    ("coordination.k8s.io", "v1"): (("Lease", "leases", NAMESPACED, "", ()),),
    ("discovery.k8s.io", "v1"): (("EndpointSlice", "endpointslices", NAMESPACED, "", ()),),
    ("scheduling.k8s.io", "v1"): (("PriorityClass", "priorityclasses", CLUSTER, "pc", ()),),
    ("apiextensions.k8s.io", "v1"): (
        ("CustomResourceDefinition", "customresourcedefinitions", CLUSTER, "crd crds", STATUS),
    ),
}


class KindRegistry:
    """The kinds that one server serves at present."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str, str], Kind] = {}
        self._by_name: dict[tuple[str, str], Kind] = {}
        for (group, version), kinds in BUILT_IN.items():
            for kind, plural, namespaced, short, subresources in kinds:
                self.register(
                    Kind(group, version, kind, plural, namespaced, tuple(short.split()), subresources)
                )

    def register(self, kind: Kind) -> None:
        """Serve a kind from now on."""
        self._kinds[kind.group, kind.version, kind.plural] = kind
        self._by_name[kind.api_version, kind.kind] = kind

    def unregister(self, kind: Kind) -> None:
        """Stop serving a kind."""
        self._kinds.pop((kind.group, kind.version, kind.plural), None)
        self._by_name.pop((kind.api_version, kind.kind), None)

    def find(self, group: str, version: str, plural: str) -> Kind | None:
        """Return the kind of an API path, if it is served."""
        return self._kinds.get((group, version, plural))

    def named(self, kind: str, group: str = "") -> Kind:
        """Return the kind of this name in its stored version; an empty group stands for any.

        Raises `KeyError`.
        """
        for candidate in self._kinds.values():
            if candidate.kind == kind and not candidate.stored and group in ("", candidate.group):
                return candidate
        raise KeyError(kind)

    def of(self, api_version: str, kind: str) -> Kind | None:
        """Return the kind that an object names, if it is served."""
        return self._by_name.get((api_version, kind))

    def all(self) -> tuple[Kind, ...]:
        """Return every kind, in the order of registration."""
        return tuple(self._kinds.values())
