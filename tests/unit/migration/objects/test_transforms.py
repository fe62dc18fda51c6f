"""One test per trap: what is stripped, what is rewritten, and what a person is told."""

from __future__ import annotations

import base64
import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.migration.objects.canonical import text
from bot.migration.objects.manifest import Object
from bot.migration.objects.transforms.catalog import UNITS, strip, transformed
from bot.migration.objects.transforms.mapping import PatchFailed, adapt
from bot.migration.objects.transforms.services import LAST_APPLIED
from bot.migration.objects.transforms.transform import NoteLevel
from bot.settings.file import Mappings, ObjectPatch
from tests.unit.migration.builders import CALICO, FLANNEL, an, context, pods, workload


def stripped(obj: Object, **more: Any) -> Object:
    return strip(obj, context(**more))[0]


def told(obj: Object, **more: Any) -> str:
    return "\n".join(note.text for note in strip(obj, context(**more))[1])


def warned(obj: Object, **more: Any) -> str:
    return "\n".join(note.text for note in strip(obj, context(**more))[1] if note.level is NoteLevel.WARNING)


# --- every kind


def test_what_one_server_wrote_is_gone() -> None:
    obj = an(
        "ConfigMap",
        meta={"generation": 3, "selfLink": "/x", "generateName": "x-"},
        status={"a": 1},
        data={"k": "v"},
    )
    assert stripped(obj) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "x", "namespace": "shop"},
        "data": {"k": "v"},
    }


def test_the_object_that_was_read_is_not_changed() -> None:
    obj = an("Service", spec={"clusterIP": "10.254.0.9", "ports": [{"port": 80, "nodePort": 30001}]})
    before = copy.deepcopy(obj)
    stripped(obj)
    assert obj == before


def test_owners_and_finalizers_are_dropped_and_told() -> None:
    obj = an(
        "PersistentVolumeClaim",
        owner=workload("StatefulSet", "db"),
        meta={"finalizers": ["kubernetes.io/pvc-protection", "corp.example/cleanup"]},
        spec={},
    )
    made = stripped(obj)
    assert "ownerReferences" not in made["metadata"]
    assert "finalizers" not in made["metadata"]
    assert "corp.example/cleanup" in told(obj)


def test_a_finalizer_that_the_target_handles_stays() -> None:
    obj = an("ConfigMap", meta={"finalizers": ["corp.example/cleanup"]})
    kept = stripped(obj, keep_finalizers=frozenset({"corp.example/cleanup"}))
    assert kept["metadata"]["finalizers"] == ["corp.example/cleanup"]


def test_the_last_applied_configuration_which_may_hold_old_secrets_is_dropped() -> None:
    assert "annotations" not in stripped(an("Secret", annotations={LAST_APPLIED: "{}"}))["metadata"]


def test_a_custom_resource_that_nobody_knows_keeps_its_spec() -> None:
    obj = an("Coupon", api="shop.example/v1", spec={"percent": 10}, status={"used": 3}, extra={"x": 1})
    made = stripped(obj)
    assert made["spec"] == {"percent": 10}
    assert made["extra"] == {"x": 1}
    assert "status" not in made


# --- services


def service(**spec: Any) -> Object:
    return an("Service", "web", spec=spec)


def test_the_addresses_of_a_service_go_and_headless_ones_stay_headless() -> None:
    made = stripped(
        service(
            clusterIP="10.254.0.9", clusterIPs=["10.254.0.9"], ports=[{"port": 80}], healthCheckNodePort=31000
        )
    )["spec"]
    assert made == {"ports": [{"port": 80}]}
    assert stripped(service(clusterIP="None", clusterIPs=["None"]))["spec"]["clusterIP"] == "None"


def test_a_node_port_that_the_server_chose_goes() -> None:
    assert stripped(service(ports=[{"port": 80, "nodePort": 30001}]))["spec"]["ports"] == [{"port": 80}]


def test_a_node_port_of_kubectl_apply_stays() -> None:
    applied = json.dumps({"spec": {"ports": [{"port": 80, "nodePort": 30001}, {"port": 81}]}})
    obj = service(ports=[{"port": 80, "nodePort": 30001}, {"port": 81, "nodePort": 30002}])
    obj["metadata"]["annotations"] = {LAST_APPLIED: applied}
    assert stripped(obj)["spec"]["ports"] == [{"port": 80, "nodePort": 30001}, {"port": 81}]


