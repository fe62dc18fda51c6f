"""ConfigMaps, Secrets and service accounts. Of a Secret no note ever has more than the names of its keys."""

import base64
import binascii
from collections.abc import Iterator

from bot.migration.objects.fields import Object, drop_annotations
from bot.migration.objects.kinds import TOKEN
from bot.migration.objects.transforms.pods import addresses_in
from bot.migration.objects.transforms.transform import Transform, TransformContext, TransformNote, warning

SIGNED = ("token", "ca.crt", "namespace")  # what a cluster writes into a token Secret


def _config_map(obj: Object, _original: Object, context: TransformContext) -> Iterator[TransformNote]:
    for key, value in (obj.get("data") or {}).items():
        for meaning, address in addresses_in(str(value), context):
            yield warning(f"{key} has {address}, {meaning} in the old cluster")


def _secret(obj: Object, _original: Object, context: TransformContext) -> Iterator[TransformNote]:
    if obj.get("type") == TOKEN:
        yield from _token(obj)
        return
    for key, value in (obj.get("data") or {}).items():
        for meaning in sorted({meaning for meaning, _ in addresses_in(_decoded(value), context)}):
            yield warning(f"{key} has {meaning} of the old cluster in it")


def _token(obj: Object) -> Iterator[TransformNote]:
    """Take the signed token out of a Secret, so that the new cluster fills it with one of its own."""
    drop_annotations(obj, "kubernetes.io/service-account.uid")
    unsigned = {key: value for key, value in (obj.pop("data", None) or {}).items() if key not in SIGNED}
    if unsigned:
        obj["data"] = unsigned
    yield warning(
        "the new cluster signs a new one; whoever uses the old one from outside must be given the new one"
    )


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value).decode()
    except (binascii.Error, ValueError):
        return ""


def _service_account(obj: Object, _original: Object, _context: TransformContext) -> Iterator[TransformNote]:
    if obj.pop("secrets", None):
        yield TransformNote(text="the list of its token Secrets is dropped: tokens are signed anew")


TRANSFORMS = (
    Transform(kinds=(("", "ConfigMap"),), rewrite=_config_map),
    Transform(kinds=(("", "Secret"),), rewrite=_secret),
    Transform(kinds=(("", "ServiceAccount"),), rewrite=_service_account),
)
