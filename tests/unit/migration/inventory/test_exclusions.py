"""What is never copied, and what must be although it looks as if it should not."""

from __future__ import annotations

from typing import Any

import pytest

from bot.migration.inventory.exclusion_rules import ExclusionReason
from bot.migration.inventory.exclusions import exclusion_of, split
from bot.migration.objects.fields import Object, ref_of
from bot.settings.mappings import ObjectSelector
from tests.unit.migration.builders import FLANNEL, an, exclusion_rules, workload


def reason(obj: Object, *related: Object, **options: Any) -> ExclusionReason | None:
    exclusion = exclusion_of(obj, exclusion_rules(obj, *related, **options))
    return exclusion.reason if exclusion else None


deployment = workload("Deployment", "cart")
replica_set = an("ReplicaSet", "cart-7f", owner=deployment)
stateful_set = workload("StatefulSet", "db")


@pytest.mark.parametrize(
    ("obj", "related", "expected"),
    [
        pytest.param(replica_set, [deployment], ExclusionReason.OWNED, id="a-replica-set-of-a-deployment"),
        pytest.param(
            an("Pod", "cart-7f-a", owner=replica_set),
            [replica_set, deployment],
            ExclusionReason.OWNED,
            id="its-pod",
        ),
        pytest.param(
            an("Job", "report-1", owner=an("CronJob", "report")),
            [],
            ExclusionReason.OWNED,
            id="a-job-whose-cron-job-is-gone",
        ),
        pytest.param(
            an("Pod", "etcd", annotations={"kubernetes.io/config.mirror": "x"}),
            [],
            ExclusionReason.PER_CLUSTER,
            id="a-mirror-pod",
        ),
        pytest.param(an("Node", "n1"), [], ExclusionReason.PER_CLUSTER, id="a-node"),
        pytest.param(
            an("VolumeAttachment", "csi-1"), [], ExclusionReason.PER_CLUSTER, id="a-volume-attachment"
        ),
        pytest.param(
            an("ConfigMap", "lock", annotations={"control-plane.alpha.kubernetes.io/leader": "{}"}),
            [],
            ExclusionReason.PER_CLUSTER,
            id="the-lock-of-a-leader-election",
        ),
        pytest.param(
            an("APIService", "v1.apps", spec={"group": "apps"}),
            [],
            ExclusionReason.PER_CLUSTER,
            id="a-local-api-service",
        ),
        pytest.param(
            an("ServiceAccount", "default"), [], ExclusionReason.GENERATED, id="the-default-account"
        ),
        pytest.param(
            an("ConfigMap", "kube-root-ca.crt"), [], ExclusionReason.GENERATED, id="the-cas-config-map"
        ),
        pytest.param(
            an("Service", "kubernetes", "default"), [], ExclusionReason.BUILT_IN, id="the-api-servers-service"
        ),
        pytest.param(
            an("EndpointSlice", "kubernetes", "default"),
            [],
            ExclusionReason.BUILT_IN,
            id="the-api-servers-slice",
        ),
        pytest.param(an("ClusterRole", "system:node"), [], ExclusionReason.BUILT_IN, id="system-rbac"),
        pytest.param(
            an("ClusterRole", "admin", labels={"kubernetes.io/bootstrapping": "rbac-defaults"}),
            [],
            ExclusionReason.BUILT_IN,
            id="built-in-rbac",
        ),
        pytest.param(
            an("PriorityClass", "system-node-critical"),
            [],
            ExclusionReason.BUILT_IN,
            id="a-system-priority-class",
        ),
        pytest.param(an("Namespace", "kube-system"), [], ExclusionReason.ADD_ON, id="kube-system"),
        pytest.param(an("Namespace", "kube-flannel"), [], ExclusionReason.ADD_ON, id="a-drivers-namespace"),
        pytest.param(
            an("Namespace", "other"), [], ExclusionReason.NOT_CHOSEN, id="a-namespace-that-was-not-chosen"
        ),
        pytest.param(
            an("IPPool", "p", api="crd.projectcalico.org/v1"),
            [],
            ExclusionReason.NETWORK_STATE,
            id="calicos-ip-pool",
        ),
        pytest.param(
            an(
                "CustomResourceDefinition",
                "ippools.crd.projectcalico.org",
                spec={"group": "crd.projectcalico.org"},
            ),
            [],
            ExclusionReason.NETWORK_STATE,
            id="a-drivers-definition",
        ),
        pytest.param(
            an("CertificateRequest", "c", api="cert-manager.io/v1"),
            [],
            ExclusionReason.OWNED,
            id="a-certificate-request",
        ),
        pytest.param(
            an("Job", "old", status={"conditions": [{"type": "Complete", "status": "True"}]}),
            [],
            ExclusionReason.FINISHED,
            id="a-job-that-is-complete",
        ),
        pytest.param(
            an("Job", "bad", status={"conditions": [{"type": "Failed", "status": "True"}]}),
            [],
            ExclusionReason.FINISHED,
            id="a-job-that-failed",
        ),
        pytest.param(
            an("ConfigMap", "x", meta={"deletionTimestamp": "2026-01-01T00:00:00Z"}),
            [],
            ExclusionReason.DELETED,
            id="what-is-being-deleted",
        ),
        pytest.param(
            an("PersistentVolume", "pv"), [], ExclusionReason.VOLUME, id="a-volume-goes-with-its-claim"
        ),
        pytest.param(
            an("Pod", "alone", spec={"containers": []}),
            [],
            ExclusionReason.BARE_POD,
            id="a-bare-pod-cannot-be-stopped",
        ),
        pytest.param(
            an(
                "EndpointSlice",
                "cart-x",
                labels={"endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"},
            ),
            [],
            ExclusionReason.OWNED,
            id="a-controllers-slice",
        ),
        pytest.param(
            an("Endpoints", "cart"),
            [an("Service", "cart", spec={"selector": {"app": "cart"}})],
            ExclusionReason.OWNED,
            id="endpoints-of-a-selector-have-no-owner",
        ),
        pytest.param(
            an(
                "Secret",
                "r1-token-x",
                type="kubernetes.io/service-account-token",
                annotations={"kubernetes.io/service-account.name": "r1"},
            ),
            [an("ServiceAccount", "r1", secrets=[{"name": "r1-token-x"}])],
            ExclusionReason.GENERATED,
            id="an-auto-made-token-has-no-owner",
        ),
        pytest.param(
            an(
                "Secret",
                "sh.helm.release.v1.a.v1",
                type="helm.sh/release.v1",
                labels={"status": "superseded"},
            ),
            [],
            ExclusionReason.HELM,
            id="an-old-revision-of-helm",
        ),
    ],
)
def test_it_stays_behind(obj: Object, related: list[Object], expected: ExclusionReason) -> None:
    assert reason(obj, *related) is expected


