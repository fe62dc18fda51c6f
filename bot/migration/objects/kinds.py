"""Kinds of objects by what they do: run pods, scale others, bind roles, call back from the API server."""

from bot.migration.objects.fields import Object, Ref, ref_of, spec_of

RBAC = "rbac.authorization.k8s.io"
ADMISSION = "admissionregistration.k8s.io"
SCALED = frozenset(
    {("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "ReplicaSet"), ("", "ReplicationController")}
)
SUSPENDED = frozenset({("batch", "CronJob"), ("batch", "Job")})
DAEMON_SET = ("apps", "DaemonSet")
POD = ("", "Pod")
WORKLOADS = SCALED | SUSPENDED | {DAEMON_SET, POD}
# pods and everything that may control one, directly or not
POD_OWNERS = (
    POD,
    ("apps", "ReplicaSet"),
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    DAEMON_SET,
    ("", "ReplicationController"),
    ("batch", "Job"),
    ("batch", "CronJob"),
)
AUTOSCALER = ("autoscaling", "HorizontalPodAutoscaler")
SERVICE, CLAIM, VOLUME = ("", "Service"), ("", "PersistentVolumeClaim"), ("", "PersistentVolume")
SLICE, INGRESS = ("discovery.k8s.io", "EndpointSlice"), ("networking.k8s.io", "Ingress")
NETWORK_POLICY = ("networking.k8s.io", "NetworkPolicy")
WEBHOOKS = frozenset({"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"})
TOKEN = "kubernetes.io/service-account-token"  # noqa: S105 - the type of a Secret
HELM_RELEASE = "helm.sh/release.v1"  # the type of the Secrets in which Helm 3 records its releases


def is_workload(ref: Ref) -> bool:
    """Return whether pods run because of this object, or whether it is one."""
    return ref.group_kind in WORKLOADS


def is_load_balancer(obj: Object) -> bool:
    """Return whether an object is a Service of the type LoadBalancer."""
    return ref_of(obj).group_kind == SERVICE and spec_of(obj).get("type") == "LoadBalancer"


def webhook_services(configuration: Object) -> list[tuple[Object, Object | None]]:
    """Return each webhook of an admission configuration, with the Service that it calls.

    The Service is `clientConfig.service` as it is written, or None for a webhook that calls a URL.
    """
    hooks = configuration.get("webhooks") or []
    return [(hook, (hook.get("clientConfig") or {}).get("service")) for hook in hooks]


def service_accounts(binding: Object) -> set[tuple[str, str]]:
    """Return the namespace and the name of each ServiceAccount that a role binding binds."""
    home = ref_of(binding).namespace
    return {
        (subject.get("namespace") or home, subject["name"])
        for subject in binding.get("subjects") or []
        if subject.get("kind") == "ServiceAccount"
    }


def bound_role(binding: Object) -> Ref:
    """Return the Role or ClusterRole that a role binding grants."""
    role = binding["roleRef"]
    kind = role.get("kind", "")
    return Ref(RBAC, kind, ref_of(binding).namespace if kind == "Role" else "", role.get("name", ""))
