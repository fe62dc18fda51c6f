"""The rules for every kind, also for those that nobody here has heard of."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from bot.migration.objects.canonical import CHURNING, prune, without_server_fields
from bot.migration.objects.manifest import CHOICE, Object
from bot.migration.objects.transforms.transform import TransformContext, TransformNote

NOTED = "xk8s.io/"  # our own notes on a source; the choice to skip is the team's
KEPT = frozenset({"namespace", "name", "labels", "annotations", "finalizers"})


def strip(original: Object, context: TransformContext) -> tuple[Object, list[TransformNote]]:
    """A copy without what one server wrote, without owners, finalizers and status."""
    obj = prune(without_server_fields(original))
    notes = list(_finalizers(obj, context))
    if obj["metadata"].get("ownerReferences"):
        notes.append(TransformNote(text="it has no owner in the new cluster: uids differ"))
    metadata = {key: value for key, value in obj["metadata"].items() if key in KEPT}
    annotations = {
        key: value for key, value in (metadata.pop("annotations", None) or {}).items() if _kept(key)
    }
    if annotations:
        metadata["annotations"] = annotations
    return {**obj, "metadata": metadata}, notes


def _kept(annotation: str) -> bool:
    return annotation not in CHURNING and (annotation == CHOICE or not annotation.startswith(NOTED))


def _finalizers(obj: Object, context: TransformContext) -> Iterator[TransformNote]:
    """A finalizer without its controller makes an object that cannot be deleted."""
    given = obj["metadata"].pop("finalizers", None) or []
    kept = [each for each in given if each in context.keep_finalizers]
    dropped = [each for each in given if each not in kept and "kubernetes.io/" not in each]
    if kept:
        obj["metadata"]["finalizers"] = kept
    if dropped:
        yield TransformNote(text=f"finalizers dropped, their controller adds its own: {', '.join(dropped)}")


def without(mapping: Object, *keys: str) -> Object:
    """A mapping without some keys, copied."""
    return {key: copy.deepcopy(value) for key, value in mapping.items() if key not in keys}


def drop_annotations(obj: Object, *names: str) -> list[str]:
    """Take annotations out of an object; returns those that were there."""
    annotations = obj["metadata"].get("annotations") or {}
    found = [name for name in names if annotations.pop(name, None) is not None]
    if "annotations" in obj["metadata"] and not annotations:
        del obj["metadata"]["annotations"]
    return found