def test_a_node_port_of_server_side_apply_stays_too() -> None:
    """crane loses it, because it looks at the annotation only."""
    obj = service(
        ports=[
            {"port": 80, "protocol": "TCP", "nodePort": 30001},
            {"port": 81, "protocol": "TCP", "nodePort": 30002},
        ]
    )
    key = 'k:{"port":80,"protocol":"TCP"}'
    obj["metadata"]["managedFields"] = [
        {"manager": "ops", "fieldsV1": {"f:spec": {"f:ports": {key: {"f:nodePort": {}}}}}}
    ]
    assert [port.get("nodePort") for port in stripped(obj)["spec"]["ports"]] == [30001, None]


def test_the_load_balancer_of_the_old_cluster_is_not_adopted() -> None:
    obj = service(type="LoadBalancer", loadBalancerIP="203.0.113.11")
    obj["metadata"]["annotations"] = {
        "loadbalancer.openstack.org/load-balancer-id": "lb-1",
        "loadbalancer.openstack.org/flavor-id": "f",
    }
    obj["metadata"]["finalizers"] = ["service.kubernetes.io/load-balancer-cleanup"]
    made = stripped(obj)
    assert made["metadata"]["annotations"] == {"loadbalancer.openstack.org/flavor-id": "f"}
    assert "loadBalancerIP" not in made["spec"]
    assert "finalizers" not in made["metadata"]
    assert "203.0.113.11" in warned(obj)


def test_dual_stack_is_kept_and_told() -> None:
    obj = service(ipFamilies=["IPv4", "IPv6"], ipFamilyPolicy="RequireDualStack")
    assert stripped(obj)["spec"]["ipFamilies"] == ["IPv4", "IPv6"]
    assert "IPv6" in warned(obj)


def test_a_hand_made_backend_in_the_old_cluster_is_told() -> None:
    obj = an(
        "Endpoints",
        subsets=[{"addresses": [{"ip": "10.101.3.4", "nodeName": "n", "targetRef": {"uid": "u"}}]}],
    )
    assert stripped(obj)["subsets"] == [{"addresses": [{"ip": "10.101.3.4"}]}]
    assert "a pod address" in warned(obj)


# --- storage


def test_a_claim_forgets_its_volume_and_where_it_was_made() -> None:
    marks = {
        "pv.kubernetes.io/bind-completed": "yes",
        "pv.kubernetes.io/bound-by-controller": "yes",
        "volume.kubernetes.io/storage-provisioner": "c",
        "volume.kubernetes.io/selected-node": "n",
    }
    obj = an(
        "PersistentVolumeClaim",
        annotations=marks,
        spec={
            "volumeName": "pv-1",
            "storageClassName": "fast",
            "dataSource": {"name": "s"},
            "dataSourceRef": {"name": "s"},
        },
    )
    made = stripped(obj)
    assert made["spec"] == {"storageClassName": "fast"}
    assert "annotations" not in made["metadata"]


def test_a_class_of_the_old_annotation_becomes_a_field() -> None:
    obj = an(
        "PersistentVolumeClaim", annotations={"volume.beta.kubernetes.io/storage-class": "gold"}, spec={}
    )
    assert stripped(obj)["spec"]["storageClassName"] == "gold"


def test_an_in_tree_storage_class_gets_the_csi_driver() -> None:
    obj = an("StorageClass", provisioner="kubernetes.io/cinder")
    assert stripped(obj)["provisioner"] == "cinder.csi.openstack.org"


def test_a_claim_template_loses_its_status() -> None:
    template = {
        "metadata": {"name": "data", "creationTimestamp": None},
        "spec": {"storageClassName": "fast"},
        "status": {"phase": "Pending"},
    }
    made = stripped(workload("StatefulSet", volumeClaimTemplates=[template]))["spec"]["volumeClaimTemplates"]
    assert made == [{"metadata": {"name": "data"}, "spec": {"storageClassName": "fast"}}]


# --- what runs

