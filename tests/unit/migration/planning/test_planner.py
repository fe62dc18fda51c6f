"""A plan is made from the words and from what both clusters are, and nothing is written."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bot.actions.migrations import MigrateStart
from bot.adapters.kube.errors import Unreachable
from bot.clusters.cluster import Cluster
from bot.common.problems import Refusal
from bot.drivers.driver import Driver
from bot.drivers.verification import collector, detection
from bot.migration.inventory.target_facts import TargetFacts
from bot.migration.objects.digest_keys import DigestKeys
from bot.migration.objects.fields import Object
from bot.migration.planning import planner as planner_module
from bot.migration.planning.planner import MigrationPlanning, PlanBlocked, Planned, Planner, plan_request
from bot.migration.planning.survey import Survey
from bot.migration.planning.target_choice import CannotMigrate
from bot.policy.cluster_state import ClusterState
from bot.policy.reach import model
from bot.settings.mappings import Mappings
from tests.unit.migration.builders import SERVED, an, inventory, workload

KEY = b"a key"


def cluster(name: str, identity: str, driver: Driver | None) -> Cluster:
    return Cluster(
        id=identity,
        name=name,
        project="shop",
        driver=driver,
        status="CREATE_COMPLETE",
        kubernetes="v1.29.5",
        labels={"flannel_network_cidr": "10.101.0.0/16"},
    )


class Project:
    """Two clusters of a project, and which driver runs in the source."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *objects: Object) -> None:
        self.clusters = {
            "dev": cluster("dev", "u1", Driver("flannel")),
            "other": cluster("other", "u2", Driver("calico")),
        }
        self.objects = objects
        self.running: list[Driver] | Unreachable = [Driver("flannel")]
        self.opened: list[str] = []
        self.taken: set[str] = set()
        self.states: list[MigrationPlanning] = []
        monkeypatch.setattr(planner_module, "connect", self._connect)
        monkeypatch.setattr(planner_module, "survey", self._survey)
        monkeypatch.setattr(planner_module, "digest_keys", lambda _settings: DigestKeys(keys=(KEY,)))
        monkeypatch.setattr(collector, "daemon_sets", lambda _kube: self._daemon_sets())
        monkeypatch.setattr(detection, "running_drivers", lambda drivers: drivers)

    def plan(self, **words: Any) -> Planned:
        migration = SimpleNamespace(soak=timedelta(hours=24))
        projects = {"shop": SimpleNamespace(mappings=Mappings())}
        settings: Any = SimpleNamespace(configuration=SimpleNamespace(migration=migration, projects=projects))
        catalog = SimpleNamespace(find=lambda name: self.clusters[name])
        parts = SimpleNamespace(name="shop", catalog=catalog)
        outside: Any = SimpleNamespace(get=lambda _project, **_operation: parts)
        planner = Planner(outside, lambda: settings)
        return planner.plan(
            MigrateStart(**{"cluster": "dev", "into": "other", **words}),
            project="shop",
            operation="op",
            migration="m1",
            report=self.states.append,
            refuse_taken=self._refuse_taken,
        )

    def _refuse_taken(self, identity: str) -> None:
        if identity in self.taken:
            raise Refusal(f"{identity} is in a migration")

    @contextlib.contextmanager
    def _connect(self, _parts: object, identity: str, **_options: object) -> Iterator[str]:
        self.opened.append(identity)
        yield identity

    def _daemon_sets(self) -> list[Any]:
        if isinstance(self.running, Unreachable):
            raise self.running
        return [SimpleNamespace(profile=SimpleNamespace(driver=driver)) for driver in self.running]

    def _survey(self, *_kubes: object, **_options: object) -> Survey:
        state = ClusterState(
            cluster=model.ClusterModel(pods=(), policies=(), namespaces=(model.Namespace("shop"),)),
            policies={},
        )
        return Survey(
            inventory=inventory(an("Namespace", "shop"), *self.objects, surface=SERVED),
            target=TargetFacts(exists=True, surface=SERVED),
            network=state,
            unknown_addons=(),
        )


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch) -> Project:
    return Project(monkeypatch, workload(name="web"))


