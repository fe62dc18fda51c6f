"""Kubernetes objects as plain JSON, what names one, and the few paths into them that everybody needs.

Objects stay dictionaries: a migration must carry fields that no struct of ours knows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

Object = dict[str, Any]

MIGRATION = "xk8s.io/migration"  # label of everything that a migration made; its id
CHOICE = "xk8s.io/migrate"  # annotation by which a team says `skip` on an object


@dataclasses.dataclass(frozen=True, order=True)
class Ref:
    """What names an object in a cluster, whatever version it is read at. `namespace` is empty for
    cluster-scoped ones.
    """

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        kind = (
            f"{self.kind}.{self.group}"
            if "." in self.group and not self.group.endswith(".k8s.io")
            else self.kind
        )
        return f"{kind} {self.namespace}/{self.name}" if self.namespace else f"{kind} {self.name}"

    @property
    def short(self) -> str:
        """`shop/cart`, for where the kind is clear."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@dataclasses.dataclass(frozen=True)
class OwnerReference:
    """One entry of `metadata.ownerReferences`."""

    uid: str
    kind: str
    name: str
    group: str
    controls: bool


def group_of(api_version: str) -> str:
    """The group of an apiVersion; empty for the core group."""
    return api_version.rpartition("/")[0]


def ref_of(obj: Mapping[str, Any]) -> Ref:
    """What names an object."""
    meta = obj["metadata"]
    return Ref(
        group_of(obj.get("apiVersion", "")), obj.get("kind", ""), meta.get("namespace", ""), meta["name"]
    )


def uid_of(obj: Mapping[str, Any]) -> str:
    """Its uid; empty for one that no server has seen."""
    return str(obj["metadata"].get("uid", ""))


def version_of(obj: Mapping[str, Any]) -> str:
    """Its resourceVersion: another one after every write."""
    return str(obj["metadata"].get("resourceVersion", ""))


def labels_of(obj: Mapping[str, Any]) -> dict[str, str]:
    """Its labels."""
    return obj["metadata"].get("labels") or {}


def annotations_of(obj: Mapping[str, Any]) -> dict[str, str]:
    """Its annotations."""
    return obj["metadata"].get("annotations") or {}


def owners_of(obj: Mapping[str, Any]) -> list[OwnerReference]:
    """Its owners, the controller first."""
    found = [
        OwnerReference(
            uid=entry.get("uid", ""),
            kind=entry.get("kind", ""),
            name=entry.get("name", ""),
            group=group_of(entry.get("apiVersion", "")),
            controls=bool(entry.get("controller")),
        )
        for entry in obj["metadata"].get("ownerReferences") or []
    ]
    return sorted(found, key=lambda owner: not owner.controls)


def spec_of(obj: Mapping[str, Any]) -> dict[str, Any]:
    """Its spec, empty if it has none."""
    return obj.get("spec") or {}


def status_of(obj: Mapping[str, Any]) -> dict[str, Any]:
    """Its status, empty if it has none."""
    return obj.get("status") or {}


def pod_template_of(obj: Mapping[str, Any]) -> dict[str, Any]:
    """The pod template of a workload (metadata and spec); of a bare Pod itself; empty for anything else.

    What is returned is part of the object: a change to it changes the object.
    """
    kind = obj.get("kind")
    if kind == "Pod":
        return dict(obj)
    if kind == "CronJob":
        return (spec_of(obj).get("jobTemplate") or {}).get("spec", {}).get("template") or {}
    template = spec_of(obj).get("template")
    return template if isinstance(template, dict) and isinstance(template.get("spec"), dict) else {}


def pod_spec_of(obj: Mapping[str, Any]) -> dict[str, Any]:
    """The pod spec of a workload or a Pod; empty for anything else."""
    return pod_template_of(obj).get("spec") or {}


def containers_of(pod_spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Init containers, then containers, of a pod spec."""
    return [*(pod_spec.get("initContainers") or []), *(pod_spec.get("containers") or [])]


def claims_of(pod_spec: Mapping[str, Any]) -> list[str]:
    """Names of the claims that a pod spec mounts."""
    return [
        volume["persistentVolumeClaim"]["claimName"]
        for volume in pod_spec.get("volumes") or []
        if volume.get("persistentVolumeClaim")
    ]


def matches(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector selects labels; an empty one selects everything, a missing one nothing."""
    if selector is None:
        return False
    wanted: Mapping[str, str] = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_holds(expression, labels) for expression in selector.get("matchExpressions") or [])


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or []
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case _:
            return key not in labels


def by_ref(objects: Iterable[Object]) -> dict[Ref, Object]:
    """Objects by what names them."""
    return {ref_of(obj): obj for obj in objects}