JOB_LABELS = {
    "controller-uid": "u",
    "batch.kubernetes.io/controller-uid": "u",
    "job-name": "j",
    "batch.kubernetes.io/job-name": "j",
}


def test_a_jobs_generated_selector_and_labels_go() -> None:
    spec = {
        "selector": {"matchLabels": {"controller-uid": "u"}},
        "template": {"metadata": {"labels": {**JOB_LABELS, "team": "shop"}}, "spec": {"containers": []}},
    }
    made = stripped(an("Job", spec=spec, labels=dict(JOB_LABELS)))
    assert "selector" not in made["spec"]
    assert made["spec"]["template"]["metadata"]["labels"] == {"team": "shop"}
    assert "labels" not in made["metadata"]


def test_a_jobs_own_selector_stays() -> None:
    spec = {
        "manualSelector": True,
        "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": []}},
    }
    assert stripped(an("Job", spec=spec))["spec"]["selector"] == {"matchLabels": {"a": "b"}}


def bare_pod() -> Object:
    mount = {"name": "kube-api-access-x7k2p", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
    container = {"name": "c", "image": "i", "volumeMounts": [mount, {"name": "data", "mountPath": "/data"}]}
    spec = {
        "nodeName": "n1",
        "priority": 0,
        "preemptionPolicy": "PreemptLowerPriority",
        "nodeSelector": {"disk": "ssd"},
        "containers": [container],
        "volumes": [{"name": "kube-api-access-x7k2p", "projected": {}}, {"name": "data", "emptyDir": {}}],
        "tolerations": [
            {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "tolerationSeconds": 300},
            {"key": "gpu", "operator": "Exists"},
        ],
    }
    return an(
        "Pod",
        spec=spec,
        annotations={
            "cni.projectcalico.org/podIP": "10.100.1.2/32",
            "k8s.v1.cni.cncf.io/network-status": "[]",
            "team": "shop",
        },
    )


def test_a_bare_pod_loses_its_node_token_and_cni_annotations_and_keeps_its_placement() -> None:
    made = stripped(bare_pod())
    assert "nodeName" not in made["spec"] and "priority" not in made["spec"]
    assert made["spec"]["nodeSelector"] == {"disk": "ssd"}
    assert [volume["name"] for volume in made["spec"]["volumes"]] == ["data"]
    assert [mount["name"] for mount in made["spec"]["containers"][0]["volumeMounts"]] == ["data"]
    assert made["spec"]["tolerations"] == [{"key": "gpu", "operator": "Exists"}]
    assert made["metadata"]["annotations"] == {"team": "shop"}


def test_an_address_that_calico_pinned_is_dropped_and_told() -> None:
    template = pods()
    template["metadata"]["annotations"] = {"cni.projectcalico.org/ipAddrs": '["10.100.1.9"]'}
    obj = workload(template=template)
    assert "annotations" not in stripped(obj, source=CALICO, target=FLANNEL)["spec"]["template"]["metadata"]
    assert "ipAddrs" in warned(obj, source=CALICO, target=FLANNEL)


def test_bandwidth_limits_are_told_where_they_have_no_effect() -> None:
    template = pods()
    template["metadata"]["annotations"] = {"kubernetes.io/egress-bandwidth": "1M"}
    assert "no effect" in warned(workload(template=template), source=CALICO, target=FLANNEL)
    assert not warned(workload(template=template), source=FLANNEL, target=CALICO)


def test_placement_by_a_nodes_name_is_told_and_spreading_by_it_is_not() -> None:
    assert "node n1" in warned(workload(template=pods(nodeSelector={"kubernetes.io/hostname": "n1"})))
    spread = {
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "kubernetes.io/hostname"}]
        }
    }
    assert not warned(workload(template=pods(affinity=spread)))


def test_an_address_of_the_old_cluster_in_a_variable_is_told() -> None:
    template = pods()
    template["spec"]["containers"][0]["env"] = [{"name": "DB", "value": "postgres://10.254.3.4:5432"}]
    assert "DB" in warned(workload(template=template)) and "a service address" in warned(
        workload(template=template)
    )