@pytest.mark.parametrize(
    ("obj", "related"),
    [
        pytest.param(
            an("PersistentVolumeClaim", "data-db-0", owner=stateful_set),
            [stateful_set],
            id="a-claim-that-a-stateful-set-owns",
        ),
        pytest.param(
            an("ConfigMap", "settings", owner=an("Deployment", "gone")),
            [],
            id="what-belongs-to-an-owner-that-is-gone",
        ),
        pytest.param(
            an("Secret", "db-password", owner=an("Postgres", "db", api="db.example/v1")),
            [an("Postgres", "db", api="db.example/v1")],
            id="an-operators-secret",
        ),
        pytest.param(
            an("ConfigMap", "settings", owner=deployment, controls=False),
            [deployment],
            id="what-only-goes-with-its-owner",
        ),
        pytest.param(an("Endpoints", "legacy"), [an("Service", "legacy", spec={})], id="hand-made-endpoints"),
        pytest.param(
            an("EndpointSlice", "legacy-1", labels={"endpointslice.kubernetes.io/managed-by": "ops-team"}),
            [],
            id="a-hand-made-slice",
        ),
        pytest.param(
            an("ServiceAccount", "default", imagePullSecrets=[{"name": "pull"}]),
            [],
            id="the-default-account-with-pull-secrets",
        ),
        pytest.param(
            an(
                "Secret",
                "ci-token",
                type="kubernetes.io/service-account-token",
                annotations={"kubernetes.io/service-account.name": "ci"},
            ),
            [an("ServiceAccount", "ci")],
            id="a-hand-made-token",
        ),
        pytest.param(an("Job", "import", status={"active": 1}), [], id="a-job-that-runs"),
        pytest.param(an("Namespace", "shop"), [], id="a-chosen-namespace"),
        pytest.param(
            an("NetworkPolicy", "n", api="projectcalico.org/v3"), [], id="calicos-policies-to-calico"
        ),
    ],
)
def test_it_is_copied(obj: Object, related: list[Object]) -> None:
    assert reason(obj, *related) is None


