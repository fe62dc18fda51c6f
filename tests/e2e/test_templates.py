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
from tests.e2e.test_clusters import told


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


def kept(office: Office, name: str) -> list[dict[str, object]]:
    return [found for found in office.sandbox.cloud.templates.values() if found["name"] == name]


def test_a_template_is_published_when_a_second_person_approves(here: Office) -> None:
    here.types("template create calico --name shared")
    asked = here.types("template publish shared", who="U0EVA")
    assert "🔐 Publish the template shared to every project of the cloud" in asked.line
    assert "keypair ops-key" in asked.text and not kept(here, "shared")[0]["public"]
    with publisher(here):
        here.presses(asked, "Approve", who="U0DEE")
        told(here, "Template shared published in shop")
        assert kept(here, "shared")[0]["public"] is True
        again = here.types("template unpublish shared", who="U0EVA")
    assert (
        "🔒 Template shared no longer published" in again.line and kept(here, "shared")[0]["public"] is False
    )


def test_a_cloud_that_lets_nobody_publish_is_told_in_its_own_words(here: Office) -> None:
    here.types("template create calico --name kept-back")
    asked = here.types("template publish kept-back", who="U0EVA")
    here.presses(asked, "Approve", who="U0DEE")
    assert "Not authorized to set public or hidden flag" in told(here, "Not authorized to set public")
    assert kept(here, "kept-back")[0]["public"] is False


def test_a_template_that_clusters_use_is_neither_deleted_nor_unpublished_but_hidden(here: Office) -> None:
    (template,) = kept(here, "base-calico")
    seen = here.types("template delete base-calico", who="U0EVA")
    assert (
        "2 clusters use base-calico, so it cannot be deleted" in seen.line
        and "prod-eu, staging-eu" in seen.text
    )
    template["public"] = True
    assert "cannot be taken back" in here.types("template unpublish base-calico", who="U0EVA").text
    template["public"] = False
    with publisher(here):
        assert "🙈 Template base-calico hidden" in here.types("template hide base-calico", who="U0EVA").line
    assert template["hidden"] is True
    assert "hidden in shop already" in here.types("template hide base-calico", who="U0EVA").line
    template["hidden"] = False


def test_a_template_is_deleted_and_a_name_of_two_is_picked(here: Office) -> None:
    here.types("template create calico --name twice")
    (made,) = kept(here, "twice")
    twin = {**made, "uuid": "33333333-2222-4333-8444-555555555555"}
    here.sandbox.cloud.templates[str(twin["uuid"])] = twin
    seen = here.types("template delete twice", who="U0EVA")
    assert "2 templates are called twice" in seen.text
    label = next(iter(seen.buttons()))
    assert "🗑 Template twice deleted" in here.presses(seen, label, who="U0EVA").text
    assert len(kept(here, "twice")) == 1
    assert "🗑 Template twice deleted in shop" in here.types("template delete twice", who="U0EVA").line
    assert not kept(here, "twice")


def test_a_template_from_which_a_cluster_is_being_created_is_not_deleted(here: Office) -> None:
    here.types("template create flannel --name busy")
    cloud = here.sandbox.cloud
    cloud.faults = dataclasses.replace(
        cloud.faults, cast_seconds=3.0
    )  # Magnum has not stored the cluster yet
    try:
        here.sandbox.loopback.run(
            here.workspace.command("U0ANA", "C0SHOP", "/xk8s cluster create from-busy --template busy")
        )
        here.until(
            lambda: any(
                found["path"] == "/v1/clusters" and found["method"] == "POST" for found in cloud.requests
            )
        )
        before = len(here.workspace.messages)
        here.sandbox.loopback.run(here.workspace.command("U0EVA", "C0SHOP", "/xk8s template delete busy"))
        assert "A cluster is being created from busy" in told(here, "is being created from busy")
        assert before < len(here.workspace.messages) and kept(here, "busy")
    finally:
        cloud.faults = dataclasses.replace(cloud.faults, cast_seconds=0.0)
    assert "from-busy created" in told(here, "Cluster from-busy created in shop")


@pytest.mark.parametrize("words", ["publish", "unpublish", "hide", "delete"])
def test_only_admins_may_and_an_unknown_template_is_told(here: Office, words: str) -> None:
    assert "needs admin" in here.types(f"template {words} base-calico").text
    assert "Did you mean base-calico" in here.types(f"template {words} base-calco", who="U0EVA").text
