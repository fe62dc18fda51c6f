"""What Octavia says of the load balancers of copied Services, and the addresses of Ingresses."""

from __future__ import annotations

import dataclasses

import pytest

from bot.adapters.openstack.cloud_services import LoadBalancer, LoadBalancerPool
from bot.adapters.openstack.service_client import CloudForbidden, CloudNotFound, NoSuchService
from bot.common.problems import Problem
from bot.migration.objects.fields import Object, Ref, ref_of
from bot.migration.planning.plan import AddressRecipe, MigrationPlan, PlannedLoadBalancer
from bot.migration.proof import load_balancers
from bot.migration.proof.proof_result import ProofResult
from tests.unit.migration.builders import an, inventory, plan

WEB = Ref("", "Service", "shop", "web")
ID = "loadbalancer.openstack.org/load-balancer-id"
GOOD = LoadBalancer(
    id="lb-1",
    provisioning="ACTIVE",
    operating="ONLINE",
    pools=(
        LoadBalancerPool(
            listener="listener_0_kube_service_c_shop_web", operating="ONLINE", members=("ONLINE", "ERROR")
        ),
    ),
)


@dataclasses.dataclass
class Octavia:
    """One load balancer, or a refusal."""

    answer: LoadBalancer = GOOD
    refusal: Problem | None = None
    named: str = ""

    def balancer(self, balancer: str) -> LoadBalancer:
        if self.refusal is not None:
            raise self.refusal
        assert balancer == self.answer.id
        return self.answer

    def balancer_by_description(self, text: str) -> str:
        assert text == "Kubernetes external service shop/web from cluster c"
        return self.named


def service(marked: bool = True, **spec: str) -> Object:
    return an(
        "Service", "web", annotations={ID: "lb-1"} if marked else {}, spec={"type": "LoadBalancer", **spec}
    )


def planned() -> MigrationPlan:
    balancer = PlannedLoadBalancer(
        service=WEB, uid="u", addresses=("203.0.113.9",), internal=False, recipe=AddressRecipe.NEW_ADDRESS
    )
    return plan(service(), balancers=(balancer,))


def check(octavia: Octavia | None, live: Object | None = None) -> ProofResult:
    return load_balancers.check(planned(), inventory(live or service()), octavia, "c")


def test_one_that_is_active_online_and_answered_by_a_member_is_good() -> None:
    result = check(Octavia())
    assert (result.checked_count, result.faults, result.unchecked) == (1, (), ())


def pooled(*members: str) -> LoadBalancer:
    pool = LoadBalancerPool(listener="listener_0_kube_service_c_shop_web", operating="ERROR", members=members)
    return dataclasses.replace(GOOD, pools=(pool,))


@pytest.mark.parametrize(
    ("balancer", "words"),
    [
        (dataclasses.replace(GOOD, provisioning="ERROR"), "provisioning_status ERROR"),
        (dataclasses.replace(GOOD, operating="DEGRADED"), "operating_status DEGRADED"),
        (dataclasses.replace(GOOD, pools=()), "it leads nowhere"),
        (pooled("ERROR", "OFFLINE"), "members: ERROR, OFFLINE"),
        (pooled(), "members: none"),
    ],
    ids=["not-active", "degraded", "no-pool", "no-member-online", "no-members"],
)
def test_what_is_wrong_is_named_with_the_service(balancer: LoadBalancer, words: str) -> None:
    [fault] = check(Octavia(balancer)).faults
    assert str(fault).startswith("Service shop/web") and words in fault.actual


def test_with_the_local_policy_degraded_is_how_it_works() -> None:
    degraded = dataclasses.replace(GOOD, operating="DEGRADED")
    assert not check(Octavia(degraded), service(externalTrafficPolicy="Local")).faults


def test_one_that_nothing_watches_is_reported_as_not_checked() -> None:
    result = check(Octavia(pooled("NO_MONITOR", "NO_MONITOR")))
    assert not result.faults and "no health monitor" in result.unchecked[0]


def test_pools_of_another_service_on_the_same_load_balancer_do_not_count() -> None:
    admin_pool = LoadBalancerPool(
        listener="listener_0_kube_service_c_shop_web-admin", operating="ERROR", members=("ERROR",)
    )
    assert not check(Octavia(dataclasses.replace(GOOD, pools=(*GOOD.pools, admin_pool)))).faults


def test_one_without_a_mark_is_found_by_its_description() -> None:
    assert not check(Octavia(named="lb-1"), service(marked=False)).faults
    assert "another controller makes it" in check(Octavia(), service(marked=False)).unchecked[0]


@pytest.mark.parametrize(
    "refusal",
    [CloudForbidden("no", why="HTTP 403: policy"), NoSuchService("no", why="HTTP 403: policy")],
    ids=["403", "no-octavia"],
)
def test_an_octavia_that_does_not_answer_is_reported_as_not_checked(refusal: Problem) -> None:
    result = check(Octavia(refusal=refusal))
    assert (result.checked_count, result.faults) == (0, ()) and result.unchecked == (
        "the load balancer of shop/web: HTTP 403: policy",
    )


def test_a_project_without_a_cloud_is_reported_as_not_checked() -> None:
    assert check(None).unchecked == ("load balancers of 1 Service: the project has no cloud to ask",)


def test_one_that_is_gone_from_octavia_is_a_fault() -> None:
    [fault] = check(Octavia(refusal=CloudNotFound("gone"))).faults
    assert "Octavia has no load balancer lb-1" in fault.actual


def test_an_ingress_has_an_address_if_it_had_one() -> None:
    without = an("Ingress", "shop", status={"loadBalancer": {"ingress": [{}]}})
    with_address = an("Ingress", "shop", status={"loadBalancer": {"ingress": [{"ip": "203.0.113.9"}]}})
    ref = ref_of(with_address)
    assert not load_balancers.check_ingresses(plan(with_address), (ref,), inventory(with_address)).faults
    assert "it has no address" in str(
        load_balancers.check_ingresses(plan(with_address), (ref,), inventory(without)).faults[0]
    )
    assert not load_balancers.check_ingresses(plan(with_address), (), inventory(without)).faults, (
        "it had none before"
    )
    assert not load_balancers.check_ingresses(plan(), (ref,), inventory()).faults, "it was left out"
