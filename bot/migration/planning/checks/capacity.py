"""Room: whether the target's nodes and the copied quotas have enough of it."""

from collections.abc import Iterator

from bot.adapters.kube.quantities import quantity
from bot.migration.objects.fields import Object, pod_spec_of, ref_of, spec_of, status_of
from bot.migration.objects.kinds import is_workload
from bot.migration.planning.estimates import migration_size
from bot.migration.planning.findings import PlanFinding, Subject
from bot.migration.planning.plan_inputs import PlanInputs

ROOM = Subject("room")
NEARLY_FULL = 0.9  # the share of the target's room from which a warning is due


def check(inputs: PlanInputs) -> Iterator[PlanFinding]:
    """Yield what does not fit into the nodes of a target that exists, or into a namespace's quota."""
    workers = [node for node in inputs.target.nodes if not _is_tainted(node)]
    if inputs.target.exists and workers:
        yield from _check_nodes(inputs, [status_of(node).get("allocatable") or {} for node in workers])
    yield from _check_quotas(inputs)


def _is_tainted(node: Object) -> bool:
    return any(taint.get("effect") == "NoSchedule" for taint in spec_of(node).get("taints") or [])


def _check_nodes(inputs: PlanInputs, allocatable: list[Object]) -> Iterator[PlanFinding]:
    def total(resource: str, default: str = "0") -> float:
        return float(sum(quantity(str(node.get(resource, default))) for node in allocatable))

    size = migration_size(inputs)
    for capacity, need, room, unit in (
        ("cores", size.cores, total("cpu"), ""),
        ("memory", size.memory / 2**30, total("memory") / 2**30, " GiB"),
        ("pods", size.pods, total("pods", "110"), ""),
    ):
        if need > room:
            text = f"the target has {room:.4g}{unit} of {capacity}, {need:.4g}{unit} are needed"
            yield ROOM.blocker(text, fix="Add nodes to it.")
        elif need > NEARLY_FULL * room:
            text = f"the target's {capacity} will be used to {need / room:.0%}"
            yield ROOM.warn(text, fix="Consider more nodes.")


def _check_quotas(inputs: PlanInputs) -> Iterator[PlanFinding]:
    """Check the pods of each quota: what runs may have been created before it, and then would not start."""
    for quota in inputs.of("ResourceQuota"):
        ref, hard = ref_of(quota), spec_of(quota).get("hard") or {}
        limit = hard.get("pods") or hard.get("count/pods")
        pods = sum(
            int(spec_of(obj).get("replicas", 1))
            for workload, obj in inputs.copied.items()
            if workload.namespace == ref.namespace
            and is_workload(workload)
            and pod_spec_of(obj)
            and "replicas" in spec_of(obj)
        )
        if limit is not None and pods > quantity(str(limit)):
            why = f"its limit is {limit} pods"
            text = f"{pods} pods do not fit into {ref}"
            yield ROOM.blocker(text, why=why, fix="Raise it on the source.", ref=ref)
