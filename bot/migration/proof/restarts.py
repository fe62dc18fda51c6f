"""No container of what was copied has been restarted more than once since it was started in the target."""

from __future__ import annotations

from collections.abc import Iterator

from bot.migration.inventory.baseline import Baseline
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.manifest import Object, ref_of, status_of
from bot.migration.objects.ownership import graph
from bot.migration.planning.plan import MigrationPlan
from bot.migration.proof.readiness import is_steady
from bot.migration.proof.target_view import unread
from bot.migration.proof.verdict import ProofFault, ProofResult

ALLOWED = 1  # it may have come before what it needs
CHECK = "restarts"


def check(plan: MigrationPlan, before: Baseline, now: Inventory) -> ProofResult:
    """Count the restarts of the copies' containers. Those of Jobs do not count: to try again is their way."""
    why = unread(now, ("", "Pod"))
    if why:
        return ProofResult(check=CHECK, unchecked=(f"restarts of containers: {why}",))
    owners = graph(now.objects.values())
    copied = set(plan.by_ref) | {each.ref for each in before.running}
    pods = [pod for pod in now.of("Pod") if (root := ref_of(owners.root(pod))) in copied and is_steady(root)]
    return ProofResult(
        check=CHECK, looked=len(pods), faults=tuple(fault for pod in pods for fault in _of(pod))
    )


def _of(pod: Object) -> Iterator[ProofFault]:
    status = status_of(pod)
    for each in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        count = int(each.get("restartCount", 0))
        if count > ALLOWED:
            yield ProofFault(
                about=f"{ref_of(pod)}, container {each['name']}",
                seen=f"restarted {count} times{_last(each)}",
                expected=f"at most {ALLOWED}",
                fix="delete the pod when its reason is mended: the count is the pod's",
            )


def _last(status: Object) -> str:
    ended = (status.get("lastState") or {}).get("terminated") or {}
    reason, code = ended.get("reason", ""), ended.get("exitCode")
    parts = [reason, f"exit code {code}" if code is not None else ""]
    said = ", ".join(part for part in parts if part)
    return f", last {said}" if said else ""
