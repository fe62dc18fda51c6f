"""Helm's releases: a record is worth copying only with all objects of its release.

Without its objects `helm upgrade` fails on what is there already; without the record it fails as well. The
record holds the manifest with the API versions of its day, which Helm compares with at the next upgrade.
"""

from __future__ import annotations

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
from bot.migration.inventory.api_discovery import ApiResource, numbers
from bot.migration.inventory.exclusions import RELEASE
from bot.migration.inventory.removed_apis import removed_in
from bot.migration.objects.manifest import Object, Ref, group_of, ref_of
from bot.migration.planning.findings import PlanFinding, note, warn
from bot.migration.planning.plan_inputs import PlanInputs

MOST_BYTES = 20_000_000  # of one manifest, unpacked


@dataclasses.dataclass(frozen=True, kw_only=True)
class Release:
    """One deployed release: its objects, and the apiVersion that the record names for each."""

    name: str
    namespace: str
    objects: tuple[tuple[Ref, str], ...]


def release_of(secret: Object) -> Release | None:
    """The release that a Secret of Helm 3 records; None if it cannot be read. Values are never looked at."""
    try:
        packed = base64.b64decode(base64.b64decode((secret.get("data") or {})["release"]))
        unpacker = zlib.decompressobj(wbits=31)
        raw = unpacker.decompress(packed, MOST_BYTES) if packed[:2] == b"\x1f\x8b" else packed
        record = json.loads(raw)
        documents = list(yaml.load_all(record.get("manifest") or "", Loader=_Loader))
    except (KeyError, ValueError, binascii.Error, zlib.error, gzip.BadGzipFile, yaml.YAMLError):
        return None
    home = record.get("namespace") or ref_of(secret).namespace
    return Release(name=record.get("name", ""), namespace=home, objects=tuple(_objects(documents, home)))


_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _objects(documents: list[Any], home: str) -> Iterator[tuple[Ref, str]]:
    for each in documents:
        if (
            not isinstance(each, dict)
            or not isinstance(each.get("metadata"), dict)
            or "name" not in each["metadata"]
        ):
            continue
        version = str(each.get("apiVersion", ""))
        namespace = each["metadata"].get("namespace") or home
        yield (
            Ref(group_of(version), str(each.get("kind", "")), namespace, str(each["metadata"]["name"])),
            version,
        )


def check(material: PlanInputs) -> Iterator[PlanFinding]:
    """Whether every copied record has its objects with it, and names versions that the target serves."""
    whole = 0
    for secret in material.of("Secret"):
        if secret.get("type") != RELEASE:
            continue
        ref, release = ref_of(secret), release_of(secret)
        if release is None:
            yield warn(
                "Helm",
                f"the release record {ref.short} cannot be read",
                why="whether its objects are copied is unknown",
                ref=ref,
            )
            continue
        missing = [str(each) for each, _ in release.objects if not _copied(each, material)]
        old = sorted({version for each, version in release.objects if _removed(each, version, material)})
        if missing:
            yield warn(
                "Helm",
                f"{count(len(missing), 'object')} of the release {release.name} not copied",
                why=", ".join(missing[:5]),
                fix="Install the chart anew there (`mappings.helm: reinstall`), or copy what is missing.",
                ref=ref,
            )
        if old:
            yield warn(
                "Helm",
                f"the record of {release.name} names {', '.join(old)}, which the target does not serve",
                why="`helm upgrade` fails on it",
                fix="Run `helm mapkubeapis` on the source, or install the chart anew.",
                ref=ref,
            )
        whole += not missing and not old
    if whole:
        yield note("Helm", f"{whole} releases go along with all their objects")


def _copied(ref: Ref, material: PlanInputs) -> bool:
    """A cluster-scoped object is named with the release's namespace in the record."""
    candidates = {(each.kind, each.name) for each in material.kept if not each.namespace}
    return any(
        (each.kind, each.namespace, each.name) == (ref.kind, ref.namespace, ref.name)
        for each in material.kept
    ) or ((ref.kind, ref.name) in candidates)


def _removed(ref: Ref, version: str, material: PlanInputs) -> bool:
    resource = ApiResource(
        group=ref.group, version=version.rpartition("/")[2], kind=ref.kind, plural="", namespaced=True
    )
    release = removed_in(resource)
    return bool(release) and numbers(material.target.surface.version) >= numbers(release)
