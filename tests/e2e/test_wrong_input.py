"""Whatever the cloud, a cluster or a person does: a message says what failed and what to do, the audit log
says `failed`, and the bot goes on."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sqlite3
from collections.abc import Iterator

import pytest

from sandbox.openstack.cloud import CloudFaults
from tests.e2e.conftest import Office, Seen


@pytest.fixture
def office(bot_office: Office) -> Iterator[Office]:
    """Whatever a test broke is mended after it."""
    yield bot_office
    bot_office.sandbox.cloud.faults = CloudFaults()


def failed(office: Office, answer: Seen, *, action: str, outcome: str = "failed") -> None:
    """The answer reads like one, the audit log has the outcome, and the next request is answered."""
    text = json.dumps([message.blocks for message in answer.messages])
    assert "Traceback" not in text and '{\\"' not in text
    reference = answer.text.split("ref ")[-1].split(" ")[0]
    with contextlib.closing(sqlite3.connect(office.bot.folder / "xk8s.sqlite3")) as database:
        question = (
            "SELECT action, outcome FROM audit_events WHERE reference = ? AND phase = 'outcome' ORDER BY"
            " position"
        )
        assert database.execute(question, (reference,)).fetchall()[-1:] == [
            (action, outcome)
        ]  # others may share it
    office.sandbox.cloud.faults = CloudFaults()
    assert "Calico" in office.types("driver list").text


@pytest.mark.parametrize(
    ("status", "problem", "advice"),
    [
        (401, "HTTP 401", "Check this cloud's credentials in clouds.yaml"),
        (403, "HTTP 403", "Ask the cloud's operator, or use credentials with the needed role"),
        (404, "HTTP 404", ""),
        (409, "HTTP 409", ""),
        (500, "HTTP 500", "give the cloud's operator the request id"),
    ],
)
@pytest.mark.parametrize(
    ("words", "action"),
    [("cluster list", "cluster.list"), ("template create calico --name x", "template.create")],
)
def test_a_magnum_that_errs_is_told_in_its_own_words(
    office: Office, status: int, problem: str, advice: str, words: str, action: str
) -> None:
    office.sandbox.cloud.faults = dataclasses.replace(office.sandbox.cloud.faults, status=status)
    answer = office.types(words)
    assert problem in answer.text and advice in answer.text
    failed(office, answer, action=action)
    assert not any(template["name"] == "x" for template in office.sandbox.cloud.templates.values())


def test_a_magnum_that_does_not_answer_is_told_and_what_to_check(office: Office) -> None:
    office.sandbox.loopback.run(office.sandbox.close_magnum())
    try:
        answer = office.types("template create calico --name y")
    finally:
        office.sandbox.loopback.run(office.sandbox.open_magnum())
    assert "it does not answer" in answer.text and "Check that the cloud xloud-shop is up" in answer.text
    failed(office, answer, action="template.create")


def test_a_proxys_html_is_not_shown_raw(office: Office) -> None:
    office.sandbox.cloud.faults = CloudFaults(status=500, html=True)
    answer = office.types("template list")
    assert "<html>" not in answer.text and "HTTP 500" in answer.text
    failed(office, answer, action="template.list")


def test_clusters_of_files_are_listed_while_magnum_is_down_and_what_is_missing_is_said(
    office: Office,
) -> None:
    office.sandbox.cloud.faults = CloudFaults(status=500)
    answer = office.types("cluster list")
    assert "1 cluster in shop" in answer.line and "HTTP 500" in answer.text and "edge" in answer.text


def test_a_cluster_that_cannot_be_reached_is_named_with_what_to_check(office: Office) -> None:
    office.fault("staging-eu", "away", True)
    try:
        answer = office.types("verify calico staging-eu")
    finally:
        office.fault("staging-eu", "away", False)
    assert "could not be read" in answer.line
    assert "staging-eu" in answer.line and "refused" in answer.text
    failed(office, answer, action="verify")


def test_an_exec_that_is_refused_is_said_to_be_not_checked_and_what_right_is_missing(office: Office) -> None:
    office.fault("edge", "exec", True)
    try:
        answer = office.types("verify calico edge")
    finally:
        office.fault("edge", "exec", False)
    assert "⚠️" in answer.line or "❌" in answer.line
    assert "not checked" in answer.text and "pods/exec" in answer.text
    failed(office, answer, action="verify")


@pytest.mark.parametrize("fault", ["busy", "broken"])
def test_an_api_server_that_errs_is_told(office: Office, fault: str) -> None:
    office.fault("staging-eu", fault, True)
    try:
        answer = office.types("verify calico staging-eu")
    finally:
        office.fault("staging-eu", fault, False)
    assert "could not be read" in answer.line and ("HTTP 429" in answer.text or "HTTP 500" in answer.text)
    failed(office, answer, action="verify")


def test_where_magnum_signs_only_for_the_creator_the_answer_says_so_and_what_to_configure(
    office: Office,
) -> None:
    for cluster in office.sandbox.cloud.clusters.values():
        cluster["user_id"] = "user-other"
    office.bot.stop()
    office.bot.start()  # certificates are kept in memory
    try:
        answer = office.types("verify calico prod-eu")
    finally:
        for cluster in office.sandbox.cloud.clusters.values():
            cluster["user_id"] = "user-ops"
    assert "creator" in answer.text and "kubeconfig" in answer.text
    failed(office, answer, action="verify")


@pytest.mark.parametrize(
    "words",
    [
        "verify calico no-such-cluster",
        "cluster show no-such",
        "template show no-such",
        "template create flannel --pool 10.0.0.0/99",
        "template create calico --label flannel_backend=vxlan",
        "tepmlate",
        "",
        "policy apply",
        "--",
        "verify '",
        "🙃" * 500,
        "help nothing",
    ],
)
def test_a_mistake_gets_an_answer_and_no_root_message_for_typos(office: Office, words: str) -> None:
    answer = office.types(words)
    assert answer.text.startswith(("🤔", "🚫", "💡")) and "Traceback" not in answer.text
    assert "/xk8s" in answer.text or "Leave flannel_backend out" in answer.text


def test_a_name_that_means_two_clusters_is_asked_about_by_buttons(office: Office) -> None:
    cloud = office.sandbox.cloud
    original = next(cluster for cluster in cloud.clusters.values() if cluster["name"] == "dev-eu")
    twin = {**original, "uuid": "11111111-2222-4333-8444-555555555555", "status": "CREATE_FAILED"}
    cloud.clusters[twin["uuid"]] = twin
    try:
        answer = office.types("cluster show dev-eu")
        assert "2 clusters are called dev-eu" in answer.text
        label = next(button for button in answer.buttons() if "CREATE_COMPLETE" in button)
        assert original["uuid"] in office.presses(answer, label).text
    finally:
        del cloud.clusters[twin["uuid"]]