def test_the_revision_of_a_deployment_and_our_own_notes_go() -> None:
    obj = workload()
    obj["metadata"]["annotations"] = {
        "deployment.kubernetes.io/revision": "4",
        "xk8s.io/replicas": "3",
        "xk8s.io/started": "true",
    }
    assert "annotations" not in stripped(obj)["metadata"]


def test_what_gitops_keeps_is_told() -> None:
    obj = workload()
    obj["metadata"]["labels"] = {"kustomize.toolkit.fluxcd.io/name": "apps"}
    assert "Flux" in warned(obj)


def test_an_empty_selector_of_a_budget_is_told() -> None:
    assert "v1beta1" in warned(an("PodDisruptionBudget", spec={"selector": {}, "minAvailable": 1}))


# --- configuration


def test_a_service_account_keeps_its_pull_secrets_only() -> None:
    made = stripped(an("ServiceAccount", secrets=[{"name": "t"}], imagePullSecrets=[{"name": "pull"}]))
    assert made["imagePullSecrets"] == [{"name": "pull"}]
    assert "secrets" not in made


def test_a_hand_made_token_is_signed_anew() -> None:
    token = an(
        "Secret",
        type="kubernetes.io/service-account-token",
        data={"token": "dA==", "ca.crt": "Yw==", "namespace": "bg=="},
        annotations={"kubernetes.io/service-account.name": "ci", "kubernetes.io/service-account.uid": "u"},
    )
    made = stripped(token)
    assert "data" not in made
    assert made["metadata"]["annotations"] == {"kubernetes.io/service-account.name": "ci"}
    assert "signs a new one" in warned(token)


def test_an_old_address_in_a_secret_is_told_by_its_key_and_never_shown() -> None:
    value = "postgres://admin:hunter2@10.254.3.4/db"
    said = told(an("Secret", data={"url": base64.b64encode(value.encode()).decode()}))
    assert "url has a service address" in said
    assert "10.254" not in said and "hunter2" not in said


def test_an_old_address_in_a_config_map_is_told() -> None:
    assert "203.0.113.11" in warned(an("ConfigMap", data={"url": "http://203.0.113.11/"}))


# --- network, namespaces, extensions


def test_a_policy_that_names_the_old_clusters_addresses_is_told() -> None:
    for cidr, what in (
        ("10.101.0.0/16", "a pod address"),
        ("10.254.0.10/32", "a service address"),
        ("10.0.1.11/32", "a node address"),
    ):
        obj = an("NetworkPolicy", spec={"podSelector": {}, "egress": [{"to": [{"ipBlock": {"cidr": cidr}}]}]})
        assert what in warned(obj)
    assert not warned(
        an(
            "NetworkPolicy",
            spec={"podSelector": {}, "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]},
        )
    )


def test_a_namespace_keeps_its_pod_security_and_loses_its_pool() -> None:
    obj = an(
        "Namespace",
        "shop",
        labels={"pod-security.kubernetes.io/enforce": "restricted"},
        annotations={"cni.projectcalico.org/ipv4pools": '["p"]'},
        spec={"finalizers": ["kubernetes"]},
    )
    made = stripped(obj)
    assert made["metadata"]["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}
    assert "annotations" not in made["metadata"] and "spec" not in made
    assert "pool" in warned(obj)


@pytest.mark.parametrize("injected", [True, False])
def test_a_ca_that_is_injected_is_dropped_and_a_static_one_is_kept(injected: bool) -> None:
    hook = {"name": "h", "clientConfig": {"service": {"namespace": "shop", "name": "s"}, "caBundle": "Q0E="}}
    marks = {"cert-manager.io/inject-ca-from": "shop/cert"} if injected else {}
    made = stripped(an("ValidatingWebhookConfiguration", annotations=marks, webhooks=[hook]))
    assert ("caBundle" in made["webhooks"][0]["clientConfig"]) is not injected


def test_a_webhook_by_url_and_a_conversion_are_told() -> None:
    assert "https://hook.example" in warned(
        an(
            "MutatingWebhookConfiguration",
            webhooks=[{"name": "h", "clientConfig": {"url": "https://hook.example"}}],
        )
    )
    spec = {"group": "a.example", "conversion": {"strategy": "Webhook", "webhook": {"clientConfig": {}}}}
    assert "converted by a webhook" in warned(an("CustomResourceDefinition", spec=spec))


def test_a_binding_of_accounts_elsewhere_is_told() -> None:
    subjects = [{"kind": "ServiceAccount", "name": "a", "namespace": "monitoring"}]
    assert "monitoring" in warned(an("RoleBinding", subjects=subjects, roleRef={}))


# --- what a team maps


def mapped(obj: Object, **mappings: Any) -> Object:
    return adapt(stripped(obj), Mappings(**mappings))[0]


def test_classes_registries_nodes_and_taints_are_renamed() -> None:
    affinity = {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [
                    {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a", "b"]}]}
                ]
            }
        }
    }
    template = pods(
        nodeSelector={"zone": "a", "disk": "ssd"},
        tolerations=[{"key": "old"}, {"key": "gone"}],
        affinity=affinity,
    )
    obj = workload(
        "StatefulSet",
        template=template,
        volumeClaimTemplates=[{"metadata": {"name": "d"}, "spec": {"storageClassName": "gold"}}],
    )
    made = mapped(
        obj,
        storage_classes={"gold": "silver"},
        registries={"registry.old": "registry.new/mirror"},
        node_labels={"zone=a": "zone=az1", "disk=ssd": ""},
        tolerations={"old": "new", "gone": ""},
    )["spec"]
    spec = made["template"]["spec"]
    assert made["volumeClaimTemplates"][0]["spec"]["storageClassName"] == "silver"
    assert spec["containers"][0]["image"] == "registry.new/mirror/app:1"
    assert spec["nodeSelector"] == {"zone": "az1"}
    assert spec["tolerations"] == [{"key": "new"}]
    term = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
        "nodeSelectorTerms"
    ][0]
    assert term["matchExpressions"][0]["values"] == ["az1", "b"]


