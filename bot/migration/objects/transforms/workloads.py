"""Workloads: replicas are those of the moment, an autoscaler's too; what controllers count goes."""

from __future__ import annotations

from collections.abc import Iterator

from bot.migration.objects.manifest import Object
from bot.migration.objects.transforms import pods
from bot.migration.objects.transforms.metadata import drop_annotations
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


def gitops(obj: Object) -> str:
    """The GitOps tool that keeps an object as its repository says; empty if none does."""
    metadata = obj["metadata"]
    marks = {**(metadata.get("labels") or {}), **(metadata.get("annotations") or {})}
    return next((tool for mark, tool in GITOPS.items() if mark in marks), "")


def _workload(obj: Object, _original: Object, context: TransformContext) -> Iterator[TransformNote]:
    tool = gitops(obj)
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
    """A Job's selector and the labels it selects by are made by the API server, which refuses those of
    another Job.
    """
    yield from _workload(obj, original, context)
    spec = obj["spec"]
    if spec.get("manualSelector"):
        return
    spec.pop("selector", None)
    for metadata in (obj["metadata"], spec["template"].get("metadata") or {}):
        labels = metadata.get("labels") or {}
        for name in GENERATED_LABELS:
            labels.pop(name, None)
        if "labels" in metadata and not labels:
            del metadata["labels"]
    if spec["template"].get("metadata") == {}:
        del spec["template"]["metadata"]
    drop_annotations(obj, "batch.kubernetes.io/job-tracking")


def _disruption_budget(obj: Object, original: Object, _context: TransformContext) -> Iterator[TransformNote]:
    if original["apiVersion"] == "policy/v1" and obj["spec"].get("selector") == {}:
        yield warning(
            "its selector is empty: every pod of the namespace in policy/v1, none in policy/v1beta1"
        )


UNITS = (
    Transform(
        kinds=(
            ("apps", "Deployment"),
            ("apps", "DaemonSet"),
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
