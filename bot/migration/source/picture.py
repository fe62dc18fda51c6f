"""Works out every change that the cut-over makes to the source, from the objects as they are. Changes
nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from bot.migration.exclusions import Grounds, Reason, why_not
from bot.migration.inventory import Inventory
from bot.migration.modes import DAEMON_SET, HELD, SCALED, SUSPENDED, is_balancer, is_workload
from bot.migration.objects import Object, Ref, ref_of, spec_of, uid_of
from bot.migration.source.changes import BeforeImage, Change, Phase, change
from bot.migration.surface import Agreement
from bot.migration.transforms.services import KEEP_ADDRESS
from bot.migration.volumes.choices import Volume

REPLICAS = "xk8s.io/replicas"  # noted on the source for people; the image is what restores


def to_quiesce(inventory: Inventory, grounds: Grounds, early: Collection[str]) -> list[Object]:
    """Everything that must stand still: whatever keeps pods and is not left out by a person or running on
    both sides.

    A workload that a custom resource owns is among them (its operator is scaled to 0 before); what another
    workload makes (a ReplicaSet of a Deployment, a Job of a CronJob that is done) is not, but for running
    Jobs.
    """
    found = []
    for ref, obj in inventory.objects.items():
        if not is_workload(ref) or ref.kind == "Pod":
            continue
        owner = grounds.graph.controller(obj)
        made_by_workload = owner is not None and is_workload(
            Ref(owner.group, owner.kind, ref.namespace, owner.name)
        )
        if made_by_workload and ref.kind != "Job":
            continue
        reason = why_not(obj, grounds)
        if reason is not None and reason.reason in (Reason.ASKED, Reason.FINISHED, Reason.DELETED):
            continue
        root = ref_of(grounds.graph.root(obj))
        if ref.short not in early and root.short not in early:
            found.append(obj)
    return sorted(found, key=ref_of)


def pods_of(inventory: Inventory, grounds: Grounds, workloads: Iterable[Object]) -> list[Object]:
    """The pods of some workloads, for hooks."""
    wanted = {uid_of(each) for each in workloads}
    return [pod for pod in inventory.of("Pod") if wanted & grounds.graph.ancestors(uid_of(pod))]


def picture(
    *,
    migration: str,
    workloads: Iterable[Object],
    operators: Collection[Ref],
    volumes: Iterable[Volume],
    inventory: Inventory,
    agreement: Agreement,
    keep_addresses: Collection[Ref],
) -> BeforeImage:
    """The before-image of a cut-over."""
    changes = [
        *_retained(volumes, inventory, agreement),
        *_stopped(workloads, operators, agreement),
        *_kept_addresses(inventory, agreement, keep_addresses),
    ]
    return BeforeImage(migration=migration, changes=tuple(changes))


def _retained(volumes: Iterable[Volume], inventory: Inventory, agreement: Agreement) -> Iterator[Change]:
    for volume in volumes:
        obj = inventory.find("", "PersistentVolume", "", volume.volume) if volume.moves else None
        if obj is None:
            continue
        policy = spec_of(obj).get("persistentVolumeReclaimPolicy", "Delete")
        yield change(
            Phase.RETAIN,
            obj,
            _path(obj, agreement),
            {"spec": {"persistentVolumeReclaimPolicy": "Retain"}},
            f"reclaim policy {policy} → Retain",
        )


def _stopped(
    workloads: Iterable[Object], operators: Collection[Ref], agreement: Agreement
) -> Iterator[Change]:
    for obj in workloads:
        ref, spec, path = ref_of(obj), spec_of(obj), _path(obj, agreement)
        kind = (ref.group, ref.kind)
        if kind in SUSPENDED:
            if not spec.get("suspend"):
                yield change(Phase.SUSPEND, obj, path, {"spec": {"suspend": True}}, "suspended")
        elif kind in SCALED:
            replicas = spec.get("replicas", 1)
            if replicas:
                patch = {"metadata": {"annotations": {REPLICAS: str(replicas)}}, "spec": {"replicas": 0}}
                phase = Phase.OPERATORS if ref in operators else Phase.SCALE
                yield change(phase, obj, path, patch, f"{replicas} replicas → 0")
        elif kind == DAEMON_SET:
            patch = {"spec": {"template": {"spec": {"nodeSelector": {HELD: "true"}}}}}
            yield change(Phase.SCALE, obj, path, patch, "on no node")


def _kept_addresses(inventory: Inventory, agreement: Agreement, wanted: Collection[Ref]) -> Iterator[Change]:
    for ref in sorted(wanted):
        obj = inventory.objects.get(ref)
        if obj is not None and is_balancer(obj):
            patch = {"metadata": {"annotations": {KEEP_ADDRESS: "true"}}}
            yield change(Phase.ADDRESS, obj, _path(obj, agreement), patch, "its floating IP is kept")


def _path(obj: Object, agreement: Agreement) -> str:
    ref = ref_of(obj)
    resource = agreement.resource(ref)
    if resource is None:  # it was read through this very agreement
        raise KeyError(str(ref))
    return resource.path(ref)
