"""Kinds by what they do."""

from __future__ import annotations

from bot.migration.objects.fields import Ref, ref_of
from bot.migration.objects.kinds import (
    bound_role,
    is_load_balancer,
    is_workload,
    service_accounts,
    webhook_services,
)
from tests.unit.migration.builders import an, workload


def test_a_workload_runs_pods_or_is_one() -> None:
    assert all(is_workload(ref_of(obj)) for obj in (workload(), an("Pod"), an("CronJob"), an("Job")))
    assert not is_workload(ref_of(an("Deployment", api="other.example/v1")))


def test_only_a_service_of_that_type_is_a_load_balancer() -> None:
    assert is_load_balancer(an("Service", spec={"type": "LoadBalancer"}))
    assert not is_load_balancer(an("Service", spec={"type": "NodePort"}))
    assert not is_load_balancer(an("Service", api="serving.knative.dev/v1", spec={"type": "LoadBalancer"}))


def test_a_webhook_calls_a_service_or_a_url() -> None:
    service = {"namespace": "shop", "name": "guard"}
    hooks = [{"name": "a", "clientConfig": {"service": service}}, {"name": "b", "clientConfig": {"url": "x"}}]
    called = webhook_services(an("ValidatingWebhookConfiguration", webhooks=hooks))
    assert [(hook["name"], called_service) for hook, called_service in called] == [
        ("a", service),
        ("b", None),
    ]


def test_an_account_without_a_namespace_is_in_that_of_its_binding() -> None:
    subjects = [
        {"kind": "ServiceAccount", "name": "a"},
        {"kind": "ServiceAccount", "name": "b", "namespace": "other"},
        {"kind": "Group", "name": "ops"},
    ]
    assert service_accounts(an("RoleBinding", subjects=subjects)) == {("shop", "a"), ("other", "b")}


def test_a_role_is_in_the_namespace_of_its_binding_and_a_cluster_role_in_none() -> None:
    rbac = "rbac.authorization.k8s.io"
    role = an("RoleBinding", roleRef={"kind": "Role", "name": "r"})
    cluster_role = an("RoleBinding", roleRef={"kind": "ClusterRole", "name": "r"})
    assert bound_role(role) == Ref(rbac, "Role", "shop", "r")
    assert bound_role(cluster_role) == Ref(rbac, "ClusterRole", "", "r")
