"""Clusters are created and deleted in front of everybody: what goes on is told, and its end said once."""

from __future__ import annotations

import dataclasses
import json

from bot.slack import plain_text
from tests.e2e.conftest import Office, Seen


def test_a_cluster_is_created_told_while_it_is_built_and_verified(everywhere: Office) -> None:
    everywhere.sandbox.cloud.seconds_to_build = 3.0
    try:
        answer = everywhere.types("cluster create new-eu --template base-calico --nodes 2")
    finally:
        everywhere.sandbox.cloud.seconds_to_build = 0.2
    assert "✅ Cluster new-eu created in shop: calico healthy, 3 of 3 nodes · asked by @U0ANA" in answer.line
    assert "template base-calico" in answer.text and "3 of 3 BGP sessions Established" in answer.text
    created = [
        cluster for cluster in everywhere.sandbox.cloud.clusters.values() if cluster["name"] == "new-eu"
    ]
    assert len(created) == 1 and created[0]["node_count"] == 2
    assert created[0]["labels"]["calico_tag"] == "v3.26.4", "the template's labels are kept"
    assert "calico on new-eu: healthy" in everywhere.types("verify calico new-eu").line


def test_a_cluster_that_magnum_cannot_build_is_told_with_its_reason_and_faults(everywhere: Office) -> None:
    cloud = everywhere.sandbox.cloud
    cloud.faults = dataclasses.replace(cloud.faults, no_valid_host=True)
    try:
        answer = everywhere.types("cluster create full-eu --template base-flannel")
    finally:
        cloud.faults = dataclasses.replace(cloud.faults, no_valid_host=False)
    assert "❌" in answer.line and "Magnum could not build the cluster full-eu" in answer.line
    assert "default-master failed" in answer.text and "No valid host was found" in answer.text
    assert "/xk8s cluster delete" in answer.text
    log = everywhere.types("audit --action cluster.create --target full-eu", who="U0BO")
    assert "cluster create full-eu" in log.text and "❌" in log.text


def test_a_name_that_is_taken_is_refused_before_anything_is_ordered(everywhere: Office) -> None:
    answer = everywhere.types("cluster create prod-eu --template base-calico")
    assert "A cluster prod-eu exists already" in answer.text and "/xk8s cluster show prod-eu" in answer.text
    edge = everywhere.types("cluster create edge --template base-calico")
    assert "known from a kubeconfig file" in edge.text
    assert sum(cluster["name"] == "prod-eu" for cluster in everywhere.sandbox.cloud.clusters.values()) == 1


def test_what_cannot_be_built_is_refused_with_what_to_say_instead(everywhere: Office) -> None:
    for words, problem in (
        ("cluster create 9lives --template base-calico", "cannot be a cluster's name"),
        ("cluster create even --template base-calico --masters 2", "etcd needs an odd number"),
        ("cluster create none --template base-calico --nodes 0", "at least one node"),
        ("cluster create lost --template base-clico", "Did you mean base-calico"),
    ):
        assert problem in everywhere.types(words).text
    names = {cluster["name"] for cluster in everywhere.sandbox.cloud.clusters.values()}
    assert not names & {"9lives", "even", "none", "lost"}


def test_a_template_name_that_means_two_is_picked_and_the_cluster_keeps_its_name(bot_office: Office) -> None:
    templates = bot_office.sandbox.cloud.templates
    original = next(template for template in templates.values() if template["name"] == "base-flannel")
    twin = {**original, "uuid": "44444444-2222-4333-8444-555555555555", "network_driver": "calico"}
    templates[twin["uuid"]] = twin
    try:
        answer = bot_office.types("cluster create picked-eu --template base-flannel")
        assert "2 templates are called base-flannel" in answer.text
        label = next(button for button in answer.buttons() if button.startswith("flannel"))
        before = len(bot_office.workspace.messages)
        bot_office.presses(answer, label)
    finally:
        del templates[twin["uuid"]]
    assert before and "picked-eu" in wait_for_message(
        bot_office, "Cluster picked-eu created in shop: flannel healthy"
    )


def approve(office: Office, request: Seen, *, typed: str, who: str = "U0DEE") -> None:
    """A second person approves what was asked for, in the form that wants the name."""
    message, element = request.buttons()["Approve…"]
    workspace, loopback = office.workspace, office.sandbox.loopback
    loopback.run(workspace.click(who, message.channel, message.ts, element["action_id"]))
    view = office.until(
        lambda: next((v for v in workspace.views.values() if v.user == who and v.body.get("submit")), None)
    )
    loopback.run(workspace.submit(who, view.id, {"typed": typed}))


def wait_for_message(office: Office, text: str) -> str:
    """Wait until somebody is told something; returns all that was said in its message."""

    def newest_match() -> str | None:
        message_texts = [" ".join(plain_text.lines(message.blocks)) for message in office.workspace.messages]
        return next((message_text for message_text in reversed(message_texts) if text in message_text), None)

    return str(office.until(newest_match))


