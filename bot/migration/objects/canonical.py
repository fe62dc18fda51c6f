"""One text for one configuration: what is compared, and what an approval is bound to.

Left out is what only servers and controllers write. A Secret's digest is keyed: a plain one of a short
password could be looked up. The key never leaves the process and is never stored beside the digest.
"""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from bot.migration.objects.manifest import Object

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
# written by controllers while nothing about the configuration changes
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
    "kubectl.kubernetes.io/last-applied-configuration",
)


KEYED = "keyed:"  # how a digest begins that can be compared only with one of the same key


def without_server_fields(obj: Mapping[str, Any]) -> Object:
    """A copy of an object without status and what only a server writes. Everything else stays."""
    metadata = {key: value for key, value in obj["metadata"].items() if key not in SERVER_METADATA}
    kept = {key: value for key, value in obj.items() if key not in ("status", "metadata")}
    return {**copy.deepcopy(kept), "metadata": copy.deepcopy(metadata)}


def text(value: Any) -> str:
    """Canonical JSON: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(obj: Mapping[str, Any], key: bytes) -> str:
    """The digest of an object's configuration: status, server-owned fields and churning annotations aside.

    `key` is used for Secrets, whose digest is an HMAC; the others are plain SHA-256.
    """
    kept = without_server_fields(obj)
    metadata = kept["metadata"]
    annotations = {
        name: value for name, value in (metadata.get("annotations") or {}).items() if name not in CHURNING
    }
    metadata.pop("annotations", None)
    if annotations:
        metadata["annotations"] = annotations
    kept = prune(kept)
    return digest_of(kept, key if obj.get("kind") == "Secret" else None)


def digest_of(value: Any, key: bytes | None = None) -> str:
    """The digest of any JSON; with a key an HMAC, marked as such."""
    data = text(value).encode()
    if key is None:
        return hashlib.sha256(data).hexdigest()
    return f"{KEYED}{hmac.new(key, data, hashlib.sha256).hexdigest()}"


def prune(obj: Object) -> Object:
    """Without empty labels and annotations, which some servers give and some leave out."""
    metadata = {
        name: value
        for name, value in obj["metadata"].items()
        if not (name in ("labels", "annotations", "finalizers", "ownerReferences") and not value)
    }
    return {**obj, "metadata": metadata}
