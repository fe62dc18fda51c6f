"""Services lead to at least as many ready addresses as on the source, and those made by hand are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.common.wording import count
from bot.migration.inventory.baseline import Baseline, measure
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.manifest import Object, Ref, labels_of, pod_template_of, ref_of, spec_of
from bot.migration.objects.modes import is_workload
from bot.migration.objects.ownership import OwnershipGraph, graph
from bot.migration.planning.plan import MigrationPlan
from bot.migration.proof.readiness import pods_meant
from bot.migration.proof.target_view import SERVICE, SLICE, unread
from bot.migration.proof.verdict import ProofFault, ProofResult

NAME, SKIP_MIRROR = "kubernetes.io/service-name", "endpointslice.kubernetes.io/skip-mirror"
CHECK = "endpoints"


def check(plan: MigrationPlan, before: Baseline, wanted: Mapping[Ref, Object], now: Inventory) -> ProofResult:
    """Compare the target's EndpointSlices with the source's before it stopped. `wanted` are the planned
    objects.

    A Service whose workloads are meant to be fewer in the target (fewer nodes, a smaller load, one that was
    left out) must have as many as those are.
    """
    why = unread(now, SERVICE, SLICE)
    if why:
        return ProofResult(check=CHECK, unchecked=(f"endpoints of Services: {why}",))
    planned = plan.by_ref
    counted = [(ref, number) for ref, number in before.endpoints if ref in planned and number]
    by_hand = [ref for ref in planned if _made_by_hand(ref) and ref in wanted]
    faults = (*_fewer(counted, now), *_missing(by_hand, wanted, now))
    return ProofResult(check=CHECK, looked=len(counted) + len(by_hand), faults=faults)


def _fewer(counted: list[tuple[Ref, int]], now: Inventory) -> Iterator[ProofFault]:
    have, owners = dict(measure(now, ()).endpoints), graph(now.objects.values())
    for ref, before in counted:
        service = now.objects.get(ref)
        families = _families(service)
        expected = min(before, families * _meant(service, now, owners)) if service is not None else before
        if have.get(ref, 0) < expected:
            yield ProofFault(
                about=str(ref),
                seen=count(have.get(ref, 0), "ready endpoint"),
                expected=f"at least {expected}",
                fix=f"the source had {before}",
            )


def _families(service: Object | None) -> int:
    """Of each pod a Service shows as many addresses as it has address families."""
    return len(spec_of(service or {}).get("ipFamilies") or ()) or 1


def _meant(service: Object, now: Inventory, owners: OwnershipGraph) -> int:
    """How many pods the workloads behind a Service are meant to have."""
    selector, home = spec_of(service).get("selector") or {}, service["metadata"]["namespace"]
    total = 0
    for ref, obj in now.objects.items():
        if not is_workload(ref) or ref.namespace != home:
            continue
        owner = owners.controller(obj)
        if owner is not None and is_workload(Ref(owner.group, owner.kind, home, owner.name)):
            continue
        labels = (pod_template_of(obj).get("metadata") or {}).get("labels") or {}
        if all(labels.get(key) == value for key, value in selector.items()):
            total += pods_meant(obj)
    return total


def _made_by_hand(ref: Ref) -> bool:
    return (ref.group, ref.kind) in (SLICE, ("", "Endpoints"))


def _missing(by_hand: list[Ref], wanted: Mapping[Ref, Object], now: Inventory) -> Iterator[ProofFault]:
    for ref in by_hand:
        expected = _addresses(wanted[ref])
        if ref.kind == "Endpoints":
            if labels_of(wanted[ref]).get(SKIP_MIRROR) == "true":
                continue
            found = sum(_addresses(each) for each in _slices_of(ref, now))
        else:
            found = _addresses(now.objects[ref]) if ref in now.objects else 0
        if found < expected:
            yield ProofFault(
                about=str(ref),
                seen=f"{count(found, 'address', 'addresses')} in EndpointSlices",
                expected=f"{expected}",
                fix="it was made by hand: no pod stands behind it",
            )


def _slices_of(endpoints: Ref, now: Inventory) -> Iterator[Object]:
    """The slices by which the control plane shows Endpoints that were made by hand."""
    for each in now.of("EndpointSlice", SLICE[0]):
        home = ref_of(each).namespace
        if home == endpoints.namespace and labels_of(each).get(NAME) == endpoints.name:
            yield each


def _addresses(obj: Object) -> int:
    subsets = sum(len(each.get("addresses") or []) for each in obj.get("subsets") or [])
    return subsets + sum(len(each.get("addresses") or []) for each in obj.get("endpoints") or [])
