"""One project as the workflow sees it: looked up at each use, so that the configuration in force counts."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest

from bot.adapters.openstack.magnum_errors import MagnumNotFound
from bot.clusters.lifecycle.ports import ProjectCloud
from bot.common.problems import Problem, Refusal
from bot.drivers.verification.report import Verdict, VerificationReport
from bot.migration.workflow import project_ports
from bot.migration.workflow.project_ports import ConfiguredPorts, live_cloud
from bot.settings.mappings import Mappings
from tests.unit.clusters.lifecycle.journal_flow import Clock, report


class Configuration:
    """What the ports look up; a test changes it between two uses."""

    def __init__(self) -> None:
        self.magnum: Any = SimpleNamespace(cloud="xloud-shop")
        self.report: VerificationReport = report(Verdict.HEALTHY, Clock())
        self.kept: list[Any] = []
        self.clouds: list[str] = []
        migration = SimpleNamespace(snapshots=True)
        projects = {"shop": SimpleNamespace(mappings=Mappings(addresses="keep"))}
        self.settings: Any = SimpleNamespace(
            configuration=SimpleNamespace(migration=migration, projects=projects)
        )

    def ports(self) -> ConfiguredPorts:
        parts = SimpleNamespace(magnum=self.magnum, catalog=SimpleNamespace(find=lambda cluster: cluster))
        outside: dict[str, Any] = {
            "projects": SimpleNamespace(get=lambda _name, **_operation: parts),
            "clouds": None,
            "services": self._services,
            "settings": lambda: self.settings,
            "verifier": SimpleNamespace(verify=lambda _target, _driver: self.report),
            "store_verification": self.kept.append,
        }
        return ConfiguredPorts("shop", "op", **outside)

    def _services(self, cloud: str) -> str:
        self.clouds.append(cloud)
        return f"services of {cloud}"


@pytest.fixture
def configuration(monkeypatch: pytest.MonkeyPatch) -> Configuration:
    monkeypatch.setattr(project_ports, "verification_target", lambda _parts, cluster, _operation: cluster)
    monkeypatch.setattr(project_ports, "last_verification", lambda verified: verified)
    return Configuration()


def test_the_services_of_a_project_are_those_of_its_cloud(configuration: Configuration) -> None:
    ports: Any = configuration.ports()
    assert ports.block_storage == ports.floating_ips == ports.load_balancers == "services of xloud-shop"


def test_a_project_without_a_cloud_has_no_services(configuration: Configuration) -> None:
    configuration.magnum = None
    assert configuration.ports().block_storage is None and not configuration.clouds


def test_settings_are_those_in_force_when_they_are_used(configuration: Configuration) -> None:
    ports: Any = configuration.ports()
    assert ports.takes_snapshots and ports.mappings.addresses == "keep"
    configuration.settings.configuration.migration.snapshots = False
    configuration.settings.configuration.projects.clear()
    assert not ports.takes_snapshots
    with pytest.raises(Refusal, match="There is no project shop"):
        _ = ports.mappings


def test_a_healthy_driver_has_no_problem_and_its_verification_is_kept(configuration: Configuration) -> None:
    assert configuration.ports().driver_problem("u1", "calico") == ""
    assert configuration.kept == [configuration.report]


def test_what_is_wrong_with_a_driver_is_named(configuration: Configuration) -> None:
    unread = report(Verdict.UNKNOWN, Clock())
    configuration.report = unread
    assert configuration.ports().driver_problem("u1", "calico") == "calico on dev: connection refused"
    findings: Any = tuple(SimpleNamespace(title=f"fault {number}") for number in range(5))
    configuration.report = dataclasses.replace(unread, problem="", findings=findings)
    assert configuration.ports().driver_problem("u1", "calico") == "calico on dev: fault 0; fault 1; fault 2"
    unchecked: Any = (SimpleNamespace(what="BGP", why="no exec"),)
    configuration.report = dataclasses.replace(unread, problem="", findings=(), not_checked=unchecked)
    assert configuration.ports().driver_problem("u1", "calico") == "calico on dev: BGP not checked (no exec)"


class Clouds:
    """The clouds of projects, as long as the configuration has them."""

    def __init__(self) -> None:
        self.gone = False
        self.forgotten: list[str] = []

    def __call__(self, project: str, operation: str) -> ProjectCloud:
        if self.gone:
            raise Refusal(f"There is no project {project}")
        magnum: Any = SimpleNamespace(cluster=self._cluster)
        verify: Any = lambda cluster, driver: f"{driver} on {cluster}"  # noqa: E731
        return ProjectCloud(name="xloud", magnum=magnum, verify=verify, forget=self.forgotten.append)

    def _cluster(self, ref: str) -> dict[str, Any]:
        if ref == "gone":
            raise MagnumNotFound("no cluster gone")
        return {"uuid": ref}


def test_a_live_cloud_asks_the_magnum_of_the_moment() -> None:
    cloud = live_cloud(Clouds(), "shop", "op")
    assert cloud.name == "xloud" and cloud.magnum.cluster("u1") == {"uuid": "u1"}
    with pytest.raises(MagnumNotFound):
        cloud.magnum.cluster("gone")
    assert str(cloud.verify("u1", None)) == "None on u1"


def test_a_project_that_is_gone_is_a_problem_of_the_call_and_not_of_whoever_holds_its_cloud() -> None:
    clouds = Clouds()
    cloud = live_cloud(clouds, "shop", "op")
    clouds.gone = True
    for call in (lambda: cloud.magnum.clusters(), lambda: cloud.forget("u1")):
        with pytest.raises(Problem, match="There is no project shop"):
            call()
    assert live_cloud(clouds, "shop", "op").name == ""
