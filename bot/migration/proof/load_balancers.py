"""Load balancers of copied Services work, as Octavia says; Ingresses have an address if they had one."""

import re
from collections.abc import Collection, Iterator
from typing import Protocol

from bot.adapters.openstack.cloud_services import LoadBalancer, LoadBalancerPool
from bot.adapters.openstack.service_client import CloudForbidden, CloudNotFound, NoSuchService
from bot.common.wording import count
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.fields import Object, Ref, annotations_of, ingress_addresses, spec_of
from bot.migration.objects.kinds import INGRESS, SERVICE
from bot.migration.objects.transforms.services import LOAD_BALANCER
from bot.migration.planning.plan import MigrationPlan
from bot.migration.proof.proof_result import ProofFault, ProofResult
from bot.migration.proof.target_inventory import unread

CHECK, INGRESSES = "load balancers", "ingresses"
ACTIVE, ONLINE, DEGRADED, NO_MONITOR = "ACTIVE", "ONLINE", "DEGRADED", "NO_MONITOR"  # Octavia's words


class LoadBalancerApi(Protocol):
    """The part of Octavia that is needed here. Calls raise `CloudForbidden`, `NoSuchService`, `Problem`."""

    def balancer(self, balancer: str) -> LoadBalancer:
        """Return a load balancer with what it leads to. Raises `CloudNotFound`."""
        ...

    def balancer_by_description(self, text: str) -> str:
        """Return the id of the load balancer with a description; empty if there is none."""
        ...


def check(plan: MigrationPlan, now: Inventory, octavia: LoadBalancerApi | None, cluster: str) -> ProofResult:
    """Ask Octavia about the load balancer of every copied Service of the target, a cluster given by its id.

    Without a cloud (`octavia` is None) nothing is checked. Raises the `Problem` of an Octavia that fails.
    """
    services = [balancer.service for balancer in plan.balancers if balancer.service in plan.by_ref]
    why = unread(now, SERVICE) or ("" if octavia is not None else "the project has no cloud to ask")
    if not services or why or octavia is None:
        gap = f"load balancers of {count(len(services), 'Service')}: {why}"
        return ProofResult(check=CHECK, unchecked=(gap,) if services else ())
    faults: list[ProofFault] = []
    unchecked: list[str] = []
    for ref in services:
        try:
            new_faults, gap = _check_service(ref, now.objects.get(ref), octavia, cluster)
        except (CloudForbidden, NoSuchService) as refused:
            new_faults, gap = [], f"the load balancer of {ref.short}: {refused.why or refused.what}"
        faults += new_faults
        unchecked += [gap] if gap else []
    return ProofResult(
        check=CHECK,
        checked_count=len(services) - len(unchecked),
        faults=tuple(faults),
        unchecked=tuple(unchecked),
    )


def _check_service(
    ref: Ref, live: Object | None, octavia: LoadBalancerApi, cluster: str
) -> tuple[list[ProofFault], str]:
    """Return what is wrong with the load balancer of a Service, and what could not be checked of it."""
    if live is None:
        expected = "a Service with a load balancer"
        return [ProofFault(about=str(ref), actual="it is not there", expected=expected)], ""
    identity = annotations_of(live).get(LOAD_BALANCER) or octavia.balancer_by_description(
        f"Kubernetes external service {ref.short} from cluster {cluster}"
    )
    if not identity:
        why = "Octavia has none for it, so another controller makes it"
        return [], f"the load balancer of {ref.short}: {why}"
    try:
        balancer = octavia.balancer(identity)
    except CloudNotFound:
        answer = f"Octavia has no load balancer {identity}"
        return [ProofFault(about=str(ref), actual=answer, expected="the one it names")], ""
    local = spec_of(live).get("externalTrafficPolicy") == "Local"
    own_listener = re.compile(
        rf"_{re.escape(ref.namespace)}_{re.escape(ref.name)}(_\d+)?$"
    )  # Services may share one
    pools = [pool for pool in balancer.pools if own_listener.search(pool.listener)] or list(balancer.pools)
    unwatched = pools and all(state == NO_MONITOR for pool in pools for state in pool.members)
    gap = f"members of the load balancer of {ref.short}: it has no health monitor" if unwatched else ""
    return list(faults_of(str(ref), balancer, pools, local=local)), gap


def faults_of(
    about: str, balancer: LoadBalancer, pools: Collection[LoadBalancerPool], *, local: bool
) -> Iterator[ProofFault]:
    """Yield what is wrong with a load balancer and the pools of a Service.

    With `externalTrafficPolicy: Local` only nodes that have a pod answer, so that it is DEGRADED when all is
    well.
    """
    if balancer.provisioning != ACTIVE:
        yield ProofFault(about=about, actual=f"provisioning_status {balancer.provisioning}", expected=ACTIVE)
    if balancer.operating not in ((ONLINE, DEGRADED) if local else (ONLINE,)):
        yield ProofFault(about=about, actual=f"operating_status {balancer.operating}", expected=ONLINE)
    if not pools:
        yield ProofFault(about=about, actual="it leads nowhere: no pool", expected="a pool with members")
    for pool in pools:
        if not {ONLINE, NO_MONITOR} & set(pool.members):
            states = f"members: {', '.join(sorted(set(pool.members))) or 'none'}"
            yield ProofFault(about=f"{about}, {pool.listener}", actual=states, expected="at least one ONLINE")


def check_ingresses(plan: MigrationPlan, had: Collection[Ref], now: Inventory) -> ProofResult:
    """Check that every copied Ingress that had an address on the source has one."""
    copied = [ref for ref in had if ref in plan.by_ref]
    why = unread(now, INGRESS)
    if why:
        return ProofResult(check=INGRESSES, unchecked=(f"addresses of Ingresses: {why}",))
    faults = tuple(
        ProofFault(
            about=str(ref),
            actual="it has no address",
            expected="one, as on the source",
            fix="an ingress controller of its class must run",
        )
        for ref in copied
        if not has_address(now.objects.get(ref))
    )
    return ProofResult(check=INGRESSES, checked_count=len(copied), faults=faults)


def has_address(ingress: Object | None) -> bool:
    """Return whether an ingress controller serves an Ingress."""
    return any(ingress_addresses(ingress))
