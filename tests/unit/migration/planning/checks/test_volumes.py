"""What stands against the choices for volumes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bot.migration.inventory.target_facts import TargetFacts
from bot.migration.planning.checks.volumes import check
from bot.migration.planning.findings import PlanFinding, Weight
from bot.migration.volumes.choices import PlannedVolume, VolumeChoice
from bot.settings.mappings import Mappings
from tests.unit.migration.builders import SERVED, an, workload
from tests.unit.migration.volumes.test_choices import CSI, claim, disk, planned_volumes


def target(**overrides: Any) -> TargetFacts:
    return TargetFacts(exists=True, surface=SERVED, **overrides)


def check_volumes(
    volumes: tuple[PlannedVolume, ...],
    facts: TargetFacts | None = None,
    *,
    same_project: bool | None = True,
    words: tuple[str, ...] = (),
) -> list[PlanFinding]:
    inputs: Any = SimpleNamespace(
        volumes=volumes,
        volume_words=words,
        target=facts or target(),
        same_project=same_project,
        mappings=Mappings(),
    )
    return list(check(inputs))


def blockers(findings: list[PlanFinding]) -> str:
    return "\n".join(
        f"{finding.what}: {finding.why}" for finding in findings if finding.weight is Weight.BLOCKER
    )


def test_a_claim_without_a_choice_blocks_and_says_who_uses_it() -> None:
    sts = workload("StatefulSet", "db")
    pod = an(
        "Pod",
        "db-0",
        owner=sts,
        spec={"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data-db-0"}}]},
    )
    volumes = planned_volumes(claim(), disk(), sts, pod, words=())
    assert "nobody has chosen what becomes of shop/data-db-0: it is used by StatefulSet shop/db" in blockers(
        check_volumes(volumes)
    )


@pytest.mark.parametrize("source", ["hostPath", "local", "nfs", "rbd"])
def test_a_volume_that_cannot_move_blocks_unless_it_is_excluded(source: str) -> None:
    spec: dict[str, Any] = {source: {"path": "/x"}}
    objects = (claim(), disk(**spec))
    assert source in blockers(check_volumes(planned_volumes(*objects)))
    assert source in blockers(check_volumes(planned_volumes(*objects, words=())))
    assert not blockers(check_volumes(planned_volumes(*objects, words=("shop/data-db-0=empty",))))
    assert not blockers(check_volumes(planned_volumes(*objects, words=("skip",))))


def test_another_csi_driver_blocks() -> None:
    assert "ceph" in blockers(
        check_volumes(planned_volumes(claim(), disk(csi={"driver": "rbd.csi.ceph.com", "volumeHandle": "h"})))
    )


def test_a_claim_that_was_never_bound_gets_an_empty_volume_before_everybodys_eyes() -> None:
    [volume] = planned_volumes(claim(volume=""))
    assert volume.choice is VolumeChoice.EMPTY
    [warned] = [finding for finding in check_volumes((volume,)) if finding.weight is Weight.WARNING]
    assert warned.what == "shop/data-db-0 has no volume to reattach, and gets an empty one"
    assert "no data" in warned.why and "=skip" in warned.fix
    [chosen] = planned_volumes(claim(volume=""), words=("empty",))
    assert not [finding for finding in check_volumes((chosen,)) if finding.weight is Weight.WARNING], (
        "that was asked for"
    )


def test_a_claim_whose_volume_is_gone_or_that_alone_was_to_be_reattached_blocks() -> None:
    lost = claim()
    lost["status"]["phase"] = "Lost"
    assert "none was ever bound to it, or the one that was is gone" in blockers(
        check_volumes(planned_volumes(lost, disk()))
    )
    assert "is gone" in blockers(check_volumes(planned_volumes(claim()))), (
        "bound, and nobody can read to what"
    )
    volumes = planned_volumes(claim(volume=""), words=("empty", "shop/data-db-0=reattach"))
    assert "shop/data-db-0 cannot be reattached" in blockers(check_volumes(volumes))


def test_disks_of_another_project_do_not_attach_and_an_unknown_one_is_reported() -> None:
    volumes = planned_volumes(claim(), disk())
    assert "another OpenStack project" in blockers(check_volumes(volumes, same_project=False))
    assert any("nobody knows" in finding.what for finding in check_volumes(volumes, same_project=None))
    assert not blockers(check_volumes(volumes))


def test_a_target_without_the_driver_or_without_nodes_in_the_zone_blocks() -> None:
    zoned = {
        "required": {
            "nodeSelectorTerms": [
                {
                    "matchExpressions": [
                        {"key": "topology.cinder.csi.openstack.org/zone", "operator": "In", "values": ["az2"]}
                    ]
                }
            ]
        }
    }
    volumes = planned_volumes(claim(), disk(csi=CSI, nodeAffinity=zoned))
    node = an("Node", "n", labels={"topology.cinder.csi.openstack.org/zone": "az1"})
    assert "zone az2" in blockers(check_volumes(volumes, target(nodes=(node,))))
    assert "does not run" in blockers(
        check_volumes(volumes, target(csi_drivers=frozenset({"nfs.csi.k8s.io"})))
    )


def test_a_choice_for_a_claim_that_is_not_there_blocks() -> None:
    findings = check_volumes(planned_volumes(claim(), disk()), words=("shop/dta=empty",))
    assert "there is no claim shop/dta to choose for" in blockers(findings)


def test_a_volume_of_many_writers_is_reported() -> None:
    volumes = planned_volumes(claim(), disk(csi=CSI, accessModes=["ReadWriteMany"]))
    assert any(
        "ReadWriteMany" in finding.what
        for finding in check_volumes(volumes)
        if finding.weight is Weight.WARNING
    )
