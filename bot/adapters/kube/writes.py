"""Writes to a Kubernetes API: any object of any kind by its path, as plain JSON.

Server-side apply is the way of choice: it may be repeated after a lost answer, it names the field manager,
and it tells who owns what one is about to take over. What may not be repeated (a create) is not; whoever
calls looks before trying again. Every write is bounded by the client's deadline, honours Retry-After, and
carries the client's User-Agent, by which the cluster's audit log is joined with ours.

Paths are those of the API (`/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/x`); `paths` makes
them. Nothing here looks into an object, so nothing of it can end up in a log.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from bot.adapters.kube.client import Kube, Reply
from bot.adapters.kube.errors import BadAnswer, NotFound

Object = dict[str, Any]

FIELD_MANAGER = "xk8s"
APPLY = "application/apply-patch+yaml"  # JSON is YAML
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"


class FieldValidation(enum.StrEnum):
    """What the server does about fields that it does not know."""

    STRICT = "Strict"  # 400
    WARN = "Warn"
    IGNORE = "Ignore"


class Propagation(enum.StrEnum):
    """What becomes of what an object owns."""

    BACKGROUND = "Background"
    FOREGROUND = "Foreground"
    ORPHAN = "Orphan"


class Removal(enum.Enum):
    """How a deletion was answered."""

    GONE = "gone"
    GOING = "going"  # accepted; finalizers or a grace period keep it for now
    ABSENT = "absent"  # there was no such object


@dataclasses.dataclass(frozen=True, kw_only=True)
class WriteResult:
    """An object as the server has it now (or would have, in a dry run)."""

    object: Object
    created: bool
    warnings: tuple[str, ...] = ()

    @property
    def uid(self) -> str:
        """Its uid; empty in the dry run of a create."""
        return str(self.object.get("metadata", {}).get("uid", ""))

    @property
    def resource_version(self) -> str:
        """Its resourceVersion; empty in the dry run of a create."""
        return str(self.object.get("metadata", {}).get("resourceVersion", ""))


def read(kube: Kube, path: str) -> Object | None:
    """Return an object with everything it has, None if there is none. Raises `KubeError`."""
    try:
        return _object(kube.exchange("GET", path, doing=f"show {_last(path)}"), path)
    except NotFound:
        return None


def apply(
    kube: Kube,
    path: str,
    manifest: Mapping[str, Any],
    *,
    dry_run: bool = False,
    force: bool = False,
    manager: str = FIELD_MANAGER,
    validation: FieldValidation = FieldValidation.STRICT,
    doing: str = "",
) -> WriteResult:
    """Server-side apply. `force` takes fields over from other managers; without it they are a conflict.

    With `metadata.resourceVersion` in the manifest it applies to that version only, and with `metadata.uid`
    to that object only. Raises `FieldConflict`, `Conflict`, `Invalid`, `Malformed`, `NamespaceTerminating`
    or another `KubeError`.
    """
    query = _query(
        dry_run=dry_run, fieldManager=manager, force="true" if force else "", fieldValidation=validation
    )
    body = msgspec.json.encode(manifest)
    reply = kube.exchange(
        "PATCH", path + query, doing=doing or f"apply {_last(path)}", body=body, content=APPLY
    )
    return _written(reply, path)


def create(
    kube: Kube,
    collection: str,
    manifest: Mapping[str, Any],
    *,
    dry_run: bool = False,
    manager: str = FIELD_MANAGER,
    validation: FieldValidation = FieldValidation.STRICT,
    doing: str = "",
) -> WriteResult:
    """Create an object; never sent twice. Raises `AlreadyExists` or another `KubeError`; after `Unreachable`
    or `ServerFailed` it may be there all the same."""
    query = _query(dry_run=dry_run, fieldManager=manager, fieldValidation=validation)
    reply = kube.exchange(
        "POST",
        collection + query,
        doing=doing or f"create one of {_last(collection)}",
        repeatable=dry_run,
        body=msgspec.json.encode(manifest),
    )
    return _written(reply, collection)


def replace(
    kube: Kube,
    path: str,
    manifest: Mapping[str, Any],
    *,
    dry_run: bool = False,
    manager: str = FIELD_MANAGER,
    validation: FieldValidation = FieldValidation.STRICT,
    doing: str = "",
) -> WriteResult:
    """Put an object in place of what is there; with its `metadata.resourceVersion` only if nobody changed it.

    Raises `Conflict` (also when a lost answer was repeated: then look), `Invalid` or another `KubeError`.
    """
    query = _query(dry_run=dry_run, fieldManager=manager, fieldValidation=validation)
    reply = kube.exchange(
        "PUT", path + query, doing=doing or f"replace {_last(path)}", body=msgspec.json.encode(manifest)
    )
    return _written(reply, path)


def patch(
    kube: Kube,
    path: str,
    change: Mapping[str, Any] | list[Mapping[str, Any]],
    *,
    content: str = MERGE,
    dry_run: bool = False,
    manager: str = FIELD_MANAGER,
    doing: str = "",
) -> WriteResult:
    """Patch an object or a subresource (`…/scale`). A JSON patch is never sent twice, the others may be.

    Raises `Conflict`, `Invalid`, `Malformed` or another `KubeError`.
    """
    reply = kube.exchange(
        "PATCH",
        path + _query(dry_run=dry_run, fieldManager=manager),
        doing=doing or f"change {_last(path)}",
        body=msgspec.json.encode(change),
        content=content,
        repeatable=dry_run or content != JSON_PATCH,
    )
    return _written(reply, path)


def delete(
    kube: Kube,
    path: str,
    *,
    uid: str = "",
    resource_version: str = "",
    dry_run: bool = False,
    propagation: Propagation = Propagation.BACKGROUND,
    doing: str = "",
) -> Removal:
    """Delete an object, only if it still is what was seen: `uid` and `resource_version` are preconditions.

    Raises `Conflict` if it is not; `KubeError`.
    """
    given = {"uid": uid, "resourceVersion": resource_version}
    options: Object = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation.value}
    preconditions = {name: value for name, value in given.items() if value}
    if preconditions:
        options["preconditions"] = preconditions
    if dry_run:
        options["dryRun"] = ["All"]
    try:
        reply = kube.exchange(
            "DELETE",
            path + _query(dry_run=dry_run),
            doing=doing or f"delete {_last(path)}",
            body=msgspec.json.encode(options),
        )
    except NotFound:
        return Removal.ABSENT
    left = _object(reply, path)
    return Removal.GOING if left.get("metadata", {}).get("deletionTimestamp") else Removal.GONE


def without_server_fields(obj: Mapping[str, Any]) -> Object:
    """An object without what only the server writes: status, managedFields, uid, resourceVersion and
    times.
    """
    owned = ("managedFields", "uid", "resourceVersion", "generation", "creationTimestamp", "selfLink")
    metadata = {key: value for key, value in obj.get("metadata", {}).items() if key not in owned}
    return {**{key: value for key, value in obj.items() if key != "status"}, "metadata": metadata}


def _query(*, dry_run: bool, **given: str) -> str:
    values = {**given, "dryRun": "All" if dry_run else ""}
    text = urlencode({name: str(value) for name, value in values.items() if value})
    return f"?{text}" if text else ""


def _written(reply: Reply, path: str) -> WriteResult:
    return WriteResult(object=_object(reply, path), created=reply.status == 201, warnings=reply.warnings)


def _object(reply: Reply, path: str) -> Object:
    try:
        return msgspec.json.decode(reply.data, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise BadAnswer(
            f"The Kubernetes API answered {path} with something else",
            why=str(error),
            fix="Check that the address is a Kubernetes API and no proxy's page.",
        ) from error


def _last(path: str) -> str:
    return path.rsplit("/", 1)[-1]
