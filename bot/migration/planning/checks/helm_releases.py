"""Helm's releases: a record is worth copying only with all objects of its release.

Without its objects `helm upgrade` fails on what is there already; without the record it fails as well. The
record has the manifest with the API versions of its day, which Helm compares with at the next upgrade.
"""

import base64
import binascii
import dataclasses
import gzip
import json
import zlib
from collections.abc import Iterator
from typing import Any

import yaml

from bot.common.wording import count
from bot.migration.inventory.removed_apis import is_removed
from bot.migration.inventory.served_apis import ApiResource
from bot.migration.objects.fields import Object, Ref, group_of, ref_of
from bot.migration.objects.kinds import HELM_RELEASE
from bot.migration.planning.findings import PlanFinding, Subject
from bot.migration.planning.plan_inputs import PlanInputs

HELM = Subject("Helm")
MOST_BYTES = 20_000_000  # of one manifest, unpacked
NAMED = 5
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclasses.dataclass(frozen=True, kw_only=True)
class HelmRelease:
    """One deployed release: its objects, and the apiVersion that the record names for each."""

    name: str
    namespace: str
    objects: tuple[tuple[Ref, str], ...]


def release_of(secret: Object) -> HelmRelease | None:
    """Return the release that a Secret of Helm 3 records; None if it cannot be read.

    The values that the release was installed with are never looked at.
    """
    try:
        packed = base64.b64decode(base64.b64decode((secret.get("data") or {})["release"]))
        unpacker = zlib.decompressobj(wbits=31)
        raw = unpacker.decompress(packed, MOST_BYTES) if packed[:2] == b"\x1f\x8b" else packed
        record = json.loads(raw)
        documents = list(yaml.load_all(record.get("manifest") or "", Loader=_Loader))
    except (KeyError, ValueError, binascii.Error, zlib.error, gzip.BadGzipFile, yaml.YAMLError):
        return None
    namespace = record.get("namespace") or ref_of(secret).namespace
    objects = tuple(_objects(documents, namespace))
    return HelmRelease(name=record.get("name", ""), namespace=namespace, objects=objects)


def _objects(documents: list[Any], home: str) -> Iterator[tuple[Ref, str]]:
    """Yield the reference and the apiVersion of each object of a manifest.

    A cluster-scoped object gets the release's namespace, because its kind is not looked up.
    """
    for document in documents:
        metadata = document.get("metadata") if isinstance(document, dict) else None
        if isinstance(metadata, dict) and "name" in metadata:
            version, kind = str(document.get("apiVersion", "")), str(document.get("kind", ""))
            namespace = metadata.get("namespace") or home
            yield Ref(group_of(version), kind, namespace, str(metadata["name"])), version


def check(inputs: PlanInputs) -> Iterator[PlanFinding]:
    """Yield the records whose objects are not all copied, or that name versions the target does not serve."""
    whole = 0
    for secret in inputs.of("Secret"):
        if secret.get("type") == HELM_RELEASE:
            findings = list(_check_release(secret, inputs))
            yield from findings
            whole += not findings
    if whole:
        yield HELM.note(f"{whole} releases go along with all their objects")


def _check_release(secret: Object, inputs: PlanInputs) -> Iterator[PlanFinding]:
    ref, release = ref_of(secret), release_of(secret)
    if release is None:
        yield HELM.warn(
            f"the release record {ref.short} cannot be read",
            why="whether its objects are copied is unknown",
            ref=ref,
        )
        return
    missing = [str(obj) for obj, _ in release.objects if not _is_copied(obj, inputs)]
    removed = sorted({version for obj, version in release.objects if _is_removed(obj, version, inputs)})
    if missing:
        yield HELM.warn(
            f"{count(len(missing), 'object')} of the release {release.name} not copied",
            why=", ".join(missing[:NAMED]),
            fix="Install the chart anew there (`mappings.helm: reinstall`), or copy what is missing.",
            ref=ref,
        )
    if removed:
        yield HELM.warn(
            f"the record of {release.name} names {', '.join(removed)}, which the target does not serve",
            why="`helm upgrade` fails on it",
            fix="Run `helm mapkubeapis` on the source, or install the chart anew.",
            ref=ref,
        )


def _is_copied(obj: Ref, inputs: PlanInputs) -> bool:
    """Return whether an object of a record is copied, in its namespace or as a cluster-scoped one.

    The group is not compared: the record may name one that the kind has left since.
    """
    return any(
        (ref.kind, ref.name) == (obj.kind, obj.name) and ref.namespace in ("", obj.namespace)
        for ref in inputs.copied
    )


def _is_removed(obj: Ref, version: str, inputs: PlanInputs) -> bool:
    resource = ApiResource(
        group=obj.group, version=version.rpartition("/")[2], kind=obj.kind, plural="", namespaced=True
    )
    return is_removed(resource, inputs.target.surface.version)
