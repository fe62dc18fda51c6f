"""How Magnum finds an object by uuid or name."""

from __future__ import annotations

from sandbox.openstack.cloud import Json
from sandbox.openstack.magnum.errors import MagnumError

PLURALS = {"ClusterTemplate": ("ClusterTemplates", "ClusterTemplate"), "Cluster": ("clusters", "cluster")}


def find(objects: dict[str, Json], ref: str, *, noun: str) -> Json:
    """Return the object of a uuid or a name. Raises `MagnumError` 404, and 409 for an ambiguous name."""
    if ref in objects:
        return objects[ref]
    named = [obj for obj in objects.values() if obj["name"] == ref]
    if not named:
        raise MagnumError(404, f"{noun} {ref} could not be found.")
    if len(named) > 1:
        plural, singular = PLURALS[noun]
        raise MagnumError(
            409, f"Multiple {plural} exist with same name. Please use the {singular} uuid instead."
        )
    return named[0]


def first(objects: dict[str, Json], ref: str) -> Json | None:
    """Return the object of a uuid, or the first one of a name; None if there is none."""
    return objects.get(ref) or next((obj for obj in objects.values() if obj["name"] == ref), None)
