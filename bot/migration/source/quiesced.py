"""Whether the source is quiesced: no pod of what was stopped is left, terminating ones included."""

from bot.adapters.kube.client import KubeClient
from bot.migration.inventory.cluster_objects import read
from bot.migration.inventory.served_apis import ApiSurface
from bot.migration.objects.fields import ref_of, status_of, uid_of
from bot.migration.objects.kinds import POD_OWNERS
from bot.migration.objects.ownership import graph
from bot.migration.planning.plan import MigrationPlan
from bot.migration.source.before_image import BeforeImage, ChangePhase

STOPPED = frozenset({ChangePhase.SUSPEND, ChangePhase.OPERATORS, ChangePhase.SCALE})


def still_running(
    source: KubeClient, surface: ApiSurface, plan: MigrationPlan, image: BeforeImage
) -> list[str]:
    """Return the pods of stopped workloads that are not gone yet, also of Jobs of a suspended CronJob.

    The before-image names what was stopped. Raises `KubeError`.
    """
    resources = surface.select(POD_OWNERS)
    inventory = read(source, surface=surface, resources=resources, namespaces=plan.namespaces)
    owners = graph(inventory.objects.values())
    stopped = {change.uid for change in image.changes if change.phase in STOPPED}
    return sorted(
        ref_of(pod).short
        for pod in inventory.of("Pod")
        if status_of(pod).get("phase") not in ("Succeeded", "Failed")
        and stopped & owners.ancestors(uid_of(pod))
    )
