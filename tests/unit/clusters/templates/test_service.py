"""The words of `template`: which request they make, and what approvers decide over."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from bot.actions import grammar
from bot.actions.templates import (
    TemplateCreate,
    TemplateDelete,
    TemplateHide,
    TemplateList,
    TemplatePublish,
    TemplateShow,
    TemplateUnpublish,
)
from bot.clusters.templates import results
from bot.clusters.templates.service import TemplateServices, find_creating_operation, to_request
from bot.common.problems import Refusal
from bot.drivers.driver import Driver
from tests.unit.clusters.fakes import DEFAULTS, FakeMagnum, FakeProjects, context, template


@pytest.fixture
def magnum() -> FakeMagnum:
    return FakeMagnum(templates=[template("base", keypair_id="ops", labels={"passwd": "s3cret"})])


@pytest.fixture
def services(magnum: FakeMagnum) -> TemplateServices:
    return TemplateServices(FakeProjects(magnum), lambda _template: None)


def test_an_action_is_handed_on_word_by_word() -> None:
    action = grammar.parse(
        "template create calico --name n --kubernetes v1 --image i --flavor f --master-flavor m"
        " --external-network e --keypair k --container-runtime c --pool 10.1.0.0/16 --ipip always"
        " --label a=b --public"
    )
    assert isinstance(action, TemplateCreate)
    assert dataclasses.asdict(to_request(action)) == {
        "driver": "calico",
        "name": "n",
        "kubernetes": "v1",
        "image": "i",
        "flavor": "f",
        "master_flavor": "m",
        "external_network": "e",
        "keypair": "k",
        "container_runtime": "c",
        "pool": "10.1.0.0/16",
        "options": {"ipip": "Always"},
        "labels": ("a=b",),
        "public": True,
    }
    with pytest.raises(Refusal, match="Which driver") as refusal:
        to_request(TemplateCreate())
    assert refusal.value.fix == "`/xk8s template create calico`"


def test_without_a_driver_a_person_gets_a_form_and_a_terminal_the_choice(services: TemplateServices) -> None:
    form = services.create(TemplateCreate(), context())
    assert form == results.TemplateForm(project="shop", defaults=DEFAULTS)
    with pytest.raises(Refusal, match="Which driver") as refusal:
        services.create(TemplateCreate(), context(person="terminal:ana@host"))
    assert refusal.value.fix == (
        "`template create calico` for production, `flannel` for development and test."
    )


def test_a_dry_run_sends_nothing(services: TemplateServices, magnum: FakeMagnum) -> None:
    action = TemplateCreate(driver=Driver("flannel"), dry_run=True)
    assert isinstance(services.create(action, context()), results.TemplatePlanned) and not magnum.sent


def test_a_resumed_request_takes_its_template_for_its_own(
    services: TemplateServices, magnum: FakeMagnum
) -> None:
    action = TemplateCreate(driver=Driver("flannel"))
    for resumed in (False, True):
        created = services.create(action, context(resumed=resumed))
        assert isinstance(created, results.TemplateCreated)
    assert len(magnum.sent) == 1


def test_the_other_words_reach_the_projects_templates(services: TemplateServices) -> None:
    assert [template.name for template in services.list(TemplateList(), context()).templates] == ["base"]
    assert services.show(TemplateShow(template="base"), context()).template.id == "t-base"
    changes: list[tuple[Callable[..., Any], Any, str]] = [
        (services.publish, TemplatePublish, "published"),
        (services.unpublish, TemplateUnpublish, "unpublished"),
        (services.hide, TemplateHide, "hidden"),
        (services.delete, TemplateDelete, "deleted"),
    ]
    for serve, action, change in changes:
        assert serve(action(template="base"), context()).change == change


def test_a_publication_is_proposed_with_the_keypair_that_others_lack(services: TemplateServices) -> None:
    proposal = services.propose_publish(TemplatePublish(template="base"), context())
    assert proposal.headline == "Publish the template base to every project of the cloud"
    assert (proposal.target, proposal.target_id, proposal.destructive) == ("base", "t-base", False)
    assert proposal.warnings[0].startswith(
        "it names the keypair ops: other projects deploy from it only with"
    )


def test_without_a_keypair_there_is_nothing_to_warn_of(
    services: TemplateServices, magnum: FakeMagnum
) -> None:
    magnum.template_bodies[0]["keypair_id"] = None
    assert services.propose_publish(TemplatePublish(template="base"), context()).warnings == ()


@pytest.mark.parametrize(("public", "who"), [(True, "every project of the cloud"), (False, "shop")])
def test_a_deletion_is_proposed_with_who_loses_the_template(
    services: TemplateServices, magnum: FakeMagnum, public: bool, who: str
) -> None:
    magnum.template_bodies[0]["public"] = public
    proposal = services.propose_delete(TemplateDelete(template="base"), context())
    assert proposal.consequences == (f"{who} can no longer deploy clusters from it",)
    assert proposal.destructive


@pytest.mark.parametrize(
    ("change", "bound"),
    [
        ({"labels": {"passwd": "another"}}, True),
        ({"public": True}, True),
        ({"flavor_id": "big"}, True),
        ({"created_at": "2026-01-01T00:00:00+00:00"}, False),
    ],
)
def test_a_decision_is_bound_to_what_clusters_get_and_holds_no_secret(
    services: TemplateServices, magnum: FakeMagnum, change: dict[str, Any], bound: bool
) -> None:
    before = services.propose_delete(TemplateDelete(template="base"), context())
    assert "s3cret" not in str(before.bound) and "id" not in before.bound
    magnum.template_bodies[0] |= change
    after = services.propose_delete(TemplateDelete(template="base"), context())
    assert (before.bound != after.bound) is bound


def test_the_operation_that_creates_a_cluster_from_a_template_is_found_by_the_templates_id() -> None:
    @dataclasses.dataclass
    class Work:
        operation: str
        input: dict[str, str]

    open_work = [Work("a", {"id": "u"}), Work("b", {"template": "t-1"})]
    operation_of = find_creating_operation(lambda: open_work)  # type: ignore[arg-type, return-value]
    assert (operation_of("t-1"), operation_of("t-2")) == ("b", None)
