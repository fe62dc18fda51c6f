"""What the checks look at of the target, read once: what runs, what leads to it, and its disks."""

from bot.adapters.kube.client import KubeClient
from bot.migration.inventory.cluster_objects import Inventory, read
from bot.migration.inventory.served_apis import ApiSurface
from bot.migration.objects.kinds import CLAIM, INGRESS, NETWORK_POLICY, POD_OWNERS, SERVICE, SLICE, VOLUME
from bot.migration.planning.plan import MigrationPlan

KINDS = (*POD_OWNERS, SERVICE, SLICE, INGRESS, NETWORK_POLICY, CLAIM, VOLUME)


def read_target(target: KubeClient, surface: ApiSurface, plan: MigrationPlan) -> Inventory:
    """Read the target as it is now. Raises `KubeError`."""
    return read(target, surface=surface, resources=surface.select(KINDS), namespaces=plan.namespaces)


def unread(now: Inventory, *kinds: tuple[str, str]) -> str:
    """Return why some kinds could not be read, as a line; empty if they were."""
    for unread_kind in now.unread:
        if unread_kind.resource.group_kind in kinds:
            return f"{unread_kind.resource.plural} of the new cluster may not be listed ({unread_kind.why})"
    return ""
