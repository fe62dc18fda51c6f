"""How a project's objects differ in the new cluster of a migration: mappings, exclusions and JSON patches."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from bot.settings.values import SettingsModel

PATCH_OPERATIONS = ("add", "remove", "replace", "move", "copy", "test")  # RFC 6902, section 4


class ObjectSelector(SettingsModel):
    """Selects objects of the source cluster; what is left empty may be anything."""

    kind: str = Field(
        default="", description="kind, such as Deployment; with its group if two have it: Kind.group"
    )
    namespace: str = Field(default="", description="namespace; may hold * and ?")
    name: str = Field(default="", description="name; may hold * and ?")
    labels: dict[str, str] = Field(default={}, description="labels that it must have")

    @model_validator(mode="after")
    def _is_not_empty(self) -> ObjectSelector:
        if not (self.kind or self.namespace or self.name or self.labels):
            raise ValueError("say which objects: kind, namespace, name or labels")
        return self

    def selects(self, obj: Mapping[str, Any]) -> bool:
        """Return whether an object, as a Kubernetes API returns it, is selected."""
        meta = obj["metadata"]
        group = str(obj.get("apiVersion", "")).rpartition("/")[0]
        return (
            self.kind in ("", obj.get("kind"), f"{obj.get('kind')}.{group}")
            and fnmatchcase(meta.get("namespace") or "", self.namespace or "*")
            and fnmatchcase(meta["name"], self.name or "*")
            and all((meta.get("labels") or {}).get(key) == value for key, value in self.labels.items())
        )


class ObjectPatch(ObjectSelector):
    """A JSON patch (RFC 6902) for selected objects, applied after every other rule."""

    patch: tuple[dict[str, Any], ...] = Field(description="operations: op, path, value, from")

    @field_validator("patch")
    @classmethod
    def _is_a_json_patch(cls, value: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
        for number, operation in enumerate(value, start=1):
            missing = [key for key in ("op", "path") if not isinstance(operation.get(key), str)]
            if missing:
                raise ValueError(f"operation {number} has no {missing[0]}")
            if operation["op"] not in PATCH_OPERATIONS:
                raise ValueError(f"operation {number}: there is no op {operation['op']!r}")
        return value


class Mappings(SettingsModel):
    """What has another name in the new cluster, and what is left out."""

    storage_classes: dict[str, str] = Field(default={}, description="old StorageClass to new one")
    ingress_classes: dict[str, str] = Field(default={}, description="old IngressClass to new one")
    node_labels: dict[str, str] = Field(
        default={},
        description="`key=value` of a node selector or affinity to the new `key=value`; empty: taken out",
    )
    tolerations: dict[str, str] = Field(default={}, description="old taint key to new one; empty: taken out")
    registries: dict[str, str] = Field(default={}, description="start of an image's name to the new start")
    keep_finalizers: tuple[str, ...] = Field(
        default=(),
        description="finalizers that a controller of the new cluster handles; all others are dropped",
    )
    helm: Literal["copy", "reinstall"] = Field(
        default="copy",
        description="whether Helm's release records go along, or the charts are installed anew",
    )
    addresses: Literal["new", "keep"] = Field(
        default="new",
        description="load balancers get new addresses, or floating IPs are moved at the cut-over",
    )
    skip: tuple[ObjectSelector, ...] = Field(default=(), description="objects that are left out")
    patches: tuple[ObjectPatch, ...] = Field(default=(), description="JSON patches")