def test_a_cluster_is_deleted_once_a_second_person_has_typed_its_name(everywhere: Office) -> None:
    everywhere.types("cluster create gone-eu --template base-calico --nodes 2")
    request = everywhere.types("cluster delete gone-eu", who="U0EVA")
    assert "🔐 Delete the cluster gone-eu: waits for approval" in request.line
    assert "2 nodes and 1 of the control plane go" in request.text
    assert "no Cinder volumes" in request.text and "This cannot be undone" in request.text
    assert any(cluster["name"] == "gone-eu" for cluster in everywhere.sandbox.cloud.clusters.values())
    approve(everywhere, request, typed="gone-eu")
    notice = wait_for_message(everywhere, "Cluster gone-eu deleted from shop")
    assert "🗑" in notice
    assert not any(cluster["name"] == "gone-eu" for cluster in everywhere.sandbox.cloud.clusters.values())
    log = everywhere.types("audit --action cluster.delete --target gone-eu", who="U0BO")
    assert "✅" in log.text


def test_a_cluster_that_magnum_does_not_know_cannot_be_deleted(everywhere: Office) -> None:
    answer = everywhere.types("cluster delete edge", who="U0EVA")
    assert "known from a kubeconfig file only" in answer.text and "projects.shop.clusters.edge" in answer.text


def test_an_operator_may_not_delete_and_a_name_of_two_clusters_is_picked(everywhere: Office) -> None:
    assert "needs admin" in everywhere.types("cluster delete dev-eu", who="U0ANA").text
    cloud = everywhere.sandbox.cloud
    original = next(cluster for cluster in cloud.clusters.values() if cluster["name"] == "staging-eu")
    twin = {**original, "uuid": "22222222-2222-4333-8444-555555555555", "status": "CREATE_FAILED"}
    cloud.clusters[twin["uuid"]] = twin
    try:
        answer = everywhere.types("cluster delete staging-eu", who="U0EVA")
        assert "2 clusters are called staging-eu" in answer.text
        label = next(button for button in answer.buttons() if "CREATE_FAILED" in button)
        request = everywhere.presses(answer, label, who="U0EVA")
        assert "Delete the cluster staging-eu" in request.text
    finally:
        cloud.clusters.pop(twin["uuid"], None)


def test_a_deletion_that_fails_is_told_with_magnums_reason(everywhere: Office) -> None:
    everywhere.types("cluster create stuck-eu --template base-flannel")
    request = everywhere.types("cluster delete stuck-eu", who="U0EVA")
    sandbox = everywhere.sandbox
    sandbox.loopback.run(sandbox.faults.switch("network/foreign-port", True, ""))
    try:
        approve(everywhere, request, typed="stuck-eu")
        notice = wait_for_message(everywhere, "Magnum could not delete the cluster stuck-eu")
    finally:
        sandbox.loopback.run(sandbox.faults.switch("network/foreign-port", False, ""))
    assert "one or more ports still in use" in " ".join(notice.split())
    assert "❌" in notice
    again = everywhere.types("cluster delete stuck-eu", who="U0EVA")
    approve(everywhere, again, typed="stuck-eu")
    wait_for_message(everywhere, "Cluster stuck-eu deleted from shop")


def test_a_terminal_waits_for_its_cluster_and_tells_how_it_went(bot_office: Office) -> None:
    done = bot_office.bot.run("run", "cluster create typed-eu --template base-calico --nodes 1")
    assert done.returncode == 0, done.stderr
    assert "✅ Cluster typed-eu created in shop: calico healthy, 2 of 2 nodes" in done.stdout
    assert "typed-eu is built after" in done.stderr
    assert "typed-eu" not in "".join(str(message.blocks) for message in bot_office.workspace.messages)
    again = bot_office.bot.run("run", "cluster create typed-eu --template base-calico", "--json")
    assert (
        again.returncode == 2
        and json.loads(again.stdout)["problem"]["what"] == "A cluster typed-eu exists already"
    )
    bot_office.sandbox.cloud.faults = dataclasses.replace(bot_office.sandbox.cloud.faults, no_valid_host=True)
    try:
        failed = bot_office.bot.run("run", "cluster create failed-eu --template base-calico")
    finally:
        bot_office.sandbox.cloud.faults = dataclasses.replace(
            bot_office.sandbox.cloud.faults, no_valid_host=False
        )
    assert failed.returncode == 1 and "No valid host was found" in failed.stdout


def test_a_new_state_is_a_reply_and_the_end_stands_where_the_progress_stood(bot_office: Office) -> None:
    bot_office.sandbox.cloud.seconds_to_build = 2.5
    try:
        answer = bot_office.types("cluster create told-eu --template base-flannel")
    finally:
        bot_office.sandbox.cloud.seconds_to_build = 0.2
    replies = [" ".join(plain_text.lines(message.blocks)) for message in answer.messages if message.thread]
    assert len(replies) == 2, replies
    assert "told-eu is built after" in replies[1] and "next: flannel is verified" in replies[1]
    assert "Flannel · Kubernetes v1.29.5" in replies[0] and "Magnum builds" not in replies[0]
