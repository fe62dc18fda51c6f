"""Clusters are created and deleted in front of everybody: what goes on is told, and its end said once."""

from __future__ import annotations

import dataclasses
import json

from bot.slack import plain_text
from tests.e2e.conftest import Office, Seen


def test_a_cluster_is_created_told_while_it_is_built_and_verified(everywhere: Office) -> None:
    everywhere.sandbox.cloud.seconds_to_build = 3.0
    try:
        seen = everywhere.types("cluster create new-eu --template base-calico --nodes 2")
    finally:
        everywhere.sandbox.cloud.seconds_to_build = 0.2
    assert "✅ Cluster new-eu created in shop: calico healthy, 3 of 3 nodes · asked by @U0ANA" in seen.line
    assert "template base-calico" in seen.text and "3 of 3 BGP sessions Established" in seen.text
    made = [found for found in everywhere.sandbox.cloud.clusters.values() if found["name"] == "new-eu"]
    assert len(made) == 1 and made[0]["node_count"] == 2
    assert made[0]["labels"]["calico_tag"] == "v3.26.4", "the template's labels are kept"
    assert "calico on new-eu: healthy" in everywhere.types("verify calico new-eu").line


def test_a_cluster_that_magnum_cannot_build_is_told_with_its_reason_and_faults(everywhere: Office) -> None:
    cloud = everywhere.sandbox.cloud
    cloud.faults = dataclasses.replace(cloud.faults, no_valid_host=True)
    try:
        seen = everywhere.types("cluster create full-eu --template base-flannel")
    finally:
        cloud.faults = dataclasses.replace(cloud.faults, no_valid_host=False)
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
    assert sum(found["name"] == "prod-eu" for found in everywhere.sandbox.cloud.clusters.values()) == 1


def test_what_cannot_be_built_is_refused_with_what_to_say_instead(everywhere: Office) -> None:
    for words, said in (
        ("cluster create 9lives --template base-calico", "cannot be a cluster's name"),
        ("cluster create even --template base-calico --masters 2", "etcd needs an odd number"),
        ("cluster create none --template base-calico --nodes 0", "at least one node"),
        ("cluster create lost --template base-clico", "Did you mean base-calico"),
    ):
        assert said in everywhere.types(words).text
    names = {found["name"] for found in everywhere.sandbox.cloud.clusters.values()}
    assert not names & {"9lives", "even", "none", "lost"}


def test_a_template_name_that_means_two_is_picked_and_the_cluster_keeps_its_name(here: Office) -> None:
    templates = here.sandbox.cloud.templates
    known = next(found for found in templates.values() if found["name"] == "base-flannel")
    twin = {**known, "uuid": "44444444-2222-4333-8444-555555555555", "network_driver": "calico"}
    templates[twin["uuid"]] = twin
    try:
        seen = here.types("cluster create picked-eu --template base-flannel")
        assert "2 templates are called base-flannel" in seen.text
        label = next(each for each in seen.buttons() if each.startswith("flannel"))
        before = len(here.workspace.messages)
        here.presses(seen, label)
    finally:
        del templates[twin["uuid"]]
    assert before and "picked-eu" in told(here, "Cluster picked-eu created in shop: flannel healthy")


def approve(office: Office, asked: Seen, *, typed: str, who: str = "U0DEE") -> None:
    """A second person approves what was asked for, in the form that wants the name."""
    message, element = asked.buttons()["Approve…"]
    workspace, loopback = office.workspace, office.sandbox.loopback
    loopback.run(workspace.click(who, message.channel, message.ts, element["action_id"]))
    view = office.until(
        lambda: next((v for v in workspace.views.values() if v.user == who and v.body.get("submit")), None)
    )
    loopback.run(workspace.submit(who, view.id, {"typed": typed}))


def told(office: Office, text: str) -> str:
    """Wait until somebody is told something; returns all that was said in its message."""

    def found() -> str | None:
        said = [" ".join(plain_text.lines(message.blocks)) for message in office.workspace.messages]
        return next((each for each in reversed(said) if text in each), None)

    return str(office.until(found))


