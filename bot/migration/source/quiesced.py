"""Whether the source stands still: no pod of what was stopped is left, terminating ones included."""

from __future__ import annotations

from bot.adapters.kube.client import Kube
from bot.migration.inventory.api_discovery import ApiSurface
from bot.migration.inventory.cluster_objects import read
from bot.migration.objects.manifest import ref_of, status_of, uid_of
from bot.migration.objects.ownership import graph
from bot.migration.planning.plan import MigrationPlan
from bot.migration.source.before_image import BeforeImage, ChangePhase

CHAIN = (
    ("", "Pod"),
    ("apps", "ReplicaSet"),
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("", "ReplicationController"),
    ("batch", "Job"),
    ("batch", "CronJob"),
)
STOPPED = frozenset({ChangePhase.SUSPEND, ChangePhase.OPERATORS, ChangePhase.SCALE})


def still_running(source: Kube, surface: ApiSurface, plan: MigrationPlan, image: BeforeImage) -> list[str]:
    """Pods of stopped workloads that are not gone yet. A running Job of a suspended CronJob counts too.

    Raises `KubeError`.
    """
    kinds = surface.preferred()
    found = read(
        source,
        surface=surface,
        resources=[kinds[kind] for kind in CHAIN if kind in kinds],
        namespaces=plan.namespaces,
    )
    owners = graph(found.objects.values())
    stopped = {change.uid for change in image.changes if change.phase in STOPPED}
    return sorted(
        ref_of(pod).short
        for pod in found.of("Pod")
        if status_of(pod).get("phase") not in ("Succeeded", "Failed")
        and stopped & owners.ancestors(uid_of(pod))
    )
