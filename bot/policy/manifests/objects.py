"""Which objects among documents matter, and who they are."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from bot.drivers.catalog import policy_apis
from bot.policy.manifests.documents import ManifestDocument
from bot.policy.reach.fields import Mistakes, kind_of
from bot.policy.reach.selection import is_label, object_name

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
class Object:
    """One object: where it stands (a document, or an item of a list in one), what it is and its name."""

    where: str
    group: str
    kind: str
    namespace: str  # `default` where none is given; empty for what has none
    name: str
    value: Mapping[str, Any]
    prefix: str  # of its fields: `items[3].` in a list

    @property
    def foreign(self) -> bool:
        """Whether it is a policy of another API."""
        return _is_foreign(self.group, self.kind)

    def mapping(self, field: str) -> Mapping[str, Any]:
        """A field that is a mapping; empty if it is absent or something else."""
        found = self.value.get(field)
        return found if isinstance(found, Mapping) else {}

    def __str__(self) -> str:
        name = (
            f"{self.namespace}/{self.name}"
            if self.namespace and not _is_cluster_scoped(self.kind)
            else self.name
        )
        return f"{self.kind} {name}"


def _is_foreign(group: str, kind: str) -> bool:
    """Whether a kind of another API allows or denies connections: it is named, and not computed."""
    return any((group, kind) in api.kinds for api in policy_apis())


def _is_cluster_scoped(kind: str) -> bool:
    return kind in ("Namespace", "Node") or any(kind in api.cluster_scoped for api in policy_apis())


def objects(document: ManifestDocument, mistakes: Mistakes) -> Iterator[Object]:
    """The objects of a document that matter; lists are opened. What is no object at all is passed over."""
    if not _patch(document.value):
        yield from _objects(document.value, "", str(document), mistakes)


def _patch(value: Any) -> bool:
    """Whether it is a bare list without objects, as JSON patches are that lie beside manifests."""
    return isinstance(value, list) and all(
        isinstance(each, Mapping) and "apiVersion" not in each and "kind" not in each for each in value
    )


def _objects(value: Any, prefix: str, where: str, mistakes: Mistakes) -> Iterator[Object]:
    field = prefix.removesuffix(".")
    if not isinstance(value, Mapping):
        mistakes.add(
            field or "the document", f"must be an object with apiVersion and kind, not {kind_of(value)}"
        )
        return
    version, kind = value.get("apiVersion"), value.get("kind")
    if version is None and kind is None:
        return  # values of a chart, and the like
    if not isinstance(version, str) or not isinstance(kind, str):
        which = "kind" if isinstance(version, str) else "apiVersion"
        mistakes.add(f"{prefix}{which}", f"must be text, not {kind_of(value.get(which))}")
        return
    if kind.endswith("List") and "items" in value:
        for path, item in mistakes.items(value["items"], f"{prefix}items"):
            yield from _objects(_with_kind(item, version, kind), f"{path}.", where, mistakes)
        return
    group = version.rpartition("/")[0] if "/" in version else CORE
    if _matters(group, kind):
        yield _named(Object(where, group, kind, "", "", value, prefix), mistakes)


def _with_kind(item: Any, version: str, kind: str) -> Any:
    """Items of a typed list (PodList) may leave out what they are."""
    if kind == "List" or not isinstance(item, Mapping) or "kind" in item:
        return item
    return {"apiVersion": version, "kind": kind.removesuffix("List"), **item}


def _matters(group: str, kind: str) -> bool:
    return (
        kind == "NetworkPolicy"
        or _is_foreign(group, kind)
        or (group == CORE and kind in ("Pod", "Namespace", "Node"))
        or group in CONTROLLERS.get(kind, ())
    )


def _named(found: Object, mistakes: Mistakes) -> Object:
    metadata = mistakes.mapping(found.value.get("metadata"), f"{found.prefix}metadata")
    policy = found.kind == "NetworkPolicy" and not found.foreign  # its parser looks at its names itself
    name = object_name(metadata, f"{found.prefix}metadata.name", Mistakes() if policy else mistakes)
    namespace = mistakes.text(metadata.get("namespace"), f"{found.prefix}metadata.namespace") or "default"
    if not policy and not is_label(namespace):
        mistakes.add(
            f"{found.prefix}metadata.namespace", f"{namespace!r} is not a DNS label of at most 63 characters"
        )
    if _is_cluster_scoped(found.kind):
        namespace = ""
    return dataclasses.replace(found, name=name, namespace=namespace)
