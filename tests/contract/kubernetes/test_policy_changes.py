"""Changes of policies against a real API's answers: planned, carried out once, and truthful when it goes
wrong.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.adapters.kube import errors, paths, writes
from bot.adapters.kube.client import KubeClient
from bot.policy import apply, change_plan, cluster_state
from bot.policy.errors import ChangedSince, ChangeNotFound, NotWritten, OutcomeUnknown, OwnedByOthers
from bot.policy.preview import PolicyCluster
from bot.policy.reach.model import PolicyRef
from storage.database import Database
from storage.policy_changes import GIVEN_UP, WRITTEN, PolicyChange, PolicyChangeRepository
from tests.contract.kubernetes.conftest import Api
from tests.contract.kubernetes.test_client import connect, endpoint, kube

__all__ = ["kube"]

CLUSTER = PolicyCluster(project="shop", name="c", id="c1", production=False, driver="Calico", enforces=True)


@pytest.fixture
def changes(sqlite_url: str) -> Iterator[PolicyChangeRepository]:
    opened = Database.open(sqlite_url)
    opened.upgrade()
    yield PolicyChangeRepository(opened)
    opened.dispose()


@pytest.fixture
def name(kube: KubeClient) -> Iterator[str]:
    name = f"xk8s-test-{uuid.uuid4().hex[:8]}"
    yield name
    writes.delete(kube, path(name))


def path(name: str) -> str:
    return change_plan.path_of(PolicyRef("default", name))


def policy(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"podSelector": {}, **spec},
    }


def recorded(changes: PolicyChangeRepository, plan: change_plan.PolicyChangePlan) -> PolicyChange:
    author = apply.ChangeAuthor(operation=uuid.uuid4().hex, actor="U1", at=datetime.now(UTC))
    return apply.record_begun(changes, plan, author)


def state(changes: PolicyChangeRepository, change: PolicyChange) -> str:
    record = changes.get(change.operation)
    assert record is not None
    return record.state


def test_a_cluster_is_read_whole_with_workloads_and_addresses(kube: KubeClient, name: str) -> None:
    writes.apply(kube, path(name), policy(name))
    state = cluster_state.read_cluster_state(kube)
    assert {"default", "kube-system"} <= state.namespaces and state.cluster.nodes[0].addresses
    dns = [pod for pod in state.cluster.pods if pod.labels.get("k8s-app") == "kube-dns"]
    assert dns and all(pod.addresses and pod.owner.kind == "Deployment" for pod in dns)
    obj = state.policies[PolicyRef("default", name)]
    assert obj["kind"] == "NetworkPolicy" and obj["metadata"]["managedFields"]
    assert not state.incomplete


def test_an_apply_a_change_of_it_and_both_roll_backs(
    kube: KubeClient, changes: PolicyChangeRepository, name: str
) -> None:
    first = apply.execute(
        kube, changes, recorded(changes, change_plan.plan_apply(kube, CLUSTER, policy(name)))
    )
    assert first.state == WRITTEN and first.before is None and first.after_uid
    narrower = policy(name, policyTypes=["Ingress", "Egress"])
    second = apply.execute(kube, changes, recorded(changes, change_plan.plan_apply(kube, CLUSTER, narrower)))
    assert second.before == first.after and second.after_uid == first.after_uid

    rollback = recorded(changes, change_plan.plan_rollback(kube, CLUSTER, second))
    apply.execute(kube, changes, rollback)
    live = writes.read(kube, path(name))
    assert live is not None and writes.without_server_fields(live) == first.after
    reverted = changes.get(second.operation)
    assert reverted is not None and reverted.undone_by == rollback.operation
    # what a roll-back wrote is our own: it is written over without a conflict
    third = apply.execute(kube, changes, recorded(changes, change_plan.plan_apply(kube, CLUSTER, narrower)))
    assert third.state == WRITTEN
    with pytest.raises(ChangedSince):
        change_plan.plan_rollback(kube, CLUSTER, first)
    apply.execute(kube, changes, recorded(changes, change_plan.plan_rollback(kube, CLUSTER, third)))


def test_somebody_who_writes_between_plan_and_write_is_not_written_over(
    kube: KubeClient, changes: PolicyChangeRepository, name: str
) -> None:
    writes.apply(kube, path(name), policy(name), manager="kubectl")
    record = recorded(changes, change_plan.plan_apply(kube, CLUSTER, policy(name, ingress=[{}])))
    writes.apply(kube, path(name), policy(name, egress=[{}]), manager="kubectl")
    with pytest.raises(ChangedSince) as refusal:
        apply.execute(kube, changes, record)
    assert (
        "spec.egress: nothing → [{}]" in refusal.value.why and "last written by kubectl" in refusal.value.why
    )
    assert state(changes, record) == GIVEN_UP
    with pytest.raises(NotWritten, match="was given up before"):
        apply.execute(kube, changes, dataclasses.replace(record, state=GIVEN_UP), resumed=True)


def test_somebody_who_deletes_between_plan_and_write_is_told(
    kube: KubeClient, changes: PolicyChangeRepository, name: str
) -> None:
    writes.apply(kube, path(name), policy(name))
    update = recorded(changes, change_plan.plan_apply(kube, CLUSTER, policy(name, ingress=[{}])))
    delete = recorded(changes, change_plan.plan_delete(kube, CLUSTER, PolicyRef("default", name)))
    writes.delete(kube, path(name))
    with pytest.raises(ChangedSince, match="changed by somebody else") as refusal:
        apply.execute(kube, changes, update)
    assert refusal.value.why == "it was deleted in the meantime"
    assert apply.execute(kube, changes, delete).state == WRITTEN, "what was to be gone is gone"


def test_a_policy_that_somebody_made_at_the_same_moment_cannot_be_taken_back(
    kube: KubeClient, changes: PolicyChangeRepository, name: str
) -> None:
    unwritten = recorded(changes, change_plan.plan_apply(kube, CLUSTER, policy(name)))
    writes.apply(kube, path(name), policy(name), manager="kubectl")
    record = apply.execute(kube, changes, unwritten)
    assert record.state == WRITTEN and "at the same moment" in record.note
    with pytest.raises(ChangeNotFound, match="cannot be taken back"):
        change_plan.plan_rollback(kube, CLUSTER, record)


def test_fields_of_others_are_named_and_taken_over_only_when_told_to(
    kube: KubeClient, changes: PolicyChangeRepository, name: str
) -> None:
    writes.apply(kube, path(name), policy(name, policyTypes=["Egress"]), manager="helm")
    manifest = policy(name, policyTypes=["Ingress"])
    plan = change_plan.plan_apply(kube, CLUSTER, manifest)
    assert [(takeover.manager, takeover.field) for takeover in plan.preview.takeovers] == [
        ("helm", ".spec.policyTypes")
    ]
    record = recorded(changes, plan)
    with pytest.raises(OwnedByOthers) as refusal:
        apply.execute(kube, changes, record)
    assert refusal.value.why == "helm owns .spec.policyTypes" and state(changes, record) == GIVEN_UP
    again = recorded(changes, change_plan.plan_apply(kube, CLUSTER, manifest, take_over=True))
    assert apply.execute(kube, changes, again, take_over=True).after["spec"]["policyTypes"] == ["Ingress"]  # type: ignore[index]


@pytest.mark.parametrize("there_before", [True, False], ids=["changed", "created"])
def test_a_write_whose_answer_is_lost_is_repeated_and_not_taken_for_somebody_elses(
    running: Api, changes: PolicyChangeRepository, there_before: bool
) -> None:
    kube, api = connect(endpoint(running)), running.cluster.api
    if there_before:
        writes.apply(kube, path("answered-late"), policy("answered-late"))
    plan = change_plan.plan_apply(kube, CLUSTER, policy("answered-late", ingress=[{}]))
    unwritten = recorded(changes, plan)
    serve, lost = api.serve, list[Any]()

    async def serve_and_fail_once(request: Any, target: Any, verb: str) -> Any:
        answer = await serve(request, target, verb)
        if verb == "patch" and not lost:
            lost.append(answer)
            api.faults.status, api.faults.times = 503, 2
            await api.faults.before_request()
        return answer

    api.serve = serve_and_fail_once
    try:
        record = apply.execute(kube, changes, unwritten)
    finally:
        api.serve = serve
    assert (
        lost
        and record.state == WRITTEN
        and record.after is not None
        and record.after["spec"]["ingress"] == [{}]
    )
    assert not record.note and change_plan.plan_rollback(kube, CLUSTER, record).desired == record.before
    writes.delete(kube, path("answered-late"))


def test_a_server_that_fails_before_it_writes_changes_nothing_and_says_so(
    running: Api, changes: PolicyChangeRepository
) -> None:
    kube = connect(endpoint(running))
    unwritten = recorded(changes, change_plan.plan_apply(kube, CLUSTER, policy("not-written")))
    faults = running.cluster.api.faults
    faults.status, faults.times = 500, 4
    with pytest.raises(errors.ServerFailed):
        apply.execute(kube, changes, unwritten)
    assert state(changes, unwritten) == GIVEN_UP and writes.read(kube, path("not-written")) is None


def test_a_server_that_never_answers_again_leaves_it_unknown_and_a_later_look_finishes_it(
    running: Api, changes: PolicyChangeRepository
) -> None:
    kube = connect(endpoint(running))
    unwritten = recorded(changes, change_plan.plan_apply(kube, CLUSTER, policy("unclear")))
    faults = running.cluster.api.faults
    faults.status, faults.times = 500, 8
    with pytest.raises(OutcomeUnknown) as refusal:
        apply.execute(kube, changes, unwritten)
    assert refusal.value.outcome == "unknown" and "policy show unclear" in refusal.value.fix
    record = changes.get(unwritten.operation)
    assert record is not None and record.state == "begun"
    assert apply.execute(kube, changes, record, resumed=True).state == WRITTEN
    writes.delete(kube, path("unclear"))


def test_a_namespace_that_is_being_deleted_is_refused_by_the_server_itself(
    running: Api, changes: PolicyChangeRepository
) -> None:
    kube = connect(endpoint(running))
    writes.create(
        kube, "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "going"}}
    )
    manifest = {**policy("late"), "metadata": {"name": "late", "namespace": "going"}}
    unwritten = recorded(changes, change_plan.plan_apply(kube, CLUSTER, manifest))
    finalized = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "held", "namespace": "going", "finalizers": ["xk8s.dev/test"]},
    }
    writes.create(kube, paths.collection("v1", "configmaps", "going"), finalized)
    writes.delete(kube, paths.item("v1", "namespaces", "going"))
    with pytest.raises(errors.NamespaceTerminating) as refusal:
        apply.execute(kube, changes, unwritten)
    assert "because it is being terminated" in refusal.value.why and state(changes, unwritten) == GIVEN_UP
    writes.patch(kube, paths.item("v1", "configmaps", "held", "going"), {"metadata": {"finalizers": None}})
