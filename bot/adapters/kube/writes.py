"""Writes to a Kubernetes API: any object of any kind by its path, as plain JSON.

Server-side apply is preferred: it may be repeated after a lost answer, it names the field manager, and it
tells who owns the fields that are about to be taken over. What may not be repeated (a create) is sent once,
and the caller looks before trying again. Every write is bounded by the deadline of the client, honours
Retry-After, and carries the client's User-Agent, by which the audit log of the cluster is joined with the
bot's.

Paths are those of the API (`/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/x`); `paths` builds
them. Nothing here looks into an object, so that nothing of it can get into a log.
"""

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from bot.adapters.kube.client import JSON, KubeClient, Reply
from bot.adapters.kube.errors import BadAnswer, NotFound

Object = dict[str, Any]

FIELD_MANAGER = "xk8s"
APPLY = "application/apply-patch+yaml"  # JSON is YAML
MERGE = "application/merge-patch+json"
STRICT = "Strict"  # field validation: the server refuses fields that it does not know (400)
# written by the server alone
SERVER_METADATA = ("managedFields", "uid", "resourceVersion", "generation", "creationTimestamp", "selfLink")


class Removal(enum.Enum):
    """The answer to a deletion."""

    GONE = "gone"
    GOING = "going"  # accepted; finalizers or a grace period still hold the object
    ABSENT = "absent"  # there was no such object


@dataclasses.dataclass(frozen=True, kw_only=True)
class WriteResult:
    """An object as the server has it now, or would have it after a dry run."""

    object: Object
    created: bool
    warnings: tuple[str, ...] = ()

    @property
    def uid(self) -> str:
        """The uid of the object; empty in the dry run of a create."""
        return str(self.object.get("metadata", {}).get("uid", ""))

    @property
    def resource_version(self) -> str:
        """The resourceVersion of the object; empty in the dry run of a create."""
        return str(self.object.get("metadata", {}).get("resourceVersion", ""))


def read(kube: KubeClient, path: str) -> Object | None:
    """Return an object with everything it has, None if there is none. Raises `KubeError`."""
    try:
        return _object(kube.exchange("GET", path, doing=f"show {_last(path)}"), path)
    except NotFound:
        return None


def apply(
    kube: KubeClient,
    path: str,
    manifest: Mapping[str, Any],
    *,
    dry_run: bool = False,
    force: bool = False,
    manager: str = FIELD_MANAGER,
    doing: str = "",
) -> WriteResult:
    """Apply a manifest on the server. `force` takes fields over from other managers, else they conflict.

    With `metadata.resourceVersion` in the manifest it applies to that version only, and with `metadata.uid`
    to that object only. Raises `FieldConflict`, `Conflict`, `Invalid`, `Malformed`, `NamespaceTerminating` or
    another `KubeError`.

    https://kubernetes.io/docs/reference/using-api/server-side-apply/
    """
    query = {"fieldManager": manager, "force": "true" if force else "", "fieldValidation": STRICT}
    doing = doing or f"apply {_last(path)}"
    address = path + _query(dry_run=dry_run, **query)
    reply = kube.exchange("PATCH", address, doing=doing, body=msgspec.json.encode(manifest), content=APPLY)
    return _result(reply, path)


def create(kube: KubeClient, collection: str, manifest: Mapping[str, Any]) -> WriteResult:
    """Create an object in a collection; never sent twice.

    Raises `AlreadyExists` or another `KubeError`. After `Unreachable` or `ServerFailed` the object may exist
    all the same.
    """
    body = msgspec.json.encode(manifest)
    doing = f"create one of {_last(collection)}"
    reply = kube.exchange(
        "POST", collection + _STRICT, doing=doing, body=body, content=JSON, repeatable=False
    )
    return _result(reply, collection)


def replace(kube: KubeClient, path: str, manifest: Mapping[str, Any]) -> WriteResult:
    """Replace an object; with `metadata.resourceVersion` in the manifest only if nobody has changed it.

    Raises `Conflict` (also when a lost answer was repeated: then look), `Invalid` or another `KubeError`.
    """
    body = msgspec.json.encode(manifest)
    return _result(kube.exchange("PUT", path + _STRICT, doing=f"replace {_last(path)}", body=body), path)


def patch(
    kube: KubeClient, path: str, change: Mapping[str, Any], *, manager: str = FIELD_MANAGER, doing: str = ""
) -> WriteResult:
    """Apply a JSON merge patch (RFC 7386) to an object or a subresource (`…/scale`).

    Raises `Conflict`, `Invalid`, `Malformed` or another `KubeError`.
    """
    address, body = path + _query(fieldManager=manager), msgspec.json.encode(change)
    doing = doing or f"change {_last(path)}"
    return _result(kube.exchange("PATCH", address, doing=doing, body=body, content=MERGE), path)


def delete(
    kube: KubeClient,
    path: str,
    *,
    uid: str = "",
    resource_version: str = "",
    dry_run: bool = False,
    doing: str = "",
) -> Removal:
    """Delete an object, and in the background what it owns.

    `uid` and `resource_version` are preconditions: the object is deleted only if it still has them. Raises
    `Conflict` if it does not, or another `KubeError`.
    """
    options: Object = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"}
    preconditions = {"uid": uid, "resourceVersion": resource_version}
    if uid or resource_version:
        options["preconditions"] = {name: value for name, value in preconditions.items() if value}
    if dry_run:
        options["dryRun"] = ["All"]
    address, body = path + _query(dry_run=dry_run), msgspec.json.encode(options)
    try:
        reply = kube.exchange("DELETE", address, doing=doing or f"delete {_last(path)}", body=body)
    except NotFound:
        return Removal.ABSENT
    deleted = _object(reply, path)
    return Removal.GOING if deleted.get("metadata", {}).get("deletionTimestamp") else Removal.GONE


def without_server_fields(obj: Mapping[str, Any]) -> Object:
    """Return an object without its status and what else only the server writes."""
    metadata = {key: value for key, value in obj.get("metadata", {}).items() if key not in SERVER_METADATA}
    return {**{key: value for key, value in obj.items() if key != "status"}, "metadata": metadata}


def _query(*, dry_run: bool = False, **parameters: str) -> str:
    parameters["dryRun"] = "All" if dry_run else ""
    text = urlencode({name: value for name, value in parameters.items() if value})
    return f"?{text}" if text else ""


_STRICT = _query(fieldManager=FIELD_MANAGER, fieldValidation=STRICT)


def _result(reply: Reply, path: str) -> WriteResult:
    return WriteResult(object=_object(reply, path), created=reply.status == 201, warnings=reply.warnings)


def _object(reply: Reply, path: str) -> Object:
    try:
        return msgspec.json.decode(reply.data, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise BadAnswer.to_request(path, error) from error


def _last(path: str) -> str:
    return path.rsplit("/", 1)[-1]