def test_a_plan_names_both_clusters_and_what_is_copied(project: Project) -> None:
    planned = project.plan()
    plan = planned.plan
    assert (plan.migration, plan.source.id, plan.target.id) == ("m1", "u1", "u2")
    assert [str(item.ref) for item in plan.items if item.ref.kind == "Deployment"] == ["Deployment shop/web"]
    assert project.opened == ["u1", "u2"]
    assert [state.doing for state in project.states] == [
        "looking which clusters and template are meant",
        "reading everything that would be copied",
    ]


def test_the_options_are_stored_so_that_a_plan_made_anew_is_made_with_the_same(project: Project) -> None:
    words = {"namespaces": ("shop",), "volumes": ("reattach",), "start_early": ("shop/web",), "soak": "1h"}
    options = project.plan(**words).options
    assert options == {
        "deploy": None,
        "soak": 3_600.0,
        "namespaces": ["shop"],
        "volumes": ["reattach"],
        "early": ["shop/web"],
        "labels": {"flannel_network_cidr": "10.101.0.0/16"},
        "same_project": True,
        "words": options["words"],
    }
    assert options["words"].startswith("migrate dev --into other")
    plan = project.plan(**words).plan
    request = plan_request("m1", (plan.source, plan.target), options, Mappings())
    assert (request.volumes, request.early) == (("reattach",), ("shop/web",))
    assert request.same_project is True


def test_the_soak_is_the_configured_one_unless_the_words_say_otherwise(project: Project) -> None:
    assert project.plan().options["soak"] == 86_400.0


def test_of_a_kubeconfig_cluster_nobody_knows_the_openstack_project(project: Project) -> None:
    configured = dataclasses.replace(project.clusters["other"], id="kubeconfig:other", status="")
    project.clusters["other"] = configured
    assert project.plan().options["same_project"] is None


def test_the_driver_that_runs_counts_more_than_the_declared_one(project: Project) -> None:
    project.clusters["dev"] = dataclasses.replace(project.clusters["dev"], driver=None)
    assert project.plan().plan.source.driver is Driver("flannel")


@pytest.mark.parametrize("running", [[], [Driver("flannel"), Driver("calico")], Unreachable("silent")])
def test_where_it_cannot_be_seen_the_declared_driver_is_taken_or_the_migration_refused(
    project: Project, running: list[Driver] | Unreachable
) -> None:
    project.running = running
    assert project.plan().plan.source.driver is Driver("flannel")
    project.clusters["dev"] = dataclasses.replace(project.clusters["dev"], driver=None)
    with pytest.raises(CannotMigrate, match="Nobody knows which driver dev runs"):
        project.plan()


@pytest.mark.parametrize("identity", ["u1", "u2"])
def test_a_cluster_that_is_not_free_is_refused_before_it_is_read(project: Project, identity: str) -> None:
    project.taken = {identity}
    with pytest.raises(Refusal, match=f"{identity} is in a migration"):
        project.plan()
    assert identity not in project.opened


def test_only_a_complete_cluster_can_be_migrated(project: Project) -> None:
    project.clusters["dev"] = dataclasses.replace(project.clusters["dev"], status="UPDATE_IN_PROGRESS")
    with pytest.raises(CannotMigrate, match="dev is UPDATE_IN_PROGRESS"):
        project.plan()
    assert not project.opened


def test_what_stands_against_a_migration_is_listed_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = an("PersistentVolumeClaim", "data", spec={"storageClassName": "fast"})
    with pytest.raises(PlanBlocked) as refusal:
        Project(monkeypatch, claim).plan()
    assert refusal.value.what.endswith("against migrating dev")
    assert refusal.value.why.startswith("1. ") and " → " in refusal.value.why
    assert refusal.value.fix == "Nothing was changed. Then say it again."
