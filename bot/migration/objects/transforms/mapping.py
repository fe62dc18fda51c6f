"""What a team calls otherwise in the new cluster: classes, node labels, taints, registries, and JSON
patches.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import jsonpatch

from bot.common.problems import Problem
from bot.migration.objects.manifest import Object, containers_of, pod_spec_of, ref_of
from bot.migration.objects.transforms.transform import TransformNote, warning
from bot.settings.file import Mappings

INGRESS_CLASS = "kubernetes.io/ingress.class"


class PatchFailed(Problem):
    """A configured JSON patch does not fit an object."""


def adapt(obj: Object, mappings: Mappings) -> tuple[Object, list[TransformNote]]:
    """Apply what is configured to a stripped object, of which a new one is made. Raises `PatchFailed`."""
    made = copy.deepcopy(obj)
    notes = [*_classes(made, mappings), *_placement(made, mappings), *_images(made, mappings)]
    for number, patch in enumerate(mappings.patches):
        if patch.selects(made):
            made = _patched(made, [dict(operation) for operation in patch.patch], number)
            notes.append(TransformNote(text=f"patch {number + 1} of the configuration was applied"))
    return made, notes


def _classes(obj: Object, mappings: Mappings) -> Iterator[TransformNote]:
    spec = obj.get("spec") or {}
    if obj["kind"] == "PersistentVolumeClaim":
        yield from _renamed(spec, "storageClassName", mappings.storage_classes)
    for claim in spec.get("volumeClaimTemplates") or []:
        yield from _renamed(claim["spec"], "storageClassName", mappings.storage_classes)
    if obj["kind"] == "Ingress":
        yield from _renamed(spec, "ingressClassName", mappings.ingress_classes)
        yield from _renamed(obj["metadata"].get("annotations") or {}, INGRESS_CLASS, mappings.ingress_classes)


def _renamed(holder: Object, field: str, names: dict[str, str]) -> Iterator[TransformNote]:
    old = holder.get(field)
    if old in names:
        holder[field] = names[old]
        yield TransformNote(text=f"{field} {old} is {names[old]} in the new cluster")


def _placement(obj: Object, mappings: Mappings) -> Iterator[TransformNote]:
    spec = pod_spec_of(obj)
    selector: dict[str, str] = spec.get("nodeSelector") or {}
    for old, new in mappings.node_labels.items():
        key, _, value = old.partition("=")
        if selector.get(key) == value:
            del selector[key]
            if new:
                selector[new.partition("=")[0]] = new.partition("=")[2]
            yield TransformNote(text=f"node selector {old} is {new or 'taken out'}")
    if "nodeSelector" in spec and not selector:
        del spec["nodeSelector"]
    yield from _affinity((spec.get("affinity") or {}).get("nodeAffinity") or {}, mappings)
    tolerations = spec.get("tolerations") or []
    for each in list(tolerations):
        key = each.get("key")
        if key in mappings.tolerations:
            if mappings.tolerations[key]:
                each["key"] = mappings.tolerations[key]
            else:
                tolerations.remove(each)
            yield TransformNote(text=f"toleration {key} is {mappings.tolerations[key] or 'taken out'}")


def _affinity(affinity: Object, mappings: Mappings) -> Iterator[TransformNote]:
    required = (affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}).get(
        "nodeSelectorTerms"
    ) or []
    preferred = [
        each["preference"] for each in affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or []
    ]
    for term in [*required, *preferred]:
        for expression in term.get("matchExpressions") or []:
            for old, new in mappings.node_labels.items():
                key, _, value = old.partition("=")
                if expression["key"] == key and value in (expression.get("values") or []):
                    yield from _expression(expression, old, new)


def _expression(expression: dict[str, Any], old: str, new: str) -> Iterator[TransformNote]:
    value = old.partition("=")[2]
    new_key, _, new_value = new.partition("=")
    if new and (new_key == expression["key"] or len(expression["values"]) == 1):
        expression["key"] = new_key
        expression["values"] = [new_value if each == value else each for each in expression["values"]]
        yield TransformNote(text=f"node affinity {old} is {new}")
    else:
        yield warning(f"the node affinity names {old} among others: write a patch for it")


def _images(obj: Object, mappings: Mappings) -> Iterator[TransformNote]:
    for container in containers_of(pod_spec_of(obj)):
        image = container.get("image") or ""
        longest = max((old for old in mappings.registries if _starts(image, old)), key=len, default=None)
        if longest is not None:
            container["image"] = mappings.registries[longest] + image[len(longest) :]
            yield TransformNote(text=f"image {image} comes from {mappings.registries[longest]}")


def _starts(image: str, prefix: str) -> bool:
    return image.startswith(prefix) and (
        prefix.endswith("/") or image[len(prefix) : len(prefix) + 1] in ("", "/", ":", "@")
    )


def _patched(obj: Object, operations: list[dict[str, Any]], number: int) -> Object:
    ref = ref_of(obj)
    fix = f"Correct `mappings.patches[{number}]` in the configuration."
    try:
        made = dict(jsonpatch.apply_patch(obj, operations))
        same = ref_of(made) == ref and made.get("apiVersion") == obj.get("apiVersion")
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        # the error's text may quote the value of a Secret
        why = "" if ref.kind == "Secret" else str(error).splitlines()[0][:200]
        raise PatchFailed(f"Patch {number + 1} does not fit {ref}", why=why, fix=fix) from None
    except (KeyError, TypeError):
        same = False
    if not same:
        raise PatchFailed(
            f"Patch {number + 1} changes what {ref} is", why="name, kind and namespace stay", fix=fix
        )
    return made
