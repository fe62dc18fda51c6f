"""No container of what was copied has been restarted more than once since it was started in the target."""

from collections.abc import Iterator

from bot.migration.inventory.baseline import Baseline
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.fields import Object, ref_of, status_of
from bot.migration.objects.kinds import POD
from bot.migration.objects.ownership import graph
from bot.migration.planning.plan import MigrationPlan
from bot.migration.proof.expected_pods import is_steady
from bot.migration.proof.proof_result import ProofFault, ProofResult
from bot.migration.proof.target_inventory import unread

ALLOWED = 1  # it may have come before what it needs
CHECK = "restarts"


def check(plan: MigrationPlan, before: Baseline, now: Inventory) -> ProofResult:
    """Count the restarts of the copies' containers; Jobs are left out, because they restart by design."""
    why = unread(now, POD)
    if why:
        return ProofResult(check=CHECK, unchecked=(f"restarts of containers: {why}",))
    owners = graph(now.objects.values())
    copied = set(plan.by_ref) | {workload.ref for workload in before.running}
    pods = [pod for pod in now.of("Pod") if (root := ref_of(owners.root(pod))) in copied and is_steady(root)]
    faults = tuple(fault for pod in pods for fault in _faults(pod))
    return ProofResult(check=CHECK, checked_count=len(pods), faults=faults)


def _faults(pod: Object) -> Iterator[ProofFault]:
    status = status_of(pod)
    for container in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        restarts = int(container.get("restartCount", 0))
        if restarts > ALLOWED:
            yield ProofFault(
                about=f"{ref_of(pod)}, container {container['name']}",
                actual=f"restarted {restarts} times{_last_end(container)}",
                expected=f"at most {ALLOWED}",
                fix="delete the pod when its reason is mended: the count is the pod's",
            )


def _last_end(container: Object) -> str:
    """Return how a container ended the last time, as the end of a sentence."""
    ended = (container.get("lastState") or {}).get("terminated") or {}
    code = ended.get("exitCode")
    parts = [ended.get("reason", ""), f"exit code {code}" if code is not None else ""]
    text = ", ".join(part for part in parts if part)
    return f", last {text}" if text else ""
