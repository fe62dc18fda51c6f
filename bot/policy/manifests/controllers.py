"""Expands controllers into the pods that they would run, named as Kubernetes names them where that is known.

The pods of every kind of controller are numbered from 1: most real names end in random letters, and whoever
compares two folders should not have to know which. The pods of a StatefulSet still carry the labels with
their real ordinals, because policies select by them. A controller is not expanded if its pods are in the
input.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.policy.manifests.kube_objects import ManifestObject
from bot.policy.manifests.pod_templates import read_pod_addresses, read_template
from bot.policy.reach.field_errors import FieldErrors, type_name
from bot.policy.reach.model import Pod, Workload

MOST_PODS = 150_000  # in one cluster: the limit that Kubernetes is built for
_SINGLE_POD = frozenset({"DaemonSet", "CronJob"})  # as many pods as nodes, or runs: one stands for them
_TEMPLATE_HASH = "pod-template-hash"


class OwnerIndex:
    """Finds topmost controllers: the Deployment above a ReplicaSet, the CronJob above a Job."""

    def __init__(self, controllers: Mapping[Workload, ManifestObject]) -> None:
        self._controllers = controllers.keys()
        self._owner_of = {
            workload: owner
            for workload, obj in controllers.items()
            if (owner := _controller_of(obj)) is not None
        }

    def topmost_owner(self, obj: ManifestObject) -> Workload | None:
        """Return the topmost controller of a pod or controller; None if it has none."""
        owner, topmost = _controller_of(obj), None
        while owner is not None and owner != topmost:
            topmost, owner = owner, self._owner_of.get(owner)
        if topmost is None or topmost.kind != "ReplicaSet":
            return topmost
        # the ReplicaSet between a pod and its Deployment need not be in the input
        suffix = "-" + str((obj.mapping("metadata").get("labels") or {}).get(_TEMPLATE_HASH, ""))
        deployment = Workload(topmost.namespace, "Deployment", topmost.name.removesuffix(suffix))
        return deployment if deployment in self._controllers else topmost


def _controller_of(obj: ManifestObject) -> Workload | None:
    references = obj.mapping("metadata").get("ownerReferences")
    for owner in references if isinstance(references, list) else []:
        if isinstance(owner, Mapping) and owner.get("controller") and owner.get("kind") != "Node":
            kind, name = owner.get("kind"), owner.get("name")
            return Workload(obj.namespace, str(kind or "Pod"), str(name)) if name else None
    return None


def read_pod(obj: ManifestObject, owner: Workload | None, errors: FieldErrors) -> Pod:
    """Read a Pod as the input has it."""
    template = read_template(obj.value, obj.prefix.removesuffix("."), errors)
    status, spec = obj.mapping("status"), obj.mapping("spec")
    return Pod(
        namespace=obj.namespace,
        name=obj.name,
        labels=template.labels,
        ports=template.ports,
        workload=owner,
        host_network=template.host_network,
        addresses=read_pod_addresses(status),
        phase=str(status.get("phase") or "Running"),
        node=str(spec.get("nodeName") or ""),
    )


def expand(obj: ManifestObject, errors: FieldErrors) -> Iterator[Pod]:
    """Yield the pods that a controller would run."""
    field = f"{obj.prefix}spec"
    spec = errors.mapping(obj.value.get("spec"), field)
    if obj.kind == "CronJob":
        job = errors.mapping(spec.get("jobTemplate"), f"{field}.jobTemplate")
        field = f"{field}.jobTemplate.spec"
        spec = errors.mapping(job.get("spec"), field)
    if spec.get("template") is None:
        errors.add(f"{field}.template", "is required")
    template = read_template(spec.get("template"), f"{field}.template", errors)
    first_ordinal = _first_ordinal(spec)
    for number in range(_pod_count(obj.kind, spec, field, errors)):
        yield Pod(
            namespace=obj.namespace,
            name=f"{obj.name}-{number + 1}",
            labels={**template.labels, **_controller_labels(obj, first_ordinal + number)},
            ports=template.ports,
            host_network=template.host_network,
            workload=Workload(obj.namespace, obj.kind, obj.name),
        )


def _controller_labels(obj: ManifestObject, ordinal: int) -> dict[str, str]:
    """The labels that a controller sets itself, as far as they are known beforehand."""
    if obj.kind == "StatefulSet":
        return {
            "statefulset.kubernetes.io/pod-name": f"{obj.name}-{ordinal}",
            "apps.kubernetes.io/pod-index": str(ordinal),
        }
    if obj.kind == "Job":
        return {"batch.kubernetes.io/job-name": obj.name, "job-name": obj.name}
    return {}


def _pod_count(kind: str, spec: Mapping[str, Any], field: str, errors: FieldErrors) -> int:
    if kind in _SINGLE_POD:
        return 1
    key = "parallelism" if kind == "Job" else "replicas"
    count = spec.get(key, 1)
    if count is None:
        return 1
    if isinstance(count, bool) or not isinstance(count, int):
        errors.add(f"{field}.{key}", f"must be a number, not {type_name(count)}")
        return 0
    if not 0 <= count <= MOST_PODS:
        errors.add(f"{field}.{key}", f"must be between 0 and {MOST_PODS:,}, not {count}")
        return 0
    return count


def _first_ordinal(spec: Mapping[str, Any]) -> int:
    """The ordinal that a StatefulSet starts to count at, `spec.ordinals.start`."""
    ordinals = spec.get("ordinals")
    start = ordinals.get("start") if isinstance(ordinals, Mapping) else 0
    return start if isinstance(start, int) and re.fullmatch(r"\d{1,9}", str(start)) else 0
