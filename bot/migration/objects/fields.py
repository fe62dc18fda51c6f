"""Kubernetes objects as plain JSON: the reference that names one, and the fields that most modules read.

Objects stay dictionaries, because a migration must carry fields that no struct of ours knows.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

Object = dict[str, Any]

MIGRATION = "xk8s.io/migration"  # label with the migration's id on everything that it creates
CHOICE = "xk8s.io/migrate"  # annotation by which a team says `skip` on an object


def is_custom_group(group: str) -> bool:
    """Return whether an API group is neither Kubernetes' own nor one of its projects'."""
    return "." in group and not group.endswith(".k8s.io")


@dataclasses.dataclass(frozen=True, order=True)
class Ref:
    """A reference to an object in a cluster, whatever version of the API it is read at.

    `namespace` is empty for cluster-scoped objects, `group` for the core group.
    """

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        kind = f"{self.kind}.{self.group}" if is_custom_group(self.group) else self.kind
        return f"{kind} {self.short}"

    @property
    def short(self) -> str:
        """The name with its namespace, such as `shop/cart`, for where the kind is clear."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def group_kind(self) -> tuple[str, str]:
        """The API group and the kind, by which the tables of kinds are looked up."""
        return self.group, self.kind


@dataclasses.dataclass(frozen=True)
class OwnerReference:
    """One entry of `metadata.ownerReferences`. `controls` is its field `controller`."""

    uid: str
    kind: str
    name: str
    group: str
    controls: bool


def group_of(api_version: str) -> str:
    """Return the group of an apiVersion; it is empty for the core group."""
    return api_version.rpartition("/")[0]


def ref_of(obj: Mapping[str, Any]) -> Ref:
    """Return the reference of an object, which must have a name."""
    meta = obj["metadata"]
    group = group_of(obj.get("apiVersion", ""))
    return Ref(group, obj.get("kind", ""), meta.get("namespace", ""), meta["name"])


def uid_of(obj: Mapping[str, Any]) -> str:
    """Return the uid of an object; it is empty for one that no API server has stored."""
    return str(obj["metadata"].get("uid", ""))


def version_of(obj: Mapping[str, Any]) -> str:
    """Return the resourceVersion of an object, which is another one after every write."""
    return str(obj["metadata"].get("resourceVersion", ""))


def labels_of(obj: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels of an object, empty if it has none."""
    return obj["metadata"].get("labels") or {}


def annotations_of(obj: Mapping[str, Any]) -> dict[str, str]:
    """Return the annotations of an object, empty if it has none."""
    return obj["metadata"].get("annotations") or {}


def with_label(obj: Object, name: str, value: str) -> Object:
    """Return the object with one label more; the original is not changed."""
    return {**obj, "metadata": {**obj["metadata"], "labels": {**labels_of(obj), name: value}}}


def with_annotation(obj: Object, name: str, value: str) -> Object:
    """Return the object with one annotation more; the original is not changed."""
    return {**obj, "metadata": {**obj["metadata"], "annotations": {**annotations_of(obj), name: value}}}


def drop_annotations(obj: Object, *names: str) -> list[str]:
    """Remove annotations in place, and the field itself if it is empty then; return those that were there."""
    annotations = annotations_of(obj)
    dropped = [name for name in names if annotations.pop(name, None) is not None]
    drop_if_empty(obj["metadata"], "annotations")
    return dropped


def drop_if_empty(fields: Object, *names: str) -> None:
    """Remove fields that are present and empty, as an API server leaves them out as well."""
    for name in names:
        if name in fields and not fields[name]:
            del fields[name]


def owners_of(obj: Mapping[str, Any]) -> list[OwnerReference]:
    """Return the owner references of an object, the controller first."""
    owners = [
        OwnerReference(
            uid=entry.get("uid", ""),
            kind=entry.get("kind", ""),
            name=entry.get("name", ""),
            group=group_of(entry.get("apiVersion", "")),
            controls=bool(entry.get("controller")),
        )
        for entry in obj["metadata"].get("ownerReferences") or []
    ]
    return sorted(owners, key=lambda owner: not owner.controls)


def spec_of(obj: Mapping[str, Any]) -> dict[str, Any]:
    """Return the spec of an object, empty if it has none."""
    return obj.get("spec") or {}


def status_of(obj: Mapping[str, Any]) -> dict[str, Any]:
    """Return the status of an object, empty if it has none."""
    return obj.get("status") or {}


def true_conditions(obj: Mapping[str, Any]) -> set[str]:
    """Return the types of the conditions whose status is True."""
    conditions = status_of(obj).get("conditions") or []
    return {condition["type"] for condition in conditions if condition.get("status") == "True"}


def ingress_addresses(obj: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return the addresses or host names by which a Service or an Ingress is reached from outside.

    They are in `status.loadBalancer.ingress`; an entry that has neither is an empty text.
    """
    entries = (status_of(obj or {}).get("loadBalancer") or {}).get("ingress") or []
    return tuple(entry.get("ip") or entry.get("hostname") or "" for entry in entries)


def pod_template_of(obj: Mapping[str, Any]) -> dict[str, Any]:
    """Return the pod template of a workload (metadata and spec), or a bare Pod itself; else nothing.

    The result is part of the object: a change to its fields changes the object.
    """
    kind = obj.get("kind")
    if kind == "Pod":
        return dict(obj)
    if kind == "CronJob":
        return (spec_of(obj).get("jobTemplate") or {}).get("spec", {}).get("template") or {}
    template = spec_of(obj).get("template")
    return template if isinstance(template, dict) and isinstance(template.get("spec"), dict) else {}


def pod_labels_of(obj: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels of the pods that a workload creates, or of a Pod; empty for anything else."""
    return (pod_template_of(obj).get("metadata") or {}).get("labels") or {}


def pod_spec_of(obj: Mapping[str, Any]) -> dict[str, Any]:
    """Return the pod spec of a workload or a Pod; empty for anything else."""
    return pod_template_of(obj).get("spec") or {}


def containers_of(pod_spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the init containers, then the containers, of a pod spec."""
    return [*(pod_spec.get("initContainers") or []), *(pod_spec.get("containers") or [])]


def claims_of(pod_spec: Mapping[str, Any]) -> list[str]:
    """Return the names of the PersistentVolumeClaims that a pod spec mounts."""
    return [
        volume["persistentVolumeClaim"]["claimName"]
        for volume in pod_spec.get("volumes") or []
        if volume.get("persistentVolumeClaim")
    ]
