"""Finds the objects among documents that decide who may connect to whom."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from bot.drivers.catalog import policy_apis
from bot.policy.manifests.documents import ManifestDocument
from bot.policy.reach.field_errors import FieldErrors, type_name
from bot.policy.reach.model import KIND
from bot.policy.reach.selector_parser import parse_namespace, parse_object_name

CORE = ""
CONTROLLERS: Mapping[str, tuple[str, ...]] = {
    "Deployment": ("apps", "extensions"),
    "StatefulSet": ("apps",),
    "DaemonSet": ("apps", "extensions"),
    "ReplicaSet": ("apps", "extensions"),
    "ReplicationController": (CORE,),
    "Job": ("batch",),
    "CronJob": ("batch",),
}


@dataclasses.dataclass(frozen=True, slots=True)
class ManifestObject:
    """One object: its source (a document, or an item of a list in one), its kind and its name.

    `namespace` is `default` where none is given, and empty for what is cluster-scoped. `prefix` is what the
    paths of its fields begin with: `items[3].` in a list.
    """

    source: str
    group: str
    kind: str
    namespace: str
    name: str
    value: Mapping[str, Any]
    prefix: str

    @property
    def is_other_policy(self) -> bool:
        """Whether the object is a policy of another API."""
        return _is_other_policy(self.group, self.kind)

    def mapping(self, field: str) -> Mapping[str, Any]:
        """Return a field that is a mapping; empty if it is absent or something else."""
        value = self.value.get(field)
        return value if isinstance(value, Mapping) else {}

    def __str__(self) -> str:
        namespaced = self.namespace and not _is_cluster_scoped(self.kind)
        return f"{self.kind} {self.namespace}/{self.name}" if namespaced else f"{self.kind} {self.name}"


def _is_other_policy(group: str, kind: str) -> bool:
    return any((group, kind) in api.kinds for api in policy_apis())


def _is_cluster_scoped(kind: str) -> bool:
    return kind in ("Namespace", "Node") or any(kind in api.cluster_scoped for api in policy_apis())


def find_objects(document: ManifestDocument, errors: FieldErrors) -> Iterator[ManifestObject]:
    """Yield the objects of a document that matter, also from within lists.

    What is no object at all is passed over: values of a chart, JSON patches, and the like.
    """
    if not _is_json_patch(document.value):
        yield from _find(document.value, "", str(document), errors)


def _is_json_patch(value: Any) -> bool:
    """Whether a value is a list without any object, as JSON patches are that lie beside manifests."""
    return isinstance(value, list) and all(
        isinstance(item, Mapping) and "apiVersion" not in item and "kind" not in item for item in value
    )


def _find(value: Any, prefix: str, source: str, errors: FieldErrors) -> Iterator[ManifestObject]:
    field = prefix.removesuffix(".")
    if not isinstance(value, Mapping):
        reason = f"must be an object with apiVersion and kind, not {type_name(value)}"
        errors.add(field or "the document", reason)
        return
    version, kind = value.get("apiVersion"), value.get("kind")
    if version is None and kind is None:
        return
    if not isinstance(version, str) or not isinstance(kind, str):
        missing = "kind" if isinstance(version, str) else "apiVersion"
        errors.add(f"{prefix}{missing}", f"must be text, not {type_name(value.get(missing))}")
        return
    if kind.endswith("List") and "items" in value:
        for path, item in errors.items(value["items"], f"{prefix}items"):
            yield from _find(_with_kind(item, version, kind), f"{path}.", source, errors)
        return
    group = version.rpartition("/")[0] if "/" in version else CORE
    if _matters(group, kind):
        yield _with_name(ManifestObject(source, group, kind, "", "", value, prefix), errors)


def _with_kind(item: Any, version: str, kind: str) -> Any:
    """Items of a typed list, such as a PodList, may leave out their kind."""
    if kind == "List" or not isinstance(item, Mapping) or "kind" in item:
        return item
    return {"apiVersion": version, "kind": kind.removesuffix("List"), **item}


def _matters(group: str, kind: str) -> bool:
    return (
        kind == KIND
        or _is_other_policy(group, kind)
        or (group == CORE and kind in ("Pod", "Namespace", "Node"))
        or group in CONTROLLERS.get(kind, ())
    )


def _with_name(obj: ManifestObject, errors: FieldErrors) -> ManifestObject:
    metadata = errors.mapping(obj.value.get("metadata"), f"{obj.prefix}metadata")
    name_field, namespace_field = f"{obj.prefix}metadata.name", f"{obj.prefix}metadata.namespace"
    if obj.kind == KIND and not obj.is_other_policy:  # the parser of policies checks their names itself
        name = parse_object_name(metadata, name_field, FieldErrors())
        namespace = errors.text(metadata.get("namespace"), namespace_field) or "default"
    else:
        name = parse_object_name(metadata, name_field, errors)
        namespace = parse_namespace(metadata, namespace_field, errors)
    return dataclasses.replace(obj, name=name, namespace="" if _is_cluster_scoped(obj.kind) else namespace)
