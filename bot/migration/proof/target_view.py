"""What the checks look at of the target, read once: what runs, what leads to it, and its disks."""

from __future__ import annotations

from bot.adapters.kube.client import Kube
from bot.migration.inventory.api_discovery import ApiSurface
from bot.migration.inventory.cluster_objects import Inventory, read
from bot.migration.planning.plan import MigrationPlan
from bot.migration.source.quiesced import CHAIN

SERVICE, SLICE = ("", "Service"), ("discovery.k8s.io", "EndpointSlice")
INGRESS, POLICY = ("networking.k8s.io", "Ingress"), ("networking.k8s.io", "NetworkPolicy")
CLAIM, VOLUME = ("", "PersistentVolumeClaim"), ("", "PersistentVolume")
KINDS = (*CHAIN, SERVICE, SLICE, INGRESS, POLICY, CLAIM, VOLUME)


def look(target: Kube, surface: ApiSurface, plan: MigrationPlan) -> Inventory:
    """The target as it is now. Raises `KubeError`."""
    served = surface.preferred()
    resources = [served[kind] for kind in KINDS if kind in served]
    return read(target, surface=surface, resources=resources, namespaces=plan.namespaces)


def unread(now: Inventory, *kinds: tuple[str, str]) -> str:
    """Why some kinds were not read, as a line; empty if they were."""
    wanted = frozenset(kinds)
    for each in now.unread:
        if (each.resource.group, each.resource.kind) in wanted:
            return f"{each.resource.plural} of the new cluster may not be listed ({each.why})"
    return ""
