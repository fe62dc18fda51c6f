"""All clusters of a project: Magnum's and those of the configuration, none of them guessed."""

from __future__ import annotations

import pathlib
from datetime import UTC, datetime

import pytest

from bot.adapters.openstack.magnum_errors import MagnumUnreachable
from bot.clusters.catalog import ClusterCatalog, ConfiguredEntry
from bot.clusters.cluster import AmbiguousCluster, ClusterNotFound
from bot.drivers.driver import Driver
from tests.unit.clusters.fakes import FakeMagnum, cluster, template

KUBECONFIG = pathlib.Path("edge.kubeconfig")
EDGE = ConfiguredEntry(kubeconfig=KUBECONFIG, context="edge", driver=Driver("flannel"), production=True)


def catalog(magnum: FakeMagnum | None, **configured: ConfiguredEntry) -> ClusterCatalog:
    return ClusterCatalog(project="shop", magnum=magnum, configured=configured)


def test_clusters_of_both_kinds_are_listed_by_name() -> None:
    magnum = FakeMagnum(clusters=[cluster("prod"), cluster("alpha")], templates=[template()])
    listed = catalog(magnum, edge=EDGE).all()
    assert [cluster.name for cluster in listed.clusters] == [
        "alpha",
        "edge",
        "prod",
    ] and listed.unread is None
    edge = listed.clusters[1]
    assert (edge.id, edge.driver, edge.production) == ("kubeconfig:edge", "flannel", True)
    assert (edge.kubeconfig, edge.context, edge.status) == (KUBECONFIG, "edge", "")


def test_a_cluster_of_magnum_has_its_templates_driver_and_what_magnum_says_of_it() -> None:
    body = cluster(
        "prod",
        status_reason="fine",
        faults={"default-master": "x"},
        health_status="HEALTHY",
        labels={"kube_tag": "v1.29.5", "a": 1},
    )
    [prod] = catalog(FakeMagnum(clusters=[body], templates=[template()])).all().clusters
    assert (prod.id, prod.driver, prod.status, prod.health) == (
        "u-prod",
        "calico",
        "CREATE_COMPLETE",
        "HEALTHY",
    )
    assert (prod.kubernetes, prod.labels["a"]) == ("v1.29.5", "1"), "the label, where coe_version is absent"
    assert (prod.nodes, prod.masters, prod.template) == (3, 1, "t-base")
    assert prod.faults == {"default-master": "x"} and prod.status_reason == "fine"
    assert prod.created == datetime(2026, 11, 1, 8, 0, tzinfo=UTC)


def test_a_driver_that_is_not_in_the_catalogue_is_no_driver_unless_a_mark_says_one() -> None:
    magnum = FakeMagnum(clusters=[cluster("prod")], templates=[template(network_driver="weave")])
    assert catalog(magnum).find("prod").driver is None
    marks = ConfiguredEntry(driver=Driver("calico"), production=True)
    by_name, by_id = catalog(magnum, prod=marks), catalog(magnum, **{"u-prod": marks})
    for marked in (by_name.find("prod"), by_id.find("prod")):
        assert (marked.driver, marked.production) == ("calico", True)


def test_an_entry_with_a_kubeconfig_is_a_cluster_of_its_own_and_marks_no_other() -> None:
    magnum = FakeMagnum(clusters=[cluster("edge")], templates=[template()])
    listing = {listing.id: listing.production for listing in catalog(magnum, edge=EDGE).all().clusters}
    assert listing == {"kubeconfig:edge": True, "u-edge": False}


def test_a_name_that_two_clusters_have_is_never_guessed_and_an_id_is_one() -> None:
    magnum = FakeMagnum(clusters=[cluster("dev"), cluster("dev", uuid="u-2")], templates=[template()])
    both = catalog(magnum)
    with pytest.raises(AmbiguousCluster) as error:
        both.find("dev")
    assert [choice.id for choice in error.value.choices] == ["u-dev", "u-2"]
    assert both.find("u-2").id == "u-2"


def test_a_cluster_that_is_found_is_read_in_full() -> None:
    magnum = FakeMagnum(clusters=[cluster("dev")], templates=[template()])
    magnum.cluster = lambda ref: cluster("dev", coe_version="v1.30.0")  # type: ignore[method-assign]
    dev = catalog(magnum).find("dev")
    assert (dev.kubernetes, dev.driver) == ("v1.30.0", "calico")


def test_a_name_that_nothing_has_gets_the_nearest_one_or_a_driver() -> None:
    shop = catalog(FakeMagnum(clusters=[cluster("prod-eu")], templates=[template()]))
    with pytest.raises(ClusterNotFound, match="There is no cluster prd-eu in shop") as error:
        shop.find("prd-eu")
    assert error.value.fix == "Did you mean `prod-eu`? See `/xk8s cluster list`."
    with pytest.raises(ClusterNotFound) as error:
        shop.find("calcio")
    assert "Did you mean `calico`?" in error.value.fix, "a driver is easily misspelt in `verify`"


def test_while_magnum_is_out_of_reach_the_others_are_listed_and_found() -> None:
    magnum = FakeMagnum()
    magnum.failure = MagnumUnreachable("Magnum does not answer", why="timed out")
    shop = catalog(magnum, edge=EDGE)
    listed = shop.all()
    assert [cluster.name for cluster in listed.clusters] == ["edge"] and listed.unread is magnum.failure
    assert shop.find("edge").name == "edge"
    with pytest.raises(MagnumUnreachable):
        shop.find("prod")


def test_a_project_without_a_cloud_has_the_clusters_of_the_configuration() -> None:
    assert [cluster.name for cluster in catalog(None, edge=EDGE).all().clusters] == ["edge"]
