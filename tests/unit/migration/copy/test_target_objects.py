"""The planned objects in both forms, made anew from the source."""

from __future__ import annotations

from bot.migration.copy.target_objects import build
from bot.migration.objects.fields import ref_of
from bot.migration.objects.merge_patch import merged
from bot.migration.source.before_image import BeforeImage, ChangePhase, source_change
from bot.settings.mappings import Mappings
from tests.unit.migration.builders import an, inventory, workload
from tests.unit.migration.planning.plans import HOME, plan

WEB, INGRESS, SETTINGS = workload(name="web", replicas=3), an("Ingress", "web"), an("ConfigMap", "settings")


def test_every_object_has_the_form_in_which_it_works_and_in_which_it_waits() -> None:
    objects = build(plan(WEB, INGRESS, SETTINGS), inventory(HOME, WEB, INGRESS, SETTINGS), Mappings())
    waiting = objects.waiting[ref_of(WEB)]
    assert waiting is not None and waiting["spec"]["replicas"] == 0
    assert objects.final[ref_of(WEB)]["spec"]["replicas"] == 3
    assert objects.waiting[ref_of(INGRESS)] is None
    assert objects.waiting[ref_of(SETTINGS)] == objects.final[ref_of(SETTINGS)]


def test_what_is_no_longer_on_the_source_has_no_form() -> None:
    objects = build(plan(WEB, SETTINGS), inventory(HOME, WEB), Mappings())
    assert ref_of(SETTINGS) not in objects.final and ref_of(SETTINGS) not in objects.waiting


def test_after_the_source_was_stopped_objects_are_as_they_were_before() -> None:
    patch = {"spec": {"replicas": 0}}
    change = source_change(WEB, phase=ChangePhase.SCALE, path="/path", patch=patch, what="")
    stopped = inventory(HOME, merged(WEB, patch))
    image = BeforeImage(migration="m1", changes=(change,))
    assert build(plan(WEB), stopped, Mappings(), image).final[ref_of(WEB)]["spec"]["replicas"] == 3
    assert build(plan(WEB), stopped, Mappings()).final[ref_of(WEB)]["spec"]["replicas"] == 0


def test_objects_do_not_show() -> None:
    secret = an("Secret", "s", data={"k": "aHVudGVyMg=="})
    assert "aHVudGVyMg" not in repr(build(plan(secret), inventory(HOME, secret), Mappings()))
