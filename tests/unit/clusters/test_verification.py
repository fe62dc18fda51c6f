"""`verify`: which clusters are meant, and what is stored of the reports."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from bot.actions.verification import Verify
from bot.adapters.openstack.magnum_errors import MagnumUnreachable
from bot.clusters.catalog import ConfiguredEntry
from bot.clusters.cluster import ClusterNotFound
from bot.clusters.verification import VerificationServices, last_verification, verification_target
from bot.common.problems import Problem, Refusal
from bot.drivers.driver import Driver
from bot.drivers.verification.report import Verdict, VerificationReport
from bot.drivers.verification.verifier import VerificationTarget
from storage.verifications import LastVerification
from tests.unit.clusters.fakes import NOW, FakeMagnum, FakeProjects, cluster, context, template

CALICO, FLANNEL = Driver("calico"), Driver("flannel")


class Verifier:
    """Finds every cluster healthy."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], Driver | None]] = []

    def verify_many(
        self, targets: Sequence[VerificationTarget], driver: Driver | None, *, progress: Callable[[Any], None]
    ) -> tuple[VerificationReport, ...]:
        self.asked.append(([target.name for target in targets], driver))
        return tuple(report(target) for target in targets)


def report(target: VerificationTarget) -> VerificationReport:
    return VerificationReport(
        cluster=target.name,
        cluster_id=target.id,
        project=target.project,
        asked=None,
        verdict=Verdict.HEALTHY,
        at=NOW,
        seconds=0.1,
    )


@pytest.fixture
def magnum() -> FakeMagnum:
    return FakeMagnum(
        clusters=[
            cluster("prod"),
            cluster("dev", cluster_template_id="t-flannel"),
            cluster("new", status="CREATE_IN_PROGRESS"),
            cluster("old", status="DELETE_IN_PROGRESS"),
            cluster("growing", status="UPDATE_IN_PROGRESS"),
        ],
        templates=[template(), template("flannel", network_driver="flannel")],
    )


@pytest.fixture
def stored() -> list[LastVerification]:
    return []


@pytest.fixture
def services(magnum: FakeMagnum, stored: list[LastVerification]) -> VerificationServices:
    return VerificationServices(FakeProjects(magnum), Verifier(), stored.append)  # type: ignore[arg-type]


def asked(services: VerificationServices) -> tuple[list[str], Driver | None]:
    verifier: Any = services.verifier
    return verifier.asked[-1]  # type: ignore[no-any-return]


def test_a_driver_means_every_cluster_that_runs_it_and_has_a_network(services: VerificationServices) -> None:
    summary = services.verify(Verify(driver=CALICO), context())
    assert asked(services) == (["growing", "prod"], "calico"), "not what is being created or deleted"
    assert (summary.asked, summary.single, summary.missing) == ("calico", False, ())


def test_neither_word_means_every_cluster(services: VerificationServices) -> None:
    services.verify(Verify(), context())
    assert asked(services) == (["dev", "growing", "prod"], None)


def test_a_cluster_is_verified_whatever_its_status_is(services: VerificationServices) -> None:
    summary = services.verify(Verify(driver=FLANNEL, cluster="new"), context())
    assert asked(services) == (["new"], "flannel") and summary.single
    with pytest.raises(ClusterNotFound):
        services.verify(Verify(cluster="nowhere"), context())


def test_every_report_is_stored_by_the_clusters_id(
    services: VerificationServices, stored: list[LastVerification]
) -> None:
    services.verify(Verify(driver=FLANNEL), context())
    [last] = stored
    assert (last.project, last.cluster, last.name, last.verdict, last.at) == (
        "shop",
        "u-dev",
        "dev",
        "healthy",
        NOW,
    )
    assert last.report["nodes"] == 0


def test_no_cluster_to_verify_is_refused(magnum: FakeMagnum, services: VerificationServices) -> None:
    magnum.cluster_bodies = [cluster("prod")]
    with pytest.raises(Refusal, match="No cluster of shop runs flannel"):
        services.verify(Verify(driver=FLANNEL), context())
    magnum.cluster_bodies = []
    with pytest.raises(Refusal, match="shop has no clusters"):
        services.verify(Verify(), context())


def test_while_magnum_is_out_of_reach_what_is_missing_is_told(magnum: FakeMagnum) -> None:
    magnum.failure = MagnumUnreachable("Magnum does not answer", why="timed out")
    edge = ConfiguredEntry(kubeconfig=pathlib.Path("x"), driver=CALICO)
    services = VerificationServices(FakeProjects(magnum, edge=edge), Verifier(), lambda _: None)  # type: ignore[arg-type]
    assert "does not answer" in services.verify(Verify(driver=CALICO), context()).shortfall
    assert asked(services) == (["edge"], "calico")
    nothing = services.verify(Verify(driver=FLANNEL), context())
    assert nothing.reports == () and "does not answer" in nothing.shortfall


def test_the_active_probe_is_not_there_yet(services: VerificationServices) -> None:
    with pytest.raises(Refusal, match="not available yet") as refusal:
        services.verify(Verify(driver=CALICO, cluster="prod", probe=True), context())
    assert refusal.value.fix == "Without it: `/xk8s verify calico prod`"


def test_a_target_gets_into_its_cluster_through_the_project(magnum: FakeMagnum) -> None:
    parts = FakeProjects(magnum).parts
    target = verification_target(parts, parts.catalog.find("prod"), "op")
    assert (target.name, target.id, target.project) == ("prod", "u-prod", "shop")
    with pytest.raises(Problem, match="no credentials"):
        target.connect(1.0)
    assert last_verification(report(target)).report == report(target).to_json()
