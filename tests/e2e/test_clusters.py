"""Clusters are created in front of everybody: what is built is told, verified, and said once at the end."""

from __future__ import annotations

import dataclasses

from tests.e2e.conftest import Office


def test_a_cluster_is_created_told_while_it_is_built_and_verified(everywhere: Office) -> None:
    everywhere.world.cloud.seconds_to_build = 3.0
    try:
        seen = everywhere.types("cluster create new-eu --template base-calico --nodes 2")
    finally:
        everywhere.world.cloud.seconds_to_build = 0.2
    assert "✅ Cluster new-eu created in shop: calico healthy, 3 of 3 nodes · asked by @U0ANA" in seen.line
    assert "template base-calico" in seen.text and "3 of 3 BGP sessions Established" in seen.text
    made = [found for found in everywhere.world.cloud.clusters.values() if found["name"] == "new-eu"]
    assert len(made) == 1 and made[0]["node_count"] == 2
    assert made[0]["labels"]["calico_tag"] == "v3.26.4", "the template's labels are kept"
    assert "calico on new-eu: healthy" in everywhere.types("verify calico new-eu").line


def test_a_cluster_that_magnum_cannot_build_is_told_with_its_reason_and_faults(everywhere: Office) -> None:
    cloud = everywhere.world.cloud
    cloud.ailments = dataclasses.replace(cloud.ailments, no_valid_host=True)
    try:
        seen = everywhere.types("cluster create full-eu --template base-flannel")
    finally:
        cloud.ailments = dataclasses.replace(cloud.ailments, no_valid_host=False)
    assert "❌" in seen.line and "Magnum could not build the cluster full-eu" in seen.line
    assert "default-master failed" in seen.text and "No valid host was found" in seen.text
    assert "/xk8s cluster delete" in seen.text
    log = everywhere.types("audit --action cluster.create --target full-eu", who="U0BO")
    assert "cluster create full-eu" in log.text and "❌" in log.text


def test_a_name_that_is_taken_is_refused_before_anything_is_ordered(everywhere: Office) -> None:
    seen = everywhere.types("cluster create prod-eu --template base-calico")
    assert "A cluster prod-eu exists already" in seen.text and "/xk8s cluster show prod-eu" in seen.text
    edge = everywhere.types("cluster create edge --template base-calico")
    assert "known from a kubeconfig file" in edge.text
    assert sum(found["name"] == "prod-eu" for found in everywhere.world.cloud.clusters.values()) == 1


def test_what_cannot_be_built_is_refused_with_what_to_say_instead(everywhere: Office) -> None:
    for words, said in (
        ("cluster create 9lives --template base-calico", "cannot be a cluster's name"),
        ("cluster create even --template base-calico --masters 2", "etcd needs an odd number"),
        ("cluster create none --template base-calico --nodes 0", "at least one node"),
        ("cluster create lost --template base-clico", "Did you mean base-calico"),
    ):
        assert said in everywhere.types(words).text
    names = {found["name"] for found in everywhere.world.cloud.clusters.values()}
    assert not names & {"9lives", "even", "none", "lost"}
