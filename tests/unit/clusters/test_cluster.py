"""What tells clusters of one name apart, and what is missing from a list."""

from __future__ import annotations

from bot.clusters.cluster import AmbiguousCluster, Cluster, ClusterListing
from bot.common.problems import Problem
from bot.drivers.driver import Driver
from tests.unit.clusters.fakes import NOW


def test_clusters_of_one_name_are_told_apart_by_driver_place_size_and_age() -> None:
    deployed = Cluster(
        id="u-1",
        name="edge",
        project="shop",
        driver=Driver("calico"),
        status="CREATE_COMPLETE",
        nodes=3,
        created=NOW,
    )
    configured = Cluster(id="kubeconfig:edge", name="edge", project="shop", driver=None)
    assert deployed.from_magnum and not configured.from_magnum
    error = AmbiguousCluster("edge", [deployed, configured])
    assert error.what == "2 clusters are called edge"
    assert [(choice.id, choice.label) for choice in error.choices] == [
        ("u-1", "calico, CREATE_COMPLETE in Magnum, 3 nodes, created 2026-11-24 09:00 UTC"),
        ("kubeconfig:edge", "unknown driver, from a kubeconfig"),
    ]


def test_a_list_says_why_magnums_clusters_are_missing() -> None:
    error = Problem("Magnum does not answer", why="timed out.", fix="Check the cloud.")
    assert ClusterListing(clusters=(), unread=error).missing == (
        "Magnum's clusters are missing: Magnum does not answer, timed out. Check the cloud",
    )
    assert ClusterListing(clusters=()).missing == ()
