"""Templates are published by a second person's decision, taken back, hidden and deleted, as Magnum
allows it.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator

import pytest

from sandbox.openstack.cloud import ADMIN
from tests.e2e.conftest import Office
from tests.e2e.test_clusters import wait_for_message


@contextlib.contextmanager
def publisher(office: Office) -> Iterator[None]:
    """The bot's user has the cloud's publish policy for a while."""
    cloud = office.sandbox.cloud
    before, tokens = cloud.users[0], dict(cloud.tokens)
    raised = dataclasses.replace(before, role=ADMIN)
    cloud.users[0] = raised
    cloud.tokens = {
        token: (raised if user.id == before.id else user, until) for token, (user, until) in tokens.items()
    }
    try:
        yield
    finally:
        cloud.users[0] = before
        cloud.tokens = {
            token: (before if user.id == before.id else user, until)
            for token, (user, until) in cloud.tokens.items()
        }


def templates_named(office: Office, name: str) -> list[dict[str, object]]:
    return [template for template in office.sandbox.cloud.templates.values() if template["name"] == name]


def test_a_template_is_published_when_a_second_person_approves(bot_office: Office) -> None:
    bot_office.types("template create calico --name shared")
    request = bot_office.types("template publish shared", who="U0EVA")
    assert "🔐 Publish the template shared to every project of the cloud" in request.line
    assert "keypair ops-key" in request.text and not templates_named(bot_office, "shared")[0]["public"]
    with publisher(bot_office):
        bot_office.presses(request, "Approve", who="U0DEE")
        wait_for_message(bot_office, "Template shared published in shop")
        assert templates_named(bot_office, "shared")[0]["public"] is True
        again = bot_office.types("template unpublish shared", who="U0EVA")
    assert (
        "🔒 Template shared no longer published" in again.line
        and templates_named(bot_office, "shared")[0]["public"] is False
    )


def test_a_cloud_that_lets_nobody_publish_is_told_in_its_own_words(bot_office: Office) -> None:
    bot_office.types("template create calico --name kept-back")
    request = bot_office.types("template publish kept-back", who="U0EVA")
    bot_office.presses(request, "Approve", who="U0DEE")
    assert "Not authorized to set public or hidden flag" in wait_for_message(
        bot_office, "Not authorized to set public"
    )
    assert templates_named(bot_office, "kept-back")[0]["public"] is False


def test_a_template_that_clusters_use_is_neither_deleted_nor_unpublished_but_hidden(
    bot_office: Office,
) -> None:
    (template,) = templates_named(bot_office, "base-calico")
    answer = bot_office.types("template delete base-calico", who="U0EVA")
    assert (
        "2 clusters use base-calico, so it cannot be deleted" in answer.line
        and "prod-eu, staging-eu" in answer.text
    )
    template["public"] = True
    assert "cannot be taken back" in bot_office.types("template unpublish base-calico", who="U0EVA").text
    template["public"] = False
    with publisher(bot_office):
        assert (
            "🙈 Template base-calico hidden"
            in bot_office.types("template hide base-calico", who="U0EVA").line
        )
    assert template["hidden"] is True
    assert "hidden in shop already" in bot_office.types("template hide base-calico", who="U0EVA").line
    template["hidden"] = False


def test_a_template_is_deleted_and_a_name_of_two_is_picked(bot_office: Office) -> None:
    bot_office.types("template create calico --name twice")
    (original,) = templates_named(bot_office, "twice")
    twin = {**original, "uuid": "33333333-2222-4333-8444-555555555555"}
    bot_office.sandbox.cloud.templates[str(twin["uuid"])] = twin
    answer = bot_office.types("template delete twice", who="U0EVA")
    assert "2 templates are called twice" in answer.text
    label = next(iter(answer.buttons()))
    assert "🗑 Template twice deleted" in bot_office.presses(answer, label, who="U0EVA").text
    assert len(templates_named(bot_office, "twice")) == 1
    assert "🗑 Template twice deleted in shop" in bot_office.types("template delete twice", who="U0EVA").line
    assert not templates_named(bot_office, "twice")


def test_a_template_from_which_a_cluster_is_being_created_is_not_deleted(bot_office: Office) -> None:
    bot_office.types("template create flannel --name busy")
    cloud = bot_office.sandbox.cloud
    cloud.faults = dataclasses.replace(
        cloud.faults, cast_seconds=3.0
    )  # Magnum has not stored the cluster yet
    try:
        bot_office.sandbox.loopback.run(
            bot_office.workspace.command("U0ANA", "C0SHOP", "/xk8s cluster create from-busy --template busy")
        )
        bot_office.until(
            lambda: any(
                request["path"] == "/v1/clusters" and request["method"] == "POST"
                for request in cloud.requests
            )
        )
        before = len(bot_office.workspace.messages)
        bot_office.sandbox.loopback.run(
            bot_office.workspace.command("U0EVA", "C0SHOP", "/xk8s template delete busy")
        )
        assert "A cluster is being created from busy" in wait_for_message(
            bot_office, "is being created from busy"
        )
        assert before < len(bot_office.workspace.messages) and templates_named(bot_office, "busy")
    finally:
        cloud.faults = dataclasses.replace(cloud.faults, cast_seconds=0.0)
    assert "from-busy created" in wait_for_message(bot_office, "Cluster from-busy created in shop")


@pytest.mark.parametrize("words", ["publish", "unpublish", "hide", "delete"])
def test_only_admins_may_and_an_unknown_template_is_told(bot_office: Office, words: str) -> None:
    assert "needs admin" in bot_office.types(f"template {words} base-calico").text
    assert "Did you mean base-calico" in bot_office.types(f"template {words} base-calco", who="U0EVA").text
