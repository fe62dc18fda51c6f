"""Objects of the source as they were before they were changed."""

from __future__ import annotations

from typing import Any

from bot.common.canonical_json import canonical
from bot.migration.objects.fields import Object
from bot.migration.objects.merge_patch import merged
from bot.migration.source.before_image import BeforeImage, ChangePhase, source_change
from tests.unit.migration.builders import workload


def image_of(obj: Object, patch: dict[str, Any]) -> BeforeImage:
    change = source_change(obj, phase=ChangePhase.SCALE, path="/path", patch=patch, what="3 replicas → 0")
    return BeforeImage(migration="m1", changes=(change,))


def test_the_image_shows_how_an_object_was_before_and_after_it_was_changed() -> None:
    original = workload(replicas=3)
    patch = {"metadata": {"annotations": {"xk8s.io/replicas": "3"}}, "spec": {"replicas": 0}}
    image = image_of(original, patch)

    assert canonical(image.before(merged(original, patch))) == canonical(original)
    assert image.before(original) is original


def test_an_object_that_was_made_anew_is_not_taken_for_the_old_one() -> None:
    original, patch = workload(replicas=3), {"spec": {"replicas": 0}}
    image = image_of(original, patch)

    recreated = merged(workload(replicas=3), patch)
    assert image.before(recreated)["spec"]["replicas"] == 0