def test_the_secret_of_an_operator_whose_resource_is_there_is_copied_and_its_config_map_is_not() -> None:
    resource = an("Postgres", "db", api="db.example/v1")
    assert reason(an("Secret", "password", owner=resource), resource) is None
    assert reason(an("ConfigMap", "pg-conf", owner=resource), resource) is ExclusionReason.OWNED


def test_calicos_policies_are_lost_on_flannel() -> None:
    assert (
        reason(an("GlobalNetworkPolicy", "n", api="projectcalico.org/v3"), target=FLANNEL)
        is ExclusionReason.VERSION
    )


def binding(name: str, *namespaces: str, role: str = "r") -> Object:
    subjects = [{"kind": "ServiceAccount", "name": "sa", "namespace": namespace} for namespace in namespaces]
    return an("ClusterRoleBinding", name, subjects=subjects, roleRef={"kind": "ClusterRole", "name": role})


def test_cluster_roles_go_along_only_if_they_serve_a_namespace_that_does() -> None:
    role = an("ClusterRole", "r", rules=[])
    assert reason(binding("addon", "kube-system")) is ExclusionReason.ADD_ON
    assert reason(role, binding("addon", "kube-system")) is ExclusionReason.ADD_ON
    assert reason(binding("theirs", "other")) is ExclusionReason.NOT_CHOSEN
    assert reason(binding("ours", "kube-system", "shop")) is None
    assert reason(role, binding("ours", "shop"), binding("addon", "kube-system")) is None


def test_a_binding_of_people_goes_along() -> None:
    people = an(
        "ClusterRoleBinding",
        "ops",
        subjects=[{"kind": "Group", "name": "ops"}],
        roleRef={"kind": "ClusterRole", "name": "r"},
    )
    assert reason(people) is None


def test_a_webhook_of_an_add_on_stays() -> None:
    hook = {"name": "h", "clientConfig": {"service": {"namespace": "kube-system", "name": "s"}}}
    assert reason(an("MutatingWebhookConfiguration", "h", webhooks=[hook])) is ExclusionReason.ADD_ON


def test_what_somebody_marked_stays_with_all_it_owns() -> None:
    marked = workload("Deployment", "legacy")
    marked["metadata"]["annotations"] = {"xk8s.io/migrate": "skip"}
    assert reason(marked) is ExclusionReason.ASKED
    assert (
        reason(an("ConfigMap", "x"), an("Namespace", "shop", annotations={"xk8s.io/migrate": "skip"}))
        is ExclusionReason.ASKED
    )


def test_what_the_configuration_leaves_out_stays() -> None:
    assert (
        reason(an("ConfigMap", "debug-1"), skip=[ObjectSelector(kind="ConfigMap", name="debug-*")])
        is ExclusionReason.ASKED
    )
    assert (
        reason(an("ConfigMap", "settings"), skip=[ObjectSelector(kind="ConfigMap", name="debug-*")]) is None
    )


def test_a_bare_pod_that_was_named_to_start_early_is_copied() -> None:
    assert reason(an("Pod", "tool", spec={"containers": []}), early=["shop/tool"]) is None


def test_helms_records_stay_where_charts_are_installed_anew() -> None:
    record = an("Secret", "r", type="helm.sh/release.v1", labels={"status": "deployed"})
    assert reason(record) is None
    assert reason(record, helm=False) is ExclusionReason.HELM


def test_every_object_is_either_copied_or_has_a_reason() -> None:
    objects = [deployment, replica_set, an("Node", "n"), an("ConfigMap", "c"), an("Namespace", "shop")]
    copied, excluded = split(exclusion_rules(*objects))
    assert set(copied) | {entry.ref for entry in excluded} == {ref_of(obj) for obj in objects}
    assert not set(copied) & {entry.ref for entry in excluded}
    assert all(entry.why for entry in excluded)


def test_a_uid_that_is_used_by_another_object_of_the_same_name_is_no_owner() -> None:
    """Ownership goes by uid: a Deployment that was deleted and made again does not own the old ReplicaSet."""
    old = an("Deployment", "cart")
    orphan = an("ConfigMap", "generated", owner=old)
    assert reason(orphan, workload("Deployment", "cart")) is None
