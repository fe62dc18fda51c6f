"""What stops a plan, what an approver is shown, and what an approval is bound to."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import json
from typing import Any

import pytest

from bot.drivers.driver import Driver
from bot.migration.inventory.api_discovery import ApiResource, ApiSurface
from bot.migration.inventory.exclusions import ExclusionReason
from bot.migration.inventory.target_facts import TargetFacts
from bot.migration.objects.digest_keys import DigestKeys
from bot.migration.objects.manifest import Object, Ref, ref_of
from bot.migration.objects.modes import Mode
from bot.migration.planning.builder import PlanRequest, build
from bot.migration.planning.findings import Weight
from bot.migration.planning.plan import AddressRecipe, ClusterSide, MigrationPlan
from bot.migration.planning.survey import Survey
from bot.migration.source.drift import drift
from bot.policy.cluster_state import ClusterState
from bot.policy.reach import model, parser
from bot.settings.file import Mappings, ObjectSelector
from tests.unit.migration.builders import SERVED, an, inventory, pods, workload

KEY = b"a key"
HOME = an("Namespace", "shop")


def policies_of(objects: tuple[Object, ...]) -> tuple[model.Policy, ...]:
    return tuple(
        parser.parse_policy(dict(each.items())) for each in objects if each["kind"] == "NetworkPolicy"
    )


def pods_of(objects: tuple[Object, ...]) -> tuple[model.Pod, ...]:
    return tuple(
        model.Pod(
            namespace=each["metadata"]["namespace"],
            name=each["metadata"]["name"],
            labels=each["metadata"].get("labels", {}),
        )
        for each in objects
        if each["kind"] == "Pod"
    )


def plan(*objects: Object, **asked: Any) -> MigrationPlan:
    return planned_by(DigestKeys(known=(KEY,)), *objects, **asked)


def planned_by(
    keys: DigestKeys,
    *objects: Object,
    facts: TargetFacts | None = None,
    to: Driver = Driver("calico"),
    **asked: Any,
) -> MigrationPlan:
    everything = (HOME, *objects)
    read = inventory(*everything, surface=asked.pop("surface", SERVED))
    survey = Survey(
        inventory=read,
        target=facts or TargetFacts(exists=False, surface=SERVED),
        strangers=asked.pop("strangers", ()),
        snapshot=ClusterState(
            cluster=model.ClusterModel(
                pods=pods_of(everything),
                policies=policies_of(everything),
                namespaces=(model.Namespace("shop"),),
            ),
            policies={},
        ),
    )
    source = ClusterSide(
        name="dev", driver=Driver("calico") if to == Driver("flannel") else Driver("flannel"), id="u1"
    )
    given: dict[str, Any] = {
        "migration": "m1",
        "source": source,
        "target": ClusterSide(name="new", driver=to, template="t"),
        "same_project": True,
    }
    return build(PlanRequest(**{**given, **asked}), survey, keys.current, mark=keys.mark)


def said(made: MigrationPlan, weight: Weight = Weight.WARNING) -> str:
    return "\n".join(f"{each.what} {each.why} {each.fix}" for each in made.of(weight))


def blocked(*objects: Object, **asked: Any) -> str:
    return said(plan(*objects, **asked), Weight.BLOCKER)


def test_a_plan_of_nothing_special_has_no_blockers_and_says_what_it_does() -> None:
    made = plan(workload(name="web"), an("ConfigMap", "settings"))
    assert not made.blockers
    assert {item.ref.kind: item.mode for item in made.items} == {
        "Namespace": Mode.COPIED,
        "Deployment": Mode.AT_CUT_OVER,
        "ConfigMap": Mode.COPIED,
    }


def test_a_plan_is_json_and_comes_back_equal_without_any_secret() -> None:
    made = plan(an("Secret", "s", data={"password": base64.b64encode(b"hunter2").decode()}), workload())
    text = made.model_dump_json()
    assert MigrationPlan.model_validate_json(text) == made
    assert "hunter2" not in text and base64.b64encode(b"hunter2").decode() not in text


def test_an_approval_is_bound_to_what_is_configured_and_not_to_what_happens() -> None:
    web = workload(name="web")
    busy = {**web, "status": {"readyReplicas": 1}, "metadata": {**web["metadata"], "resourceVersion": "99"}}
    other = {**web, "spec": {**web["spec"], "replicas": 9}}
    assert plan(web).bound() == plan(busy).bound()
    assert plan(web).bound() != plan(other).bound()
    assert plan(web).bound() != plan(web, target=ClusterSide(name="else", driver=Driver("calico"))).bound()
    assert plan(web).bound() != plan(web, early=("shop/web",)).bound()
    anew = {**web, "metadata": {**web["metadata"], "uid": "another"}}
    assert plan(web).bound() != plan(anew).bound()


def test_replicas_that_an_autoscaler_sets_do_not_void_an_approval() -> None:
    web = workload(name="web")
    scaler = an(
        "HorizontalPodAutoscaler",
        "web",
        spec={
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": 1,
        },
    )
    scaled = {**web, "spec": {**web["spec"], "replicas": 9}}
    assert plan(web, scaler).bound() == plan(scaled, scaler).bound()


# --- API versions


def test_an_older_target_is_refused() -> None:
    assert "older" in blocked(
        facts=TargetFacts(exists=True, surface=dataclasses.replace(SERVED, version="v1.28.0"))
    )


def test_objects_of_a_version_that_the_target_does_not_serve_block_with_the_reason() -> None:
    old = ApiResource(
        group="policy",
        version="v1beta1",
        kind="PodSecurityPolicy",
        plural="podsecuritypolicies",
        namespaced=False,
    )
    surface = ApiSurface(version="v1.24.0", resources=(*SERVED.resources, old))
    facts = TargetFacts(exists=True, surface=SERVED)
    psp = an("PodSecurityPolicy", "p", api="policy/v1beta1", meta={"namespace": ""})
    text = blocked(psp, surface=surface, facts=facts)
    assert "1 objects of PodSecurityPolicy in policy/v1beta1" in text and "Kubernetes 1.25 removed it" in text
    assert not blocked(
        psp, surface=surface, facts=facts, mappings=Mappings(skip=(ObjectSelector(kind="PodSecurityPolicy"),))
    )


def test_objects_of_a_definition_that_is_copied_are_served() -> None:
    spec = {
        "group": "shop.example",
        "scope": "Namespaced",
        "names": {"kind": "Coupon", "plural": "coupons"},
        "versions": [{"name": "v1"}],
    }
    coupon = ApiResource(group="shop.example", version="v1", kind="Coupon", plural="coupons", namespaced=True)
    made = plan(
        an("CustomResourceDefinition", "coupons.shop.example", spec=spec),
        an("Coupon", "c", api="shop.example/v1"),
        surface=ApiSurface(version="v1.29.5", resources=(*SERVED.resources, coupon)),
        facts=TargetFacts(exists=True, surface=SERVED),
    )
    assert not made.blockers
    assert Ref("shop.example", "Coupon", "shop", "c") in made.by_ref


# --- volumes, classes, places


def test_claims_without_a_choice_block_and_with_one_do_not() -> None:
    claim = an(
        "PersistentVolumeClaim",
        "data",
        spec={"volumeName": "pv", "storageClassName": "fast"},
        status={"phase": "Bound"},
    )
    disk = an(
        "PersistentVolume",
        "pv",
        spec={"csi": {"driver": "cinder.csi.openstack.org", "volumeHandle": "d"}, "storageClassName": "fast"},
    )
    assert "shop/data" in blocked(claim, disk)
    assert not blocked(claim, disk, volumes=("reattach",))
    skipped = plan(claim, disk, volumes=("skip",))
    assert [each.ref.name for each in skipped.left_for([ExclusionReason.ASKED])] == ["data"]


def test_a_storage_class_that_nobody_brings_blocks() -> None:
    claim = an(
        "PersistentVolumeClaim", "data", spec={"storageClassName": "gold"}, status={"phase": "Pending"}
    )
    asked: dict[str, Any] = {"volumes": ("empty",)}
    assert "no StorageClass gold" in blocked(claim, **asked)
    assert not blocked(claim, an("StorageClass", "gold", provisioner="cinder.csi.openstack.org"), **asked)
    assert "no StorageClass silver" in blocked(
        claim, mappings=Mappings(storage_classes={"gold": "silver"}), **asked
    )


def test_a_claim_without_a_class_needs_a_default_one() -> None:
    claim = an("PersistentVolumeClaim", "data", spec={}, status={"phase": "Pending"})
    assert "no default StorageClass" in blocked(claim, volumes=("empty",))


def test_an_ingress_class_that_nobody_serves_blocks() -> None:
    ingress = an("Ingress", spec={"ingressClassName": "octavia"})
    assert "no IngressClass octavia" in blocked(ingress)
    assert not blocked(ingress, an("IngressClass", "octavia"))


def test_a_selector_that_no_node_of_the_target_fits_blocks_unless_it_is_mapped() -> None:
    gpu = workload(template=pods(nodeSelector={"gpu": "true"}))
    facts = TargetFacts(
        exists=True,
        surface=SERVED,
        nodes=(
            an(
                "Node",
                "n",
                labels={"accelerator": "yes"},
                status={"allocatable": {"cpu": "8", "memory": "8Gi"}},
            ),
        ),
    )
    assert "gpu=true" in blocked(gpu, facts=facts)
    assert not blocked(gpu, facts=facts, mappings=Mappings(node_labels={"gpu=true": "accelerator=yes"}))


def test_too_few_nodes_block() -> None:
    container = {"name": "c", "resources": {"requests": {"cpu": "3", "memory": "1Gi"}}}
    web = workload(name="web")
    running = [an("Pod", f"web-{n}", owner=web, spec={"containers": [container]}) for n in range(3)]
    facts = TargetFacts(
        exists=True,
        surface=SERVED,
        nodes=(an("Node", "n", status={"allocatable": {"cpu": "4", "memory": "64Gi"}}),),
    )
    assert "4 of cores, 9" in blocked(web, *running, facts=facts)


def test_a_quota_that_what_runs_does_not_fit_into_blocks() -> None:
    assert "2 pods do not fit" in blocked(workload(), an("ResourceQuota", "q", spec={"hard": {"pods": "1"}}))


def test_host_paths_and_missing_secrets_are_told_and_inline_cinder_blocks() -> None:
    volumes = [{"name": "h", "hostPath": {"path": "/data"}}, {"name": "s", "secret": {"secretName": "tls"}}]
    text = said(plan(workload(template=pods(volumes=volumes))))
    assert "host path /data" in text and "needs Secret tls it is not on the source either" in text
    assert "without a claim" in blocked(
        workload(template=pods(volumes=[{"name": "c", "cinder": {"volumeID": "d"}}]))
    )


# --- what runs


def test_what_may_not_start_early_blocks() -> None:
    assert "StatefulSet shop/db cannot start early" in blocked(
        workload("StatefulSet", "db"), early=("shop/db",)
    )
    assert "no workload shop/nobody" in blocked(early=("shop/nobody",))


def test_an_autoscaler_that_would_wake_its_workload_blocks() -> None:
    scaler = an(
        "HorizontalPodAutoscaler",
        spec={
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"},
            "minReplicas": 0,
        },
    )
    assert "minReplicas 0" in blocked(workload(), scaler)


def test_gitops_bare_pods_running_jobs_and_strangers_are_told() -> None:
    kept = workload(name="web")
    kept["metadata"]["annotations"] = {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web"}
    made = plan(
        kept,
        an("Pod", "tool", spec={"containers": []}),
        an("Job", "import", spec={"template": {"spec": {"containers": []}}}),
        strangers=("my-vpn",),
    )
    for words in ("Argo CD keeps 1 workload", "1 bare pod is not copied", "1 Job", "my-vpn"):
        assert words in said(made)


# --- what outside sees


def test_an_address_that_changes_is_told_and_one_that_moves_too() -> None:
    service = an(
        "Service",
        "web",
        spec={"type": "LoadBalancer", "ports": []},
        status={"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}},
    )
    made = plan(service)
    assert "the address of shop/web changes it is 203.0.113.7 today" in said(made)
    kept = plan(service, mappings=Mappings(addresses="keep"))
    assert [each.recipe for each in kept.balancers] == [AddressRecipe.SAME_ADDRESS]
    assert "moves to the new cluster" in said(kept)


def test_a_webhook_without_its_backend_blocks() -> None:
    hook = {"name": "h", "clientConfig": {"service": {"namespace": "shop", "name": "guard"}}}
    webhook = an("ValidatingWebhookConfiguration", "w", webhooks=[hook])
    assert "calls shop/guard, which is not copied" in blocked(webhook)
    assert not blocked(webhook, an("Service", "guard", spec={"selector": {"a": "b"}}))


# --- policies

WEB, DB = (
    an("Pod", "web", labels={"app": "web"}, spec={"containers": []}),
    an(
        "Pod",
        "db",
        labels={"app": "db"},
        spec={"containers": [{"name": "c", "ports": [{"containerPort": 5432}]}]},
    ),
)
CLOSED = an(
    "NetworkPolicy",
    "closed",
    spec={"podSelector": {"matchLabels": {"app": "db"}}, "policyTypes": ["Ingress"]},
)


def test_policies_that_were_never_enforced_are_told_connection_by_connection() -> None:
    made = plan(WEB, DB, CLOSED)
    cut = {(each.source, each.destination): each for each in made.network.closes}
    assert cut["shop/web[Pod]", "shop/db[Pod]"].ports == "All Connections"
    assert cut["shop/web[Pod]", "shop/db[Pod]"].served == "TCP 5432"
    assert "Flannel has never enforced the 1 policy, Calico will" in said(made)
    assert not made.network.opens


def test_isolation_that_is_lost_is_told_too() -> None:
    made = plan(WEB, DB, CLOSED, to=Driver("flannel"))
    assert ("shop/web[Pod]", "shop/db[Pod]") in {
        (each.source, each.destination) for each in made.network.opens
    }
    assert not made.network.closes
    assert "isolation is lost" in said(made)


def test_drivers_that_are_alike_change_nothing() -> None:
    same = plan(WEB, DB, CLOSED, source=ClusterSide(name="dev", driver=Driver("calico")))
    assert not same.network.computed and not same.network.closes


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"podSelector": {"matchLabels": {"app": "bd"}}, "policyTypes": ["Ingress"]}, "selects no pod"),
        (
            {"podSelector": {}, "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "wbe"}}}]}]},
            "allows nothing",
        ),
        (
            {
                "podSelector": {},
                "egress": [{"to": [{"ipBlock": {"cidr": "10.254.0.10/32"}}]}],
                "policyTypes": ["Egress"],
            },
            "names the service address 10.254.0.10/32",
        ),
    ],
)
def test_policies_that_will_do_something_else_than_meant_are_told(spec: Object, words: str) -> None:
    assert words in said(plan(WEB, DB, an("NetworkPolicy", "p", spec=spec)))


def test_a_node_port_behind_a_policy_that_allows_pods_only_is_told() -> None:
    service = an(
        "Service",
        "db",
        spec={"type": "NodePort", "selector": {"app": "db"}, "ports": [{"port": 5432, "nodePort": 30001}]},
    )
    node = an("Node", "n", status={"addresses": [{"type": "InternalIP", "address": "10.0.1.11"}]})
    pods_only = an(
        "NetworkPolicy",
        "p",
        spec={"podSelector": {"matchLabels": {"app": "db"}}, "ingress": [{"from": [{"podSelector": {}}]}]},
    )
    by_node = an(
        "NetworkPolicy",
        "q",
        spec={
            "podSelector": {"matchLabels": {"app": "db"}},
            "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.1.0/24"}}]}],
        },
    )
    assert "Service shop/db will not be reached from outside" in said(plan(DB, service, node, pods_only))
    assert "will not be reached" not in said(plan(DB, service, node, pods_only, by_node))


def test_a_host_port_behind_a_policy_is_told() -> None:
    exposed = an(
        "Pod",
        "agent",
        labels={"app": "db"},
        spec={"containers": [{"name": "c", "ports": [{"containerPort": 80, "hostPort": 80}]}]},
    )
    assert "1 workload with host ports isolated" in said(plan(exposed, CLOSED))


def test_a_webhook_backend_that_the_api_server_cannot_reach_is_told() -> None:
    hook = {
        "name": "guard.example",
        "clientConfig": {"service": {"namespace": "shop", "name": "db", "port": 443}},
    }
    service = an(
        "Service", "db", spec={"selector": {"app": "db"}, "ports": [{"port": 443, "targetPort": 8443}]}
    )
    node = an("Node", "n", status={"addresses": [{"type": "InternalIP", "address": "10.0.1.11"}]})
    made = plan(DB, service, node, CLOSED, an("ValidatingWebhookConfiguration", "w", webhooks=[hook]))
    assert "webhook guard.example will not be reached by the API server" in said(made)


# --- Helm


def record(manifest: str) -> Object:
    body = json.dumps({"name": "web", "namespace": "shop", "manifest": manifest}).encode()
    data = base64.b64encode(base64.b64encode(gzip.compress(body))).decode()
    return an(
        "Secret",
        "sh.helm.release.v1.web.v1",
        type="helm.sh/release.v1",
        labels={"status": "deployed"},
        data={"release": data},
    )


def test_a_release_whose_objects_are_not_all_copied_is_told_and_a_whole_one_is_not() -> None:
    manifest = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n---\napiVersion: policy/v1beta1\nkind:"
        " PodDisruptionBudget\nmetadata: {name: web}\n"
    )
    text = said(plan(record(manifest), an("ConfigMap", "settings")))
    assert "1 object of the release web not copied PodDisruptionBudget shop/web" in text
    assert "names policy/v1beta1" in text
    whole = plan(
        record("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"), an("ConfigMap", "settings")
    )
    assert "Helm" not in {each.about for each in whole.warnings}


def test_a_record_that_is_no_release_is_told_and_not_shown() -> None:
    broken = an(
        "Secret",
        "r",
        type="helm.sh/release.v1",
        labels={"status": "deployed"},
        data={"release": "aHVudGVyMg=="},
    )
    assert "cannot be read" in said(plan(broken))


# --- the second look


def test_the_second_look_names_what_changed_went_and_came() -> None:
    web, gone = workload(name="web"), an("ConfigMap", "gone")
    made = plan(web, gone, an("ConfigMap", "kept"))
    changed = {**web, "spec": {**web["spec"], "replicas": 7}}
    found = drift(
        made, inventory(HOME, changed, an("ConfigMap", "kept"), an("ConfigMap", "new")), Mappings(), KEY
    )
    assert [ref.name for ref in found.changed] == ["web"]
    assert [ref.name for ref in found.gone] == ["gone"]
    assert [ref.name for ref in found.new] == ["new"]
    assert [ref.name for ref in found.replaced] == ["kept"]
    assert bool(found) and "Deployment shop/web (changed)" in list(found.lines())


def test_a_namespace_that_was_made_since_is_new_unless_namespaces_were_chosen() -> None:
    made = plan(workload(name="web"))
    later = inventory(HOME, an("Namespace", "late"), an("Namespace", "kube-system"))
    assert [ref.name for ref in drift(made, later, Mappings(), KEY).new] == ["late"]
    chosen = made.model_copy(update={"everything": False})
    assert drift(chosen, later, Mappings(), KEY).new == ()


def test_a_source_that_stayed_as_it_was_shows_no_drift() -> None:
    objects = [HOME, workload(name="web"), an("Secret", "s", data={"a": "Yg=="})]
    made = plan(*objects[1:])
    assert not drift(made, inventory(*objects), Mappings(), KEY)
    assert ref_of(objects[1]) in made.by_ref
