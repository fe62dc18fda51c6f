"""Load balancers of copied Services work, as Octavia says; Ingresses have an address if they had one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Protocol

from bot.adapters.openstack.cloud_services import LoadBalancer, LoadBalancerPool
from bot.adapters.openstack.service_client import CloudForbidden, CloudNotFound, NoSuchService
from bot.common.wording import count
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.manifest import Object, Ref, annotations_of, spec_of, status_of
from bot.migration.objects.transforms.services import LOAD_BALANCER
from bot.migration.planning.plan import MigrationPlan
from bot.migration.proof.target_view import INGRESS, SERVICE, unread
from bot.migration.proof.verdict import ProofFault, ProofResult

CHECK, INGRESSES = "load balancers", "ingresses"
ACTIVE, ONLINE, DEGRADED, NO_MONITOR = "ACTIVE", "ONLINE", "DEGRADED", "NO_MONITOR"


class LoadBalancerApi(Protocol):
    """Octavia, as far as it is asked. Every call raises `NotAllowed`, `NoSuchService` or another
    `Problem`.
    """

    def balancer(self, balancer: str) -> LoadBalancer:
        """A load balancer with what it leads to. Raises `CloudNotFound`."""
        ...

    def described(self, text: str) -> str:
        """The id of the load balancer with a description; empty if there is none."""
        ...


def check(plan: MigrationPlan, now: Inventory, octavia: LoadBalancerApi | None, cluster: str) -> ProofResult:
    """Ask Octavia after the load balancer of every copied Service. `cluster` is the target's id. Raises
    `Problem`.
    """
    services = [each.service for each in plan.balancers if each.service in plan.by_ref]
    why = unread(now, SERVICE) or ("" if octavia is not None else "the project has no cloud to ask")
    if not services or why or octavia is None:
        said = f"load balancers of {count(len(services), 'Service')}: {why}"
        return ProofResult(check=CHECK, unchecked=(said,) if services else ())
    faults: list[ProofFault] = []
    unchecked: list[str] = []
    for ref in services:
        live = now.objects.get(ref)
        if live is None:
            faults.append(
                ProofFault(about=str(ref), seen="it is not there", expected="a Service with a load balancer")
            )
            continue
        try:
            found, gap = _of(ref, live, octavia, cluster)
        except (CloudForbidden, NoSuchService) as refused:
            unchecked.append(f"the load balancer of {ref.short}: {refused.why or refused.what}")
            continue
        faults += found
        unchecked += [gap] if gap else []
    return ProofResult(
        check=CHECK, looked=len(services) - len(unchecked), faults=tuple(faults), unchecked=tuple(unchecked)
    )


def _of(ref: Ref, live: Object, octavia: LoadBalancerApi, cluster: str) -> tuple[list[ProofFault], str]:
    marked = annotations_of(live).get(LOAD_BALANCER, "")
    named = marked or octavia.described(f"Kubernetes external service {ref.short} from cluster {cluster}")
    if not named:
        return (
            [],
            f"the load balancer of {ref.short}: Octavia has none for it, so another controller makes it",
        )
    try:
        found = octavia.balancer(named)
    except CloudNotFound:
        return [
            ProofFault(
                about=str(ref), seen=f"Octavia has no load balancer {named}", expected="the one it names"
            )
        ], ""
    local = spec_of(live).get("externalTrafficPolicy") == "Local"
    own = re.compile(rf"_{re.escape(ref.namespace)}_{re.escape(ref.name)}(_\d+)?$")  # Services may share one
    pools = [each for each in found.pools if own.search(each.listener)] or list(found.pools)
    unwatched = pools and all(state == NO_MONITOR for each in pools for state in each.members)
    gap = f"members of the load balancer of {ref.short}: it has no health monitor" if unwatched else ""
    return list(judged(str(ref), found, pools, local=local)), gap


def judged(
    about: str, found: LoadBalancer, pools: Collection[LoadBalancerPool], *, local: bool
) -> Iterator[ProofFault]:
    """What is wrong with a load balancer. With `externalTrafficPolicy: Local` only nodes that have a pod
    answer, so
    that it is DEGRADED when all is well."""
    if found.provisioning != ACTIVE:
        yield ProofFault(about=about, seen=f"provisioning_status {found.provisioning}", expected=ACTIVE)
    if found.operating not in ((ONLINE, DEGRADED) if local else (ONLINE,)):
        yield ProofFault(about=about, seen=f"operating_status {found.operating}", expected=ONLINE)
    if not pools:
        yield ProofFault(about=about, seen="it leads nowhere: no pool", expected="a pool with members")
    for pool in pools:
        if not {ONLINE, NO_MONITOR} & set(pool.members):
            states = ", ".join(sorted(set(pool.members))) or "none"
            yield ProofFault(
                about=f"{about}, {pool.listener}", seen=f"members: {states}", expected="at least one ONLINE"
            )


def ingresses(plan: MigrationPlan, had: Collection[Ref], now: Inventory) -> ProofResult:
    """Every copied Ingress that had an address on the source has one. `had` are those."""
    looked = [ref for ref in had if ref in plan.by_ref]
    why = unread(now, INGRESS)
    if why:
        return ProofResult(check=INGRESSES, unchecked=(f"addresses of Ingresses: {why}",))
    faults = tuple(
        ProofFault(
            about=str(ref),
            seen="it has no address",
            expected="one, as on the source",
            fix="an ingress controller of its class must run",
        )
        for ref in looked
        if not has_address(now.objects.get(ref))
    )
    return ProofResult(check=INGRESSES, looked=len(looked), faults=faults)


def has_address(ingress: Object | None) -> bool:
    """Whether an ingress controller has taken an Ingress up."""
    entries = (status_of(ingress or {}).get("loadBalancer") or {}).get("ingress") or []
    return any(each.get("ip") or each.get("hostname") for each in entries)
