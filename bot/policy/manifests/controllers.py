"""Controllers and the pods that they would run, named as Kubernetes names them as far as that is known.

They are numbered from 1 whatever the kind: most real names end in random letters, and who compares two
folders should not have to know which. A StatefulSet's pods still carry the labels that hold their real
ordinals, because policies select by them. A controller whose pods are in the input is not expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.policy.manifests.kube_objects import Object
from bot.policy.manifests.pod_templates import addresses, template
from bot.policy.reach.field_errors import Mistakes, kind_of
from bot.policy.reach.model import Pod, Workload

MOST_PODS = 150_000  # what Kubernetes is built for, in one cluster
_ONE_EACH = frozenset({"DaemonSet", "CronJob"})  # as many as nodes, or runs: one stands for them
_HASH = "pod-template-hash"


class Owners:
    """Finds the topmost controller: a Deployment for its ReplicaSet, a CronJob for its Job."""

    def __init__(self, controllers: Mapping[Workload, Object]) -> None:
        self._known = controllers.keys()
        self._above = {
            workload: owner
            for workload, found in controllers.items()
            if (owner := _controller(found)) is not None
        }

    def of(self, found: Object) -> Workload | None:
        """The topmost controller of a pod or controller; None if it has none."""
        owner, top = _controller(found), None
        while owner is not None and owner != top:
            top, owner = owner, self._above.get(owner)
        if top is None or top.kind != "ReplicaSet":
            return top
        suffix = "-" + str((found.mapping("metadata").get("labels") or {}).get(_HASH, ""))
        above = Workload(top.namespace, "Deployment", top.name.removesuffix(suffix))
        return above if above in self._known else top  # what lies between the two need not be in the input


def _controller(found: Object) -> Workload | None:
    references = found.mapping("metadata").get("ownerReferences")
    for each in references if isinstance(references, list) else []:
        if isinstance(each, Mapping) and each.get("controller") and each.get("kind") != "Node":
            kind, name = each.get("kind"), each.get("name")
            return Workload(found.namespace, str(kind or "Pod"), str(name)) if name else None
    return None


def pod(found: Object, owner: Workload | None, mistakes: Mistakes) -> Pod:
    """A Pod as it is in the input."""
    read = template(found.value, found.prefix.removesuffix("."), mistakes)
    status, spec = found.mapping("status"), found.mapping("spec")
    return Pod(
        namespace=found.namespace,
        name=found.name,
        labels=read.labels,
        ports=read.ports,
        workload=owner,
        host_network=read.host_network,
        addresses=addresses(status),
        phase=str(status.get("phase") or "Running"),
        node=str(spec.get("nodeName") or ""),
    )


def expanded(found: Object, mistakes: Mistakes) -> Iterator[Pod]:
    """The pods that a controller would run."""
    spec_field = f"{found.prefix}spec"
    spec = mistakes.mapping(found.value.get("spec"), spec_field)
    if found.kind == "CronJob":
        job = mistakes.mapping(spec.get("jobTemplate"), f"{spec_field}.jobTemplate")
        spec_field = f"{spec_field}.jobTemplate.spec"
        spec = mistakes.mapping(job.get("spec"), spec_field)
    if spec.get("template") is None:
        mistakes.add(f"{spec_field}.template", "is required")
    read = template(spec.get("template"), f"{spec_field}.template", mistakes)
    workload = Workload(found.namespace, found.kind, found.name)
    count = _count(found.kind, spec, spec_field, mistakes)
    first = _first_ordinal(spec)
    for number in range(count):
        yield Pod(
            namespace=found.namespace,
            name=f"{found.name}-{number + 1}",
            labels={**read.labels, **_own_labels(found, first + number)},
            ports=read.ports,
            host_network=read.host_network,
            workload=workload,
        )


def _own_labels(found: Object, ordinal: int) -> dict[str, str]:
    """What a controller sets itself, as far as it is known beforehand."""
    if found.kind == "StatefulSet":
        return {
            "statefulset.kubernetes.io/pod-name": f"{found.name}-{ordinal}",
            "apps.kubernetes.io/pod-index": str(ordinal),
        }
    if found.kind == "Job":
        return {"batch.kubernetes.io/job-name": found.name, "job-name": found.name}
    return {}


def _count(kind: str, spec: Mapping[str, Any], field: str, mistakes: Mistakes) -> int:
    if kind in _ONE_EACH:
        return 1
    key = "parallelism" if kind == "Job" else "replicas"
    count = spec.get(key, 1)
    if count is None:
        return 1
    if isinstance(count, bool) or not isinstance(count, int):
        mistakes.add(f"{field}.{key}", f"must be a number, not {kind_of(count)}")
        return 0
    if not 0 <= count <= MOST_PODS:
        mistakes.add(f"{field}.{key}", f"must be between 0 and {MOST_PODS:,}, not {count}")
        return 0
    return count


def _first_ordinal(spec: Mapping[str, Any]) -> int:
    """Where a StatefulSet begins to count."""
    ordinals = spec.get("ordinals")
    start = ordinals.get("start") if isinstance(ordinals, Mapping) else 0
    return start if isinstance(start, int) and re.fullmatch(r"\d{1,9}", str(start)) else 0