def test_a_registry_is_matched_at_a_border_and_the_longest_counts() -> None:
    registries = {"reg.io": "new.io", "reg.io/team": "team.io"}
    images = [
        mapped(workload(template=pods(containers=[{"name": "c", "image": image}])), registries=registries)[
            "spec"
        ]["template"]["spec"]["containers"][0]["image"]
        for image in ("reg.io/a:1", "reg.io/team/a:1", "reg.io.evil/a:1")
    ]
    assert images == ["new.io/a:1", "team.io/a:1", "reg.io.evil/a:1"]


def test_an_ingress_class_is_renamed_in_the_field_and_in_the_annotation() -> None:
    field = mapped(an("Ingress", spec={"ingressClassName": "octavia"}), ingress_classes={"octavia": "nginx"})
    mark = mapped(
        an("Ingress", annotations={"kubernetes.io/ingress.class": "octavia"}, spec={}),
        ingress_classes={"octavia": "nginx"},
    )
    assert field["spec"]["ingressClassName"] == "nginx"
    assert mark["metadata"]["annotations"] == {"kubernetes.io/ingress.class": "nginx"}


def patch(*operations: dict[str, Any], kind: str = "ConfigMap") -> ObjectPatch:
    return ObjectPatch(kind=kind, patch=operations)


def test_a_patch_changes_only_what_it_selects() -> None:
    patches = (patch({"op": "replace", "path": "/data/k", "value": "new"}),)
    assert mapped(an("ConfigMap", data={"k": "old"}), patches=patches)["data"] == {"k": "new"}
    assert mapped(an("Secret", data={"k": "b2xk"}), patches=patches)["data"] == {"k": "b2xk"}


@pytest.mark.parametrize(
    "operations",
    [
        [{"op": "replace", "path": "/data/nothing", "value": "x"}],
        [{"op": "test", "path": "/data/k", "value": "other"}],
        [{"op": "replace", "path": "/metadata/name", "value": "y"}],
        [{"op": "remove", "path": "/metadata"}],
        [{"op": "replace", "path": "/apiVersion", "value": "v2"}],
    ],
)
def test_a_patch_that_does_not_fit_or_changes_what_an_object_is_is_refused(
    operations: list[dict[str, Any]],
) -> None:
    with pytest.raises(PatchFailed):
        mapped(an("ConfigMap", data={"k": "v"}), patches=(patch(*operations),))


