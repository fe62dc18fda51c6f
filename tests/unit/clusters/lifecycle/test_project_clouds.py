"""A project's cloud, and what is stored and dropped of verifications there."""

from __future__ import annotations

from typing import Any

import pytest

from bot.clusters.cluster import ClusterNotFound
from bot.clusters.lifecycle.project_clouds import project_clouds
from bot.drivers.driver import Driver
from bot.drivers.verification.report import Verdict, VerificationReport
from storage.verifications import LastVerification
from tests.unit.clusters.fakes import NOW, FakeMagnum, FakeProjects, cluster, template


class Verifier:
    def verify(self, target: Any, driver: Driver | None) -> VerificationReport:
        return VerificationReport(
            cluster=target.name,
            cluster_id=target.id,
            project=target.project,
            asked=driver,
            verdict=Verdict.HEALTHY,
            at=NOW,
            seconds=0.1,
        )


def test_a_cluster_is_verified_as_it_is_now_and_the_report_is_stored() -> None:
    magnum = FakeMagnum(clusters=[cluster("dev")], templates=[template()])
    stored: list[LastVerification] = []
    dropped: list[tuple[str, str]] = []
    verifier: Any = Verifier()
    clouds = project_clouds(
        FakeProjects(magnum), verifier, stored.append, lambda project, of: dropped.append((project, of))
    )
    cloud = clouds("shop", "op")
    assert cloud.name == "xloud" and [body["name"] for body in cloud.magnum.clusters()] == ["dev"]
    assert cloud.verify("u-dev", Driver("calico")).asked == "calico"
    assert [(last.cluster, last.verdict) for last in stored] == [("u-dev", "healthy")]
    cloud.forget("u-dev")
    assert dropped == [("shop", "u-dev")]
    magnum.cluster_bodies = []
    with pytest.raises(ClusterNotFound):
        cloud.verify("u-dev", None)
