"""ConfigMaps, Secrets and service accounts. Of a Secret only the names of keys are ever told."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from bot.migration.inventory.exclusions import TOKEN
from bot.migration.objects.manifest import Object
from bot.migration.objects.transforms.metadata import drop_annotations
from bot.migration.objects.transforms.pods import mentioned
from bot.migration.objects.transforms.transform import Transform, TransformContext, TransformNote, warning

SIGNED = ("token", "ca.crt", "namespace")  # what a cluster writes into a token Secret


def _config_map(obj: Object, _original: Object, context: TransformContext) -> Iterator[TransformNote]:
    for key, value in (obj.get("data") or {}).items():
        for what, address in mentioned(str(value), context):
            yield warning(f"{key} has {address}, {what} in the old cluster")


def _secret(obj: Object, _original: Object, context: TransformContext) -> Iterator[TransformNote]:
    if obj.get("type") == TOKEN:
        drop_annotations(obj, "kubernetes.io/service-account.uid")
        kept = {key: value for key, value in (obj.pop("data", None) or {}).items() if key not in SIGNED}
        if kept:
            obj["data"] = kept
        yield warning(
            "the new cluster signs a new one; whoever uses the old one from outside must be given the new one"
        )
        return
    for key, value in (obj.get("data") or {}).items():
        for what in sorted({what for what, _ in mentioned(_decoded(value), context)}):
            yield warning(f"{key} has {what} of the old cluster in it")


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value).decode()
    except (binascii.Error, ValueError):
        return ""


def _service_account(obj: Object, _original: Object, _context: TransformContext) -> Iterator[TransformNote]:
    if obj.pop("secrets", None):
        yield TransformNote(text="the list of its token Secrets is dropped: tokens are signed anew")


UNITS = (
    Transform(kinds=(("", "ConfigMap"),), rewrite=_config_map),
    Transform(kinds=(("", "Secret"),), rewrite=_secret),
    Transform(kinds=(("", "ServiceAccount"),), rewrite=_service_account),
)
