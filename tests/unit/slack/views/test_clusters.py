"""Clusters: what stands in the list, what failed, and how far creation and deletion are."""

from __future__ import annotations

import pytest

from bot.actions.clusters import ClusterList, ClusterShow
from bot.actions.verification import Diagnose, Verify
from bot.clusters.cluster import ClusterListing
from bot.clusters.lifecycle.results import (
    ClusterBuilding,
    ClusterBuilt,
    ClusterDeleted,
    ClusterDeleting,
    ClusterVerifying,
)
from bot.clusters.service import ClusterDetails, ClusterOverview
from bot.common.problems import Problem
from bot.slack.views import clusters as views
from tests.unit.slack.examples.clusters import cluster, created, healthy_report, report
from tests.unit.slack.examples.requests import NOW
from tests.unit.slack.examples.templates import CALICO
from tests.unit.slack.rendering import buttons, text, words


def test_a_list_shows_driver_state_and_size_of_each_cluster() -> None:
    clusters = (
        cluster("prod", "CREATE_COMPLETE", production=True),
        cluster("edge", id="kubeconfig:edge", driver=None, nodes=None),
    )
    rendered = views.show_list(ClusterOverview(project="shop", listed=ClusterListing(clusters=clusters)))
    [table, _] = rendered.messages[0].blocks
    rows = [[cell["text"] for cell in row] for row in table["rows"]]
    assert rows[1:] == [
        ["prod", "calico", "✅ CREATE_COMPLETE", "3", "production"],
        ["edge", "unknown", "from a kubeconfig", "–", "–"],
    ]
    assert rendered.headline == "🗂 2 clusters in *shop*"
    assert buttons(*rendered.messages)["Verify all"].action == Verify()


def test_what_is_missing_from_a_list_stands_above_it() -> None:
    listed = ClusterListing(clusters=(), unread=Problem("Magnum does not answer", why="HTTP 503"))
    rendered = views.show_list(ClusterOverview(project="shop", listed=listed))
    assert text(*rendered.messages).startswith("⚠️ ") and not buttons(*rendered.messages)


def test_a_failed_cluster_says_why_first() -> None:
    failed = cluster(status_reason="no quota", faults={"default-worker": "no host"}, health="UNKNOWN")
    rendered = views.show_details(ClusterDetails(cluster=failed))
    lines = text(*rendered.messages).split("\n")
    assert lines[:2] == ["❌ no quota", "• default-worker: no host"]
    assert "Health (API and nodes only): UNKNOWN" in lines
    offered = buttons(*rendered.messages)
    assert offered["Verify"].action == Verify(cluster="c1")
    assert offered["All clusters"].action == ClusterList()


def test_a_cluster_that_runs_says_nothing_of_old_faults() -> None:
    rendered = views.show_details(ClusterDetails(cluster=cluster(status="UPDATE_COMPLETE", created=None)))
    lines = text(*rendered.messages).split("\n")
    assert lines[0] == "Driver: calico" and "State: ✅ UPDATE_COMPLETE" in lines
    assert not any(line.startswith("Created") for line in lines)


def test_progress_says_how_long_it_takes_what_troubles_it_and_what_comes_next() -> None:
    building = ClusterBuilding(
        name="dev", template="k8s", nodes=3, masters=1, status="", seconds=120, at=NOW, trouble="HTTP 503"
    )
    progress = words(views.show_building(building).blocks)
    assert progress.startswith(
        "🏗 Magnum builds dev: 3 nodes, 1 of the control plane · 2 min · as of 09:00:00 UTC"
    )
    assert "⚠️ HTTP 503: I look again" in progress and "accepted · next: its driver is verified" in progress
    assert views.building_line(building) == "⏳ *dev*: Magnum builds it"


def test_a_built_cluster_is_verified_next() -> None:
    built = ClusterBuilt(name="dev", nodes=3, masters=1, driver="calico", api_address="", seconds=660)
    assert words(views.show_built(built).blocks) == (
        "🧱 dev is built after 11 min: 3 nodes, 1 of the control plane API – · next: calico is verified"
    )


def test_while_its_driver_is_verified_the_last_verdict_stands_below() -> None:
    verifying = ClusterVerifying(name="dev", driver="calico", seconds=5, at=NOW)
    assert words(views.show_verifying(verifying).blocks).endswith("first look")
    looked = ClusterVerifying(name="dev", driver="calico", seconds=5, at=NOW, report=healthy_report())
    assert words(views.show_verifying(looked).blocks).endswith(
        "last look: ✅ calico on prod-eu: healthy, 3 of 3 nodes"
    )


def test_deletion_shows_the_status_of_magnum() -> None:
    deleting = ClusterDeleting(name="dev", status="DELETE_IN_PROGRESS", seconds=5, at=NOW)
    assert words(views.show_deleting(deleting).blocks).endswith("as of 09:00:00 UTC DELETE_IN_PROGRESS")
    assert views.deleting_line(deleting) == "⏳ *dev*: Magnum deletes it"


def test_a_new_cluster_is_shown_with_the_verification_of_its_driver() -> None:
    rendered = views.show_created(created(name="dev", template="k8s", report=healthy_report()))
    assert rendered.headline == "✅ Cluster *dev* created in *shop*: calico healthy, 3 of 3 nodes"
    assert "template k8s · built in 11 min" in text(*rendered.messages)
    offered = buttons(*rendered.messages)
    assert list(offered) == ["Verify again", "Show cluster"], "those of the verification are left out"
    assert offered["Verify again"].action == Verify(driver=CALICO, cluster="c1")
    assert offered["Show cluster"].action == ClusterShow(cluster="c1")


def test_a_new_cluster_whose_driver_is_ill_offers_a_diagnosis() -> None:
    rendered = views.show_created(created(name="dev", report=report(3, "broken")))
    assert rendered.headline == "⚠️ Cluster *dev* created in *shop*, but its calico needs attention"
    assert buttons(*rendered.messages)["Diagnose"].action == Diagnose(cluster="c1")


@pytest.mark.parametrize(
    ("was_gone", "headline", "why"),
    [
        (False, "🗑 Cluster *dev* deleted from *shop*", "Cinder volumes of its PersistentVolumes"),
        (
            True,
            "🗑 Cluster *dev* was gone from *shop* already; nothing was deleted",
            "Somebody else deleted it",
        ),
    ],
)
def test_a_deletion_says_what_is_left(was_gone: bool, headline: str, why: str) -> None:
    deleted = ClusterDeleted(project="shop", id="c1", name="dev", seconds=600, was_gone=was_gone)
    rendered = views.show_deleted(deleted)
    assert rendered.headline == headline
    assert why in words(rendered.messages[0].blocks) and "What is left: /xk8s cluster list" in text(
        *rendered.messages
    )
