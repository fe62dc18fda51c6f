"""Mappings: what a team names differently in the new cluster, and JSON patches (RFC 6902) for the rest.

Classes, node labels, taints and image registries are mapped; `mappings` in the configuration has them all.
"""

import copy
from collections.abc import Iterator
from typing import Any

import jsonpatch

from bot.common.problems import Problem
from bot.migration.objects.fields import (
    Object,
    annotations_of,
    containers_of,
    drop_if_empty,
    pod_spec_of,
    ref_of,
    spec_of,
)
from bot.migration.objects.transforms.transform import TransformNote, warning
from bot.settings.mappings import Mappings

INGRESS_CLASS = "kubernetes.io/ingress.class"


class PatchFailed(Problem):
    """A configured JSON patch does not fit an object."""


def adapt(obj: Object, mappings: Mappings) -> tuple[Object, list[TransformNote]]:
    """Return a stripped object as it is configured for the new cluster, with notes. Raises `PatchFailed`."""
    adapted = copy.deepcopy(obj)
    spec = pod_spec_of(adapted)
    notes = [
        *_map_classes(adapted, mappings),
        *_map_node_selector(spec, mappings),
        *_map_node_affinity(spec, mappings),
        *_map_tolerations(spec, mappings),
        *_map_images(spec, mappings),
    ]
    for number, patch in enumerate(mappings.patches):
        if patch.selects(adapted):
            adapted = _patched(adapted, [dict(operation) for operation in patch.patch], number)
            notes.append(TransformNote(text=f"patch {number + 1} of the configuration was applied"))
    return adapted, notes


def _map_classes(obj: Object, mappings: Mappings) -> Iterator[TransformNote]:
    spec = spec_of(obj)
    if obj["kind"] == "PersistentVolumeClaim":
        yield from _map_field(spec, "storageClassName", mappings.storage_classes)
    for claim in spec.get("volumeClaimTemplates") or []:
        yield from _map_field(claim["spec"], "storageClassName", mappings.storage_classes)
    if obj["kind"] == "Ingress":
        yield from _map_field(spec, "ingressClassName", mappings.ingress_classes)
        yield from _map_field(annotations_of(obj), INGRESS_CLASS, mappings.ingress_classes)


def _map_field(fields: Object, field: str, names: dict[str, str]) -> Iterator[TransformNote]:
    old = fields.get(field)
    if old in names:
        fields[field] = names[old]
        yield TransformNote(text=f"{field} {old} is {names[old]} in the new cluster")


def _map_node_selector(spec: Object, mappings: Mappings) -> Iterator[TransformNote]:
    selector: dict[str, str] = spec.get("nodeSelector") or {}
    for old, new in mappings.node_labels.items():
        key, _, value = old.partition("=")
        if selector.get(key) == value:
            del selector[key]
            if new:
                selector[new.partition("=")[0]] = new.partition("=")[2]
            yield TransformNote(text=f"node selector {old} is {new or 'taken out'}")
    drop_if_empty(spec, "nodeSelector")


def _map_node_affinity(spec: Object, mappings: Mappings) -> Iterator[TransformNote]:
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    preferred = affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or []
    terms = [*(required.get("nodeSelectorTerms") or []), *(term["preference"] for term in preferred)]
    for expression in (expression for term in terms for expression in term.get("matchExpressions") or []):
        for old, new in mappings.node_labels.items():
            key, _, value = old.partition("=")
            if expression["key"] == key and value in (expression.get("values") or []):
                yield _map_expression(expression, old, new)


def _map_expression(expression: dict[str, Any], old: str, new: str) -> TransformNote:
    """Map one label of a match expression; one of several values can only be mapped if the key stays."""
    value = old.partition("=")[2]
    new_key, _, new_value = new.partition("=")
    if not new or (new_key != expression["key"] and len(expression["values"]) > 1):
        return warning(f"the node affinity names {old} among others: write a patch for it")
    expression["key"] = new_key
    expression["values"] = [new_value if listed == value else listed for listed in expression["values"]]
    return TransformNote(text=f"node affinity {old} is {new}")


def _map_tolerations(spec: Object, mappings: Mappings) -> Iterator[TransformNote]:
    tolerations = spec.get("tolerations") or []
    for toleration in list(tolerations):
        key = toleration.get("key")
        if key in mappings.tolerations:
            if mappings.tolerations[key]:
                toleration["key"] = mappings.tolerations[key]
            else:
                tolerations.remove(toleration)
            yield TransformNote(text=f"toleration {key} is {mappings.tolerations[key] or 'taken out'}")


def _map_images(spec: Object, mappings: Mappings) -> Iterator[TransformNote]:
    for container in containers_of(spec):
        image = container.get("image") or ""
        longest = max((old for old in mappings.registries if _is_from(image, old)), key=len, default=None)
        if longest is not None:
            container["image"] = mappings.registries[longest] + image[len(longest) :]
            yield TransformNote(text=f"image {image} comes from {mappings.registries[longest]}")


def _is_from(image: str, prefix: str) -> bool:
    """Return whether an image has a prefix that ends with a whole part of its name."""
    return image.startswith(prefix) and (
        prefix.endswith("/") or image[len(prefix) : len(prefix) + 1] in ("", "/", ":", "@")
    )


def _patched(obj: Object, operations: list[dict[str, Any]], number: int) -> Object:
    ref = ref_of(obj)
    fix = f"Correct `mappings.patches[{number}]` in the configuration."
    try:
        patched = dict(jsonpatch.apply_patch(obj, operations))
        is_same_object = ref_of(patched) == ref and patched.get("apiVersion") == obj.get("apiVersion")
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        # the error's text may quote the value of a Secret
        why = "" if ref.kind == "Secret" else str(error).splitlines()[0][:200]
        raise PatchFailed(f"Patch {number + 1} does not fit {ref}", why=why, fix=fix) from None
    except (KeyError, TypeError):
        is_same_object = False
    if not is_same_object:
        raise PatchFailed(
            f"Patch {number + 1} changes what {ref} is", why="name, kind and namespace stay", fix=fix
        )
    return patched
