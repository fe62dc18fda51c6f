"""The workloads of the demo's clusters: manifests, in sets that are deployed together."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import yaml

from sandbox.kube.objects import Object, clone

FOLDER = Path(__file__).parent
MIGRATION = ("platform", "shop", "shop-data", "billing", "dev-policies")  # a cluster that is worth moving
POLICIES = (
    "platform",
    "shop",
    "shop-policies",
    "edge-services",
)  # a cluster whose policies are worth looking at
AWKWARD = ("awkward",)  # what a migration cannot simply copy


def objects(sets: Iterable[str]) -> list[Object]:
    """Return the objects of some sets, in the order in which they can be created.

    Raises `FileNotFoundError` for an unknown set.
    """
    return [clone(obj) for name in sets for obj in _read(name)]


@cache
def _read(name: str) -> tuple[Object, ...]:
    text = (FOLDER / f"{name}.yaml").read_text()
    return tuple(obj for obj in yaml.load_all(text, Loader=yaml.CSafeLoader) if obj)
