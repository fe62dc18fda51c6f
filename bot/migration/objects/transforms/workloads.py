"""Workloads: replicas are those of the moment, also an autoscaler's; what controllers count is dropped."""

from collections.abc import Iterator

from bot.migration.objects.fields import Object, annotations_of, drop_annotations, drop_if_empty, labels_of
from bot.migration.objects.kinds import DAEMON_SET
from bot.migration.objects.transforms import pods
from bot.migration.objects.transforms.transform import Transform, TransformContext, TransformNote, warning

GENERATED_LABELS = (
    "controller-uid",
    "batch.kubernetes.io/controller-uid",
    "job-name",
    "batch.kubernetes.io/job-name",
)
GITOPS = {
    "argocd.argoproj.io/instance": "Argo CD",
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
}


def _workload(obj: Object, _original: Object, context: TransformContext) -> Iterator[TransformNote]:
    marks = labels_of(obj).keys() | annotations_of(obj).keys()
    tool = next((tool for mark, tool in GITOPS.items() if mark in marks), "")
    if tool:
        yield warning(
            f"{tool} keeps it: pause it on the source before the cut-over, and point it to the new cluster"
        )
    drop_annotations(
        obj, "deployment.kubernetes.io/desired-replicas", "deployment.kubernetes.io/max-replicas"
    )
    yield from pods.template(obj, context)


def _stateful_set(obj: Object, original: Object, context: TransformContext) -> Iterator[TransformNote]:
    yield from _workload(obj, original, context)
    for claim in obj["spec"].get("volumeClaimTemplates") or []:
        claim.pop("status", None)
        if claim["metadata"].get("creationTimestamp", 0) is None:
            del claim["metadata"]["creationTimestamp"]


def _job(obj: Object, original: Object, context: TransformContext) -> Iterator[TransformNote]:
    """Drop the selector and the labels that the API server made: it refuses those of another Job."""
    yield from _workload(obj, original, context)
    spec = obj["spec"]
    if spec.get("manualSelector"):
        return
    spec.pop("selector", None)
    for metadata in (obj["metadata"], spec["template"].get("metadata") or {}):
        for name in GENERATED_LABELS:
            (metadata.get("labels") or {}).pop(name, None)
        drop_if_empty(metadata, "labels")
    drop_if_empty(spec["template"], "metadata")
    drop_annotations(obj, "batch.kubernetes.io/job-tracking")


def _disruption_budget(obj: Object, original: Object, _context: TransformContext) -> Iterator[TransformNote]:
    if original["apiVersion"] == "policy/v1" and obj["spec"].get("selector") == {}:
        yield warning(
            "its selector is empty: every pod of the namespace in policy/v1, none in policy/v1beta1"
        )


TRANSFORMS = (
    Transform(
        kinds=(
            ("apps", "Deployment"),
            DAEMON_SET,
            ("apps", "ReplicaSet"),
            ("", "ReplicationController"),
            ("batch", "CronJob"),
        ),
        rewrite=_workload,
    ),
    Transform(kinds=(("apps", "StatefulSet"),), rewrite=_stateful_set),
    Transform(kinds=(("batch", "Job"),), rewrite=_job),
    Transform(kinds=(("policy", "PodDisruptionBudget"),), rewrite=_disruption_budget),
)