def test_a_cluster_is_deleted_once_a_second_person_has_typed_its_name(everywhere: Office) -> None:
    everywhere.types("cluster create gone-eu --template base-calico --nodes 2")
    asked = everywhere.types("cluster delete gone-eu", who="U0EVA")
    assert "🔐 Delete the cluster gone-eu: waits for approval" in asked.line
    assert "2 nodes and 1 of the control plane go" in asked.text
    assert "no Cinder volumes" in asked.text and "This cannot be undone" in asked.text
    assert any(found["name"] == "gone-eu" for found in everywhere.sandbox.cloud.clusters.values())
    approve(everywhere, asked, typed="gone-eu")
    said = told(everywhere, "Cluster gone-eu deleted from shop")
    assert "🗑" in said
    assert not any(found["name"] == "gone-eu" for found in everywhere.sandbox.cloud.clusters.values())
    log = everywhere.types("audit --action cluster.delete --target gone-eu", who="U0BO")
    assert "✅" in log.text


def test_a_cluster_that_magnum_does_not_know_cannot_be_deleted(everywhere: Office) -> None:
    seen = everywhere.types("cluster delete edge", who="U0EVA")
    assert "known from a kubeconfig file only" in seen.text and "projects.shop.clusters.edge" in seen.text


def test_an_operator_may_not_delete_and_a_name_of_two_clusters_is_picked(everywhere: Office) -> None:
    assert "needs admin" in everywhere.types("cluster delete dev-eu", who="U0ANA").text
    cloud = everywhere.sandbox.cloud
    known = next(found for found in cloud.clusters.values() if found["name"] == "staging-eu")
    twin = {**known, "uuid": "22222222-2222-4333-8444-555555555555", "status": "CREATE_FAILED"}
    cloud.clusters[twin["uuid"]] = twin
    try:
        seen = everywhere.types("cluster delete staging-eu", who="U0EVA")
        assert "2 clusters are called staging-eu" in seen.text
        label = next(each for each in seen.buttons() if "CREATE_FAILED" in each)
        asked = everywhere.presses(seen, label, who="U0EVA")
        assert "Delete the cluster staging-eu" in asked.text
    finally:
        cloud.clusters.pop(twin["uuid"], None)


def test_a_deletion_that_fails_is_told_with_magnums_reason(everywhere: Office) -> None:
    everywhere.types("cluster create stuck-eu --template base-flannel")
    asked = everywhere.types("cluster delete stuck-eu", who="U0EVA")
    sandbox = everywhere.sandbox
    sandbox.loopback.run(sandbox.faults.switch("network/foreign-port", True, ""))
    try:
        approve(everywhere, asked, typed="stuck-eu")
        said = told(everywhere, "Magnum could not delete the cluster stuck-eu")
    finally:
        sandbox.loopback.run(sandbox.faults.switch("network/foreign-port", False, ""))
    assert "one or more ports still in use" in " ".join(said.split())
    assert "❌" in said
    again = everywhere.types("cluster delete stuck-eu", who="U0EVA")
    approve(everywhere, again, typed="stuck-eu")
    told(everywhere, "Cluster stuck-eu deleted from shop")


def test_a_terminal_waits_for_its_cluster_and_tells_how_it_went(here: Office) -> None:
    done = here.bot.run("run", "cluster create typed-eu --template base-calico --nodes 1")
    assert done.returncode == 0, done.stderr
    assert "✅ Cluster typed-eu created in shop: calico healthy, 2 of 2 nodes" in done.stdout
    assert "typed-eu is built after" in done.stderr
    assert "typed-eu" not in "".join(str(message.blocks) for message in here.workspace.messages)
    again = here.bot.run("run", "cluster create typed-eu --template base-calico", "--json")
    assert (
        again.returncode == 2
        and json.loads(again.stdout)["problem"]["what"] == "A cluster typed-eu exists already"
    )
    here.sandbox.cloud.faults = dataclasses.replace(here.sandbox.cloud.faults, no_valid_host=True)
    try:
        failed = here.bot.run("run", "cluster create failed-eu --template base-calico")
    finally:
        here.sandbox.cloud.faults = dataclasses.replace(here.sandbox.cloud.faults, no_valid_host=False)
    assert failed.returncode == 1 and "No valid host was found" in failed.stdout


def test_a_new_state_is_a_reply_and_the_end_stands_where_the_progress_stood(here: Office) -> None:
    here.sandbox.cloud.seconds_to_build = 2.5
    try:
        seen = here.types("cluster create told-eu --template base-flannel")
    finally:
        here.sandbox.cloud.seconds_to_build = 0.2
    replies = [" ".join(plain_text.lines(message.blocks)) for message in seen.messages if message.thread]
    assert len(replies) == 2, replies
    assert "told-eu is built after" in replies[1] and "next: flannel is verified" in replies[1]
    assert "Flannel · Kubernetes v1.29.5" in replies[0] and "Magnum builds" not in replies[0]
