"""The canonical text and the digest of an object's configuration.

Copies are compared by it, and an approval is bound to it. Left out is what only API servers and controllers
write. The digest of a Secret is keyed (HMAC), because a plain one of a short password could be looked up. The
key never leaves the process and is never stored beside the digest.
"""

import copy
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from bot.common.canonical_json import canonical
from bot.migration.objects.fields import Object, annotations_of, drop_if_empty

SERVER_METADATA = (
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "managedFields",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
# annotations that controllers and clients write while nothing about the configuration changes
CHURNING = (
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
    "control-plane.alpha.kubernetes.io/leader",
    "endpoints.kubernetes.io/last-change-trigger-time",
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "volume.kubernetes.io/selected-node",
    "autoscaling.alpha.kubernetes.io/conditions",
    "autoscaling.alpha.kubernetes.io/current-metrics",
    LAST_APPLIED,
)
KEYED = "keyed:"  # the prefix of a digest that can be compared only with one of the same key


def without_server_fields(obj: Mapping[str, Any]) -> Object:
    """Return a deep copy of an object without its status and the metadata that only a server writes."""
    metadata = {key: value for key, value in obj["metadata"].items() if key not in SERVER_METADATA}
    fields = {key: value for key, value in obj.items() if key not in ("status", "metadata")}
    return {**copy.deepcopy(fields), "metadata": copy.deepcopy(metadata)}


def digest(obj: Mapping[str, Any], key: bytes) -> str:
    """Return the digest of an object's configuration: no status, server metadata or churning annotations.

    With the key the digest of a Secret is an HMAC; other kinds have a plain SHA-256.
    """
    configuration = without_server_fields(obj)
    annotations = annotations_of(configuration)
    for name in CHURNING:
        annotations.pop(name, None)
    return digest_of(prune(configuration), key if obj.get("kind") == "Secret" else None)


def digest_of(value: Any, key: bytes | None = None) -> str:
    """Return the hexadecimal SHA-256 of a JSON value; with a key its HMAC, marked by the prefix `KEYED`."""
    data = canonical(value).encode()
    if key is None:
        return hashlib.sha256(data).hexdigest()
    return f"{KEYED}{hmac.new(key, data, hashlib.sha256).hexdigest()}"


def prune(obj: Object) -> Object:
    """Remove empty lists and maps of the metadata in place: some servers give them, some leave them out."""
    drop_if_empty(obj["metadata"], "labels", "annotations", "finalizers", "ownerReferences")
    return obj
