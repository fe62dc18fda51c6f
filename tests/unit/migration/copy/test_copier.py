"""Everything is written in the order of its stages, as it waits for the cut-over."""

from __future__ import annotations

import pytest

from bot.migration.copy import copier
from bot.migration.copy.copier import CopyProgress, TargetNamespaceTerminating
from bot.migration.copy.deadline import NotInTime
from bot.migration.inventory.api_discovery import discover
from bot.migration.objects.copy_order import CopyStage
from bot.settings.mappings import Mappings
from tests.unit.migration.builders import an, workload
from tests.unit.migration.copy.copies import copy_of
from tests.unit.migration.memory_kube import MemoryKube
from tests.unit.migration.planning.plans import HOME

ACTIVE = an("Namespace", "shop", status={"phase": "Active"}, labels={"xk8s.io/migration": "m1"})
WEB = workload(name="web")
INGRESS = an("Ingress", "web", spec={"rules": []})
OBJECTS = (WEB, an("ConfigMap", "settings"), INGRESS, an("ServiceAccount", "runner"))


def test_objects_are_written_stage_by_stage_and_what_is_withheld_is_not() -> None:
    copy = copy_of(*OBJECTS, target=MemoryKube(ACTIVE))
    progress: list[CopyProgress] = []
    record = copier.copy(copy.writer, copy.plan, copy.inventory, copy.objects, on_progress=progress.append)
    assert [entry.ref.kind for entry in record.written] == [
        "Namespace",
        "ServiceAccount",
        "ConfigMap",
        "Deployment",
    ]
    assert not record.failures
    assert [state.stage for state in progress] == [
        CopyStage.NAMESPACES,
        CopyStage.ACCESS,
        CopyStage.CONFIGURATION,
        CopyStage.WORKLOADS,
    ]
    assert (progress[-1].done, progress[-1].total) == (4, 4)
    assert copy.live(WEB)["spec"]["replicas"] == 0 and copy.target.live(INGRESS) is None


def test_only_the_stages_that_are_asked_for_are_written() -> None:
    copy = copy_of(*OBJECTS, target=MemoryKube(ACTIVE))
    record = copier.copy(copy.writer, copy.plan, copy.inventory, copy.objects, stages=(CopyStage.ACCESS,))
    assert [entry.ref.kind for entry in record.written] == ["ServiceAccount"]


def test_a_rehearsal_asks_about_what_waits_and_writes_nothing() -> None:
    copy = copy_of(*OBJECTS)
    record = copier.rehearse(copy.writer, copy.plan, copy.inventory, copy.objects)
    assert {entry.ref.kind for entry in record.written} == {"Deployment", "Ingress"}
    assert not copy.target.objects


def test_a_namespace_that_is_being_deleted_stops_the_copy() -> None:
    going = {**ACTIVE, "status": {"phase": "Terminating"}}
    copy = copy_of(target=MemoryKube(going))
    with pytest.raises(TargetNamespaceTerminating, match="shop"):
        copier.copy(copy.writer, copy.plan, copy.inventory, copy.objects)


def test_a_definition_that_is_not_established_in_time_stops_the_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copier, "GATE_SECONDS", 0.0)
    spec = {
        "group": "db.example",
        "scope": "Namespaced",
        "names": {"kind": "Db", "plural": "dbs"},
        "versions": [],
    }
    definition = an("CustomResourceDefinition", "dbs.db.example", spec=spec)
    copy = copy_of(definition, target=MemoryKube(ACTIVE))
    with pytest.raises(NotInTime) as timeout:
        copier.copy(copy.writer, copy.plan, copy.inventory, copy.objects)
    assert (
        timeout.value.what == "1 did not become Established within 0 s"
        and timeout.value.why == "dbs.db.example"
    )


def test_after_definitions_the_target_is_asked_again_what_it_serves() -> None:
    established = [{"type": name, "status": "True"} for name in ("Established", "NamesAccepted")]
    spec = {
        "group": "db.example",
        "scope": "Namespaced",
        "names": {"kind": "Db", "plural": "dbs"},
        "versions": [],
    }
    definition = an("CustomResourceDefinition", "dbs.db.example", spec=spec)
    present = {**definition, "status": {"conditions": established}}
    copy = copy_of(definition, an("ConfigMap", "settings"), target=MemoryKube(ACTIVE, present))
    record = copier.copy(copy.writer, copy.plan, copy.inventory, copy.objects)
    assert not record.failures and record.written[-1].ref.kind == "ConfigMap"


def test_a_writer_writes_for_the_migration_of_its_plan() -> None:
    copy = copy_of(target=MemoryKube(HOME))
    surface = discover(copy.target)
    writer = copier.build_writer(copy.target, copy.plan, Mappings(), surface=surface, key=b"key")
    assert writer.surface is surface and writer.migration == "m1"
