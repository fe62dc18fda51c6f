"""One object as it will work in the target; a claim with its volume."""

from __future__ import annotations

import dataclasses

import pytest

from bot.migration.objects.fields import Object, Ref
from bot.migration.planning.target_form import context_of, target_form
from bot.migration.volumes.choices import PlannedVolume, VolumeChoice
from bot.settings.mappings import Mappings
from tests.unit.migration.builders import CALICO, FLANNEL, an, context, plan

CLAIM = an("PersistentVolumeClaim", "data", spec={"volumeName": "old", "storageClassName": "fast"})
VOLUME = PlannedVolume(
    claim=Ref("", "PersistentVolumeClaim", "shop", "data"),
    claim_uid="u",
    choice=VolumeChoice.REATTACH,
    volume="pv-1",
    handle="d",
    size="4Gi",
    requested="2Gi",
)


def spec_with(volume: PlannedVolume | None) -> Object:
    form = target_form(CLAIM, context(), Mappings(), migration="m1", volume=volume)
    assert form.obj["metadata"]["labels"] == {"xk8s.io/migration": "m1"}
    spec: Object = form.obj["spec"]
    return spec


def test_a_claim_whose_disk_moves_names_its_volume() -> None:
    assert spec_with(VOLUME)["volumeName"] == "pv-1"


def test_a_claim_that_starts_empty_is_as_large_as_its_volume_was() -> None:
    spec = spec_with(dataclasses.replace(VOLUME, choice=VolumeChoice.EMPTY))
    assert "volumeName" not in spec and spec["resources"]["requests"]["storage"] == "4Gi"


@pytest.mark.parametrize("volume", [None, dataclasses.replace(VOLUME, choice=None)])
def test_a_claim_without_a_choice_is_only_stripped(volume: PlannedVolume | None) -> None:
    assert spec_with(volume) == {"storageClassName": "fast"}


def test_the_context_of_a_plan_has_its_drivers_and_namespaces() -> None:
    transform_context = context_of(plan(), Mappings(keep_finalizers=("a.example/b",)))
    assert (transform_context.source, transform_context.target) == (FLANNEL, CALICO) and set(
        transform_context.namespaces
    ) == {"shop"}
    assert transform_context.keep_finalizers == {"a.example/b"}