def test_a_failed_patch_of_a_secret_tells_no_value() -> None:
    with pytest.raises(PatchFailed) as refused:
        mapped(
            an("Secret", data={"k": "aHVudGVyMg=="}),
            patches=(patch({"op": "test", "path": "/data/k", "value": "x"}, kind="Secret"),),
        )
    assert "aHVudGVyMg" not in f"{refused.value.what} {refused.value.why} {refused.value.fix}"


def test_what_is_made_bears_the_migrations_label() -> None:
    made = transformed(an("ConfigMap"), context(), Mappings(), migration="m42")
    assert made.obj["metadata"]["labels"] == {"xk8s.io/migration": "m42"}


# --- properties

scalars = st.text(max_size=5) | st.integers(0, 9) | st.booleans()
bodies = st.dictionaries(
    st.sampled_from(["a", "b", "spec", "data"]),
    st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=2)
        ),
        max_leaves=4,
    ),
    max_size=3,
)
words = st.dictionaries(
    st.sampled_from(["a", "deployment.kubernetes.io/revision", "xk8s.io/held", "team"]),
    st.text(max_size=3),
    max_size=3,
)


@given(
    body=bodies,
    labels=words,
    annotations=words,
    finalizers=st.lists(st.sampled_from(["a/b", "kubernetes.io/x"]), max_size=2),
)
def test_stripping_again_changes_nothing_whatever_the_kind(
    body: Object, labels: dict[str, str], annotations: dict[str, str], finalizers: list[str]
) -> None:
    once = stripped(
        an(
            "Thing",
            api="x.example/v1",
            labels=labels,
            annotations=annotations,
            meta={"finalizers": finalizers},
            **body,
        )
    )
    assert text(stripped(once)) == text(once)


EXAMPLES = [
    service(clusterIP="10.254.0.9", type="NodePort", ports=[{"port": 80, "nodePort": 30001}]),
    bare_pod(),
    workload("StatefulSet"),
    workload("DaemonSet"),
    an(
        "Job",
        spec={
            "selector": {},
            "template": {"metadata": {"labels": dict(JOB_LABELS)}, "spec": {"containers": []}},
        },
    ),
    an("PersistentVolumeClaim", spec={"volumeName": "v", "dataSource": {"name": "s"}}),
    an("Namespace", "shop", spec={"finalizers": ["kubernetes"]}),
    an("Secret", type="kubernetes.io/service-account-token", data={"token": "dA=="}),
    an("ServiceAccount", secrets=[{"name": "t"}]),
    an("StorageClass", provisioner="kubernetes.io/cinder"),
    an("Endpoints", subsets=[{"addresses": [{"ip": "1.2.3.4", "nodeName": "n"}]}]),
    an(
        "ValidatingWebhookConfiguration",
        annotations={"cert-manager.io/inject-ca-from": "a"},
        webhooks=[{"name": "h", "clientConfig": {"caBundle": "x"}}],
    ),
]


@pytest.mark.parametrize("obj", EXAMPLES, ids=lambda obj: obj["kind"])
def test_a_copy_is_stripped_to_the_same_text(obj: Object) -> None:
    """That is how copies are compared: the target's object goes through the same rules."""
    once = stripped(obj)
    again = {
        **once,
        "metadata": {
            **once["metadata"],
            "uid": "other",
            "resourceVersion": "99",
            "creationTimestamp": "2027-01-01T00:00:00Z",
        },
    }
    assert text(stripped(again)) == text(once)


def test_every_kind_of_the_notes_has_its_unit() -> None:
    kinds = {kind for _, kind in UNITS}
    assert kinds >= {
        "Service",
        "PersistentVolumeClaim",
        "Job",
        "CronJob",
        "Pod",
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ServiceAccount",
        "Secret",
        "ValidatingWebhookConfiguration",
        "MutatingWebhookConfiguration",
        "APIService",
        "CustomResourceDefinition",
        "Ingress",
        "Namespace",
        "NetworkPolicy",
        "RoleBinding",
        "ClusterRoleBinding",
        "ConfigMap",
        "Endpoints",
        "EndpointSlice",
        "StorageClass",
        "PodDisruptionBudget",
    }
