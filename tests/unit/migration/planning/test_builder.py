"""A plan is built from what was surveyed."""

from __future__ import annotations

from bot.migration.inventory.exclusion_rules import ExclusionReason
from bot.migration.objects.cutover_modes import CutoverMode
from tests.unit.migration.builders import an, workload
from tests.unit.migration.planning.plans import blockers, plan


def test_a_plan_of_nothing_special_has_no_blockers_and_says_what_it_does() -> None:
    planned = plan(workload(name="web"), an("ConfigMap", "settings"))
    assert not planned.blockers
    assert {item.ref.kind: item.mode for item in planned.items} == {
        "Namespace": CutoverMode.COPIED,
        "Deployment": CutoverMode.AT_CUT_OVER,
        "ConfigMap": CutoverMode.COPIED,
    }


def test_claims_without_a_choice_block_and_with_one_do_not() -> None:
    claim = an(
        "PersistentVolumeClaim",
        "data",
        spec={"volumeName": "pv", "storageClassName": "fast"},
        status={"phase": "Bound"},
    )
    disk = an(
        "PersistentVolume",
        "pv",
        spec={"csi": {"driver": "cinder.csi.openstack.org", "volumeHandle": "d"}, "storageClassName": "fast"},
    )
    assert "shop/data" in blockers(claim, disk)
    assert not blockers(claim, disk, volumes=("reattach",))
    skipped = plan(claim, disk, volumes=("skip",))
    assert [excluded.ref.name for excluded in skipped.left if excluded.reason is ExclusionReason.ASKED] == [
        "data"
    ]
