"""The words of `cluster`: what is refused beforehand, what approvers read, what the workflow gets."""

from __future__ import annotations

import pathlib

import pytest

from bot.actions.clusters import ClusterCreate, ClusterDelete, ClusterList, ClusterShow
from bot.clusters.catalog import ConfiguredEntry
from bot.clusters.lifecycle.deletion import NamedByMigration
from bot.clusters.lifecycle.orders import BadCluster, ClusterTaken
from bot.clusters.service import ClusterServices, NotMagnums
from tests.unit.clusters.fakes import FakeMagnum, FakeProjects, cluster, context, template

EDGE = ConfiguredEntry(kubeconfig=pathlib.Path("edge.kubeconfig"))
PRODUCTION = ConfiguredEntry(production=True)


class Migrations:
    """One open migration that names `u-dev`."""

    def open_migration_of(self, cluster: str, *, ordered_by: str = "") -> str | None:
        return "m42" if cluster == "u-dev" or ordered_by == "of-m42" else None


@pytest.fixture
def magnum() -> FakeMagnum:
    return FakeMagnum(
        clusters=[cluster("dev"), cluster("prod")],
        templates=[template(master_lb_enabled=True, labels={"kube_tag": "v1.29.5", "passwd": "s3cret"})],
    )


@pytest.fixture
def services(magnum: FakeMagnum) -> ClusterServices:
    return ClusterServices(FakeProjects(magnum, edge=EDGE, prod=PRODUCTION))


def test_clusters_are_listed_and_shown(services: ClusterServices) -> None:
    overview = services.list(ClusterList(), context())
    assert overview.project == "shop" and overview.shortfall == ""
    assert [cluster.name for cluster in overview.listed.clusters] == ["dev", "edge", "prod"]
    assert services.show(ClusterShow(cluster="prod"), context()).cluster.id == "u-prod"


def test_a_creation_becomes_an_order_without_any_label(services: ClusterServices) -> None:
    work = services.create(ClusterCreate(cluster="new", template="base", nodes=2), context())
    assert work.work == "cluster.create"
    assert work.input == {
        "name": "new",
        "template": "t-base",
        "template_name": "base",
        "driver": "calico",
        "kubernetes": "v1.29.5",
        "nodes": 2,
        "masters": 1,
    }


def test_a_creation_is_proposed_with_its_size_and_bound_to_the_order_and_the_labels(
    services: ClusterServices, magnum: FakeMagnum
) -> None:
    action = ClusterCreate(cluster="new", template="base")
    proposal = services.propose_create(action, context())
    assert proposal.headline == "Create the cluster new from base"
    assert proposal.consequences[0] == "1 node and 1 of the control plane, calico, Kubernetes v1.29.5"
    assert "s3cret" not in str(proposal)
    magnum.template_bodies[0]["labels"]["passwd"] = "another"
    assert services.propose_create(action, context()).bound != proposal.bound


@pytest.mark.parametrize("method", ["create", "propose_create"])
def test_what_cannot_be_created_is_refused_before_anybody_is_asked(
    services: ClusterServices, method: str
) -> None:
    ask = getattr(services, method)
    with pytest.raises(ClusterTaken, match="A cluster dev exists already"):
        ask(ClusterCreate(cluster="dev", template="base"), context())
    with pytest.raises(ClusterTaken, match="A cluster edge exists already"):
        ask(ClusterCreate(cluster="edge", template="base"), context())
    with pytest.raises(BadCluster, match="2 control-plane nodes are not possible"):
        ask(ClusterCreate(cluster="new", template="base", masters=2), context())


def test_a_deletion_names_the_cluster_by_its_uuid(services: ClusterServices) -> None:
    work = services.delete(ClusterDelete(cluster="prod"), context())
    assert (work.work, work.input) == ("cluster.delete", {"id": "u-prod", "name": "prod"})


def test_a_deletion_is_proposed_with_what_goes_and_what_could_not_be_counted(
    services: ClusterServices,
) -> None:
    proposal = services.propose_delete(ClusterDelete(cluster="prod"), context())
    assert (proposal.target, proposal.target_id, proposal.typed) == ("prod", "u-prod", "prod")
    assert proposal.destructive and proposal.bound == {"name": "prod", "template": "t-base"}
    assert proposal.consequences[0].startswith("3 nodes and 1 of the control plane go")
    assert proposal.warnings == (
        "prod is marked as production",
        "its load balancers and volumes could not be counted: no credentials: in this test",
    )


@pytest.mark.parametrize("method", ["delete", "propose_delete"])
def test_a_cluster_that_may_not_be_deleted_is_refused(magnum: FakeMagnum, method: str) -> None:
    magnum.cluster_bodies.append(cluster("dev-calico", labels={"xk8s_operation": "of-m42"}))
    services = ClusterServices(FakeProjects(magnum, edge=EDGE), Migrations())
    ask = getattr(services, method)
    with pytest.raises(NotMagnums, match="edge is known from a kubeconfig file only"):
        ask(ClusterDelete(cluster="edge"), context())
    with pytest.raises(NamedByMigration, match="dev is part of the migration m42"):
        ask(ClusterDelete(cluster="dev"), context())
    with pytest.raises(NamedByMigration, match="dev-calico is part of the migration m42"):
        ask(ClusterDelete(cluster="dev-calico"), context())
