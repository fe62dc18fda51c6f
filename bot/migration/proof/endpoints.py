"""Services lead to at least as many ready addresses as on the source, and those made by hand are there."""

from collections.abc import Iterator, Mapping

from bot.common.wording import count
from bot.migration.inventory.baseline import SERVICE_NAME, Baseline, measure
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.fields import Object, Ref, labels_of, pod_labels_of, ref_of, spec_of
from bot.migration.objects.kinds import SERVICE, SLICE, is_workload
from bot.migration.objects.ownership import OwnershipGraph, graph
from bot.migration.planning.plan import MigrationPlan
from bot.migration.proof.expected_pods import pods_expected
from bot.migration.proof.proof_result import ProofFault, ProofResult
from bot.migration.proof.target_inventory import unread

SKIP_MIRROR = "endpointslice.kubernetes.io/skip-mirror"
CHECK = "endpoints"


def check(
    plan: MigrationPlan, before: Baseline, objects: Mapping[Ref, Object], now: Inventory
) -> ProofResult:
    """Compare the target's EndpointSlices with the source's; `objects` are the planned ones as they work.

    A Service whose workloads are meant to be fewer in the target (fewer nodes, a smaller load, one that was
    left out) must have as many addresses as those have pods.
    """
    why = unread(now, SERVICE, SLICE)
    if why:
        return ProofResult(check=CHECK, unchecked=(f"endpoints of Services: {why}",))
    planned = plan.by_ref
    counts = [(ref, number) for ref, number in before.endpoints if ref in planned and number]
    by_hand = {ref: objects[ref] for ref in planned if _is_made_by_hand(ref) and ref in objects}
    faults = (*_fewer(counts, now), *_missing(by_hand, now))
    return ProofResult(check=CHECK, checked_count=len(counts) + len(by_hand), faults=faults)


def _fewer(counts: list[tuple[Ref, int]], now: Inventory) -> Iterator[ProofFault]:
    """Find Services with fewer ready addresses than before, or than their workloads are meant to have."""
    present, owners = dict(measure(now, ()).endpoints), graph(now.objects.values())
    for ref, before in counts:
        service, number = now.objects.get(ref), present.get(ref, 0)
        expected = before if service is None else min(before, _addresses_meant(service, now, owners))
        if number < expected:
            yield ProofFault(
                about=str(ref),
                actual=count(number, "ready endpoint"),
                expected=f"at least {expected}",
                fix=f"the source had {before}",
            )


def _addresses_meant(service: Object, now: Inventory, owners: OwnershipGraph) -> int:
    """Return how many addresses a Service is meant to have: one for each pod and address family."""
    selector, namespace = spec_of(service).get("selector") or {}, ref_of(service).namespace
    pods = sum(
        pods_expected(obj)
        for ref, obj in now.objects.items()
        if is_workload(ref)
        and ref.namespace == namespace
        and not owners.is_made_by_workload(obj)
        and selector.items() <= pod_labels_of(obj).items()
    )
    return pods * (len(spec_of(service).get("ipFamilies") or ()) or 1)


def _is_made_by_hand(ref: Ref) -> bool:
    """Return whether a planned object has endpoints: those of controllers are not copied."""
    return ref.group_kind in (SLICE, ("", "Endpoints"))


def _missing(by_hand: Mapping[Ref, Object], now: Inventory) -> Iterator[ProofFault]:
    for ref, obj in by_hand.items():
        expected = _number_of_addresses(obj)
        if ref.kind == "Endpoints":
            if labels_of(obj).get(SKIP_MIRROR) == "true":
                continue
            number = sum(map(_number_of_addresses, _mirrors(ref, now)))
        else:
            number = _number_of_addresses(now.objects.get(ref, {}))
        if number < expected:
            yield ProofFault(
                about=str(ref),
                actual=f"{count(number, 'address', 'addresses')} in EndpointSlices",
                expected=f"{expected}",
                fix="it was made by hand: no pod stands behind it",
            )


def _mirrors(endpoints: Ref, now: Inventory) -> Iterator[Object]:
    """Yield the EndpointSlices into which the control plane mirrors Endpoints that were made by hand."""
    for mirror in now.of("EndpointSlice", SLICE[0]):
        same_namespace = ref_of(mirror).namespace == endpoints.namespace
        if same_namespace and labels_of(mirror).get(SERVICE_NAME) == endpoints.name:
            yield mirror


def _number_of_addresses(obj: Object) -> int:
    entries = [*(obj.get("subsets") or []), *(obj.get("endpoints") or [])]
    return sum(len(entry.get("addresses") or []) for entry in entries)
