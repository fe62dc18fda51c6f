"""The target of a migration: what the words name, or the only thing that they can mean."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest

from bot.actions.migrations import MigrateStart
from bot.clusters.cluster import AmbiguousCluster, Cluster
from bot.clusters.templates.results import AmbiguousTemplate, Template
from bot.common.problems import Ambiguous
from bot.drivers.driver import Driver
from bot.migration.planning.target_choice import CannotMigrate, choose_target, cluster_side

SOURCE = Cluster(
    id="u1",
    name="dev-flannel",
    project="shop",
    driver=Driver("flannel"),
    status="CREATE_COMPLETE",
    kubernetes="v1.28.9",
    nodes=5,
    masters=3,
)
OTHER = dataclasses.replace(SOURCE, id="u2", name="other", driver=Driver("calico"))


def template(name: str = "k8s-calico", **fields: Any) -> Template:
    values: dict[str, Any] = {
        "id": f"id-{name}",
        "name": name,
        "driver": Driver("calico"),
        "network_driver": "calico",
        "kubernetes": "v1.29.5",
        "hidden": False,
        "public": False,
        "labels": {},
        "created": None,
    }
    machines = ("image", "flavor", "master_flavor", "external_network", "keypair")
    return Template(**{**dict.fromkeys(machines, ""), **values, **fields})


class Project:
    """A project with the source, another cluster, and some templates."""

    def __init__(self, *templates: Template, clusters: tuple[Cluster, ...] = (SOURCE, OTHER)) -> None:
        self.name = "shop"
        self.catalog = self
        self._clusters = clusters
        self._templates = templates

    def find(self, name: str) -> Cluster:
        named = [cluster for cluster in self._clusters if cluster.name == name]
        if len(named) != 1:
            raise AmbiguousCluster(name, named)
        return named[0]

    def all(self) -> Any:
        return SimpleNamespace(clusters=self._clusters, unread=None)

    def templates(self) -> Any:
        return SimpleNamespace(
            list=lambda driver: SimpleNamespace(
                templates=[template for template in self._templates if template.driver is driver]
            ),
            show=self._show,
        )

    def _show(self, name: str) -> Any:
        named = [template for template in self._templates if template.name == name]
        if len(named) != 1:
            raise AmbiguousTemplate(name, tuple(named))
        return SimpleNamespace(template=named[0])


def choose(project: Project, **words: Any) -> Any:
    parts: Any = project
    return choose_target(parts, MigrateStart(cluster="dev-flannel", **words), SOURCE)


def refused(project: Project, **words: Any) -> str:
    with pytest.raises(CannotMigrate) as refusal:
        choose(project, **words)
    return f"{refusal.value.what}|{refusal.value.why}|{refusal.value.fix}"


def test_a_driver_means_its_only_visible_template_that_is_not_older() -> None:
    old, hidden = template("old", kubernetes="v1.27.1"), template("hidden", hidden=True)
    target = choose(Project(old, hidden, template()), to=Driver("calico"))
    assert target.order.template == "id-k8s-calico" and target.cluster is None
    assert (target.side.id, target.side.name) == ("", "dev-calico")


def test_a_new_cluster_is_as_large_as_the_source_unless_the_words_say_otherwise() -> None:
    target = choose(Project(template()), to=Driver("calico"))
    assert (target.order.nodes, target.order.masters) == (5, 3)
    target = choose(Project(template()), to=Driver("calico"), new_name="prod", nodes=2, masters=1)
    assert (target.order.name, target.order.nodes, target.order.masters) == ("prod", 2, 1)


def test_without_a_load_balancer_before_the_control_plane_there_is_one_master() -> None:
    assert choose(Project(template(balanced=False)), to=Driver("calico")).order.masters == 1


def test_a_template_is_named() -> None:
    target = choose(Project(template("a"), template("b")), template="b")
    assert target.order.template_name == "b"


def test_where_a_name_or_a_driver_means_several_things_a_person_picks() -> None:
    with pytest.raises(Ambiguous) as error:
        choose(Project(template("a"), template("b")), to=Driver("calico"))
    assert [choice.id for choice in error.value.choices] == ["id-a", "id-b"]
    assert (error.value.field, error.value.in_place_of) == ("template", "to")
    with pytest.raises(Ambiguous) as error:
        choose(Project(template("a"), template("a", id="second")), template="a")
    assert error.value.field == "template"
    with pytest.raises(Ambiguous) as error:
        choose(Project(clusters=(SOURCE, OTHER, dataclasses.replace(OTHER, id="u3"))), into="other")
    assert error.value.field == "into"


def test_an_existing_cluster_is_taken_as_it_is() -> None:
    target = choose(Project(), into="other")
    assert target.cluster is OTHER and target.order is None and target.side.id == "u2"


@pytest.mark.parametrize(
    ("cluster", "expected"),
    [
        (SOURCE, "The source and the target are one cluster"),
        (dataclasses.replace(OTHER, status="CREATE_IN_PROGRESS"), "other is CREATE_IN_PROGRESS"),
        (dataclasses.replace(OTHER, driver=None), "Nobody knows which driver other is meant to run"),
    ],
)
def test_a_cluster_that_cannot_be_moved_into_is_refused(cluster: Cluster, expected: str) -> None:
    assert expected in refused(Project(clusters=(cluster,)), into=cluster.name)


def test_a_driver_that_runs_already_is_no_migration() -> None:
    assert "dev-flannel runs flannel already" in refused(Project(template()), to=Driver("flannel"))


def test_a_driver_without_a_template_says_how_to_make_one() -> None:
    assert refused(Project(), to=Driver("calico")) == (
        "There is no template with calico for dev-flannel||Create one: `/xk8s template create calico`"
    )
    older = template(kubernetes="v1.27.1")
    assert "there are 1, all with an older Kubernetes than v1.28.9" in refused(
        Project(older), to=Driver("calico")
    )


def test_a_template_with_a_driver_that_is_none_of_ours_is_refused() -> None:
    unknown = template("w", driver=None, network_driver="weave")
    assert "has the driver weave, which I do not know" in refused(Project(unknown), template="w")


def test_a_name_that_is_taken_is_refused_with_both_ways_out() -> None:
    assert "Say another name with `--name`, or move into it with `--into`." in refused(
        Project(template()), to=Driver("calico"), new_name="other"
    )


def test_a_side_of_a_plan_says_what_is_known_of_a_cluster() -> None:
    side = cluster_side(OTHER)
    assert (side.id, side.name, side.driver, side.kubernetes) == ("u2", "other", Driver("calico"), "v1.28.9")
