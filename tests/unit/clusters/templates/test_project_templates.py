"""The templates of a project: created once, changed one flag at a time, never taken from under a cluster."""

from __future__ import annotations

import pytest

from bot.clusters.templates import results
from bot.clusters.templates.project_templates import ProjectTemplates
from bot.clusters.templates.results import TemplateChange
from bot.clusters.templates.spec import TemplateRequest
from bot.drivers.driver import Driver
from tests.unit.clusters.fakes import DEFAULTS, FakeMagnum, cluster, template

FLANNEL = TemplateRequest(driver=Driver("flannel"), name="mine")


@pytest.fixture
def magnum() -> FakeMagnum:
    return FakeMagnum(templates=[template("base"), template("another", network_driver="flannel")])


@pytest.fixture
def templates(magnum: FakeMagnum) -> ProjectTemplates:
    return ProjectTemplates(magnum, project="shop", defaults=DEFAULTS)


def nobody(_template: str) -> str | None:
    return None


def test_a_template_is_created_with_the_warning_of_its_driver(
    magnum: FakeMagnum, templates: ProjectTemplates
) -> None:
    created = templates.create(FLANNEL, operation="op", resumed=False)
    [body] = magnum.sent
    assert body["name"] == "mine" and body["network_driver"] == "flannel"
    assert created.template.name == created.audit_target == "mine" and created.runtime == "containerd"
    assert "enforces no NetworkPolicy" in created.warning


@pytest.mark.parametrize("resumed", [False, True])
def test_a_taken_name_is_refused_with_who_has_it(templates: ProjectTemplates, resumed: bool) -> None:
    request = TemplateRequest(driver=Driver("flannel"), name="base")
    with pytest.raises(results.TemplateTaken, match="A template base exists already") as refusal:
        templates.create(request, operation="op", resumed=resumed)
    assert refusal.value.why == "id t-base, calico, Kubernetes v1.29.5"
    with pytest.raises(results.TemplateTaken):
        templates.plan(request)


def test_a_resumed_request_finds_its_own_template_and_creates_no_second_one(
    magnum: FakeMagnum, templates: ProjectTemplates
) -> None:
    first = templates.create(FLANNEL, operation="op", resumed=False)
    again = templates.create(FLANNEL, operation="op", resumed=True)
    assert again.template == first.template and len(magnum.sent) == 1
    with pytest.raises(results.TemplateTaken):
        templates.create(FLANNEL, operation="another", resumed=False)


def test_a_plan_is_what_would_be_sent_and_nothing_is(magnum: FakeMagnum, templates: ProjectTemplates) -> None:
    planned = templates.plan(FLANNEL)
    assert planned.spec.name == "mine" and not magnum.sent
    assert (
        planned.spec.to_magnum()
        == (templates.create(FLANNEL, operation="op", resumed=False), magnum.sent[0])[1]
    )


def test_what_a_request_may_have_created_is_told_from_others_of_its_name(
    magnum: FakeMagnum, templates: ProjectTemplates
) -> None:
    created = templates.create(FLANNEL, operation="op", resumed=False).template
    magnum.template_bodies.append(template("mine", uuid="t-other"))
    name, same, foreign = templates.find_created(FLANNEL)
    assert (name, same, [listed.id for listed in foreign]) == ("mine", (created,), ["t-other"])


def test_templates_are_listed_by_name_and_by_driver(templates: ProjectTemplates) -> None:
    assert [template.name for template in templates.list(None).templates] == ["another", "base"]
    assert [template.name for template in templates.list(Driver("calico")).templates] == ["base"]


def test_one_is_shown_by_name_or_id_and_never_guessed(
    magnum: FakeMagnum, templates: ProjectTemplates
) -> None:
    assert templates.show("base").template.id == templates.show("t-base").template.id == "t-base"
    assert templates.show("base").warning == "" and templates.show("another").warning
    with pytest.raises(results.TemplateNotFound, match="There is no template bse in shop") as refusal:
        templates.show("bse")
    assert refusal.value.fix.startswith("Did you mean `base`? ")
    magnum.template_bodies.append(template("base", uuid="t-2"))
    with pytest.raises(results.AmbiguousTemplate):
        templates.show("base")


@pytest.mark.parametrize(
    ("method", "change", "patch"),
    [
        ("publish", TemplateChange.PUBLISHED, {"op": "replace", "path": "/public", "value": True}),
        ("hide", TemplateChange.HIDDEN, {"op": "replace", "path": "/hidden", "value": True}),
    ],
)
def test_a_change_sends_its_one_flag_and_is_not_made_twice(
    magnum: FakeMagnum,
    templates: ProjectTemplates,
    method: str,
    change: TemplateChange,
    patch: dict[str, object],
) -> None:
    first = getattr(templates, method)("base", operation="op")
    again = getattr(templates, method)("base", operation="op")
    assert magnum.sent == [[patch]]
    assert (first.change, first.was_so, again.was_so) == (change, False, True)


def test_a_publication_is_taken_back_while_no_cluster_uses_the_template(
    magnum: FakeMagnum, templates: ProjectTemplates
) -> None:
    assert templates.unpublish("base", operation="op").was_so, "it never was public"
    magnum.template_bodies[0]["public"] = True
    magnum.cluster_bodies = [cluster(f"c{number}", cluster_template_id="t-base") for number in range(7)]
    with pytest.raises(results.TemplateInUse) as refusal:
        templates.unpublish("base", operation="op")
    assert refusal.value.what == "7 clusters use base, so its publication cannot be taken back"
    assert refusal.value.why == "c0, c1, c2, c3, c4 and 2 more"
    magnum.cluster_bodies = []
    changed = templates.unpublish("base", operation="op")
    assert not changed.was_so and not changed.template.public


def test_a_template_that_a_cluster_uses_or_is_about_to_use_is_not_deleted(
    magnum: FakeMagnum, templates: ProjectTemplates
) -> None:
    magnum.cluster_bodies = [cluster("dev")]
    with pytest.raises(results.TemplateInUse, match="1 cluster uses base, so it cannot be deleted"):
        templates.delete("base", operation="op", resumed=False, about_to_use=nobody)
    magnum.cluster_bodies = []
    with pytest.raises(results.TemplateInUse, match="A cluster is being created from base") as refusal:
        templates.delete("base", operation="op", resumed=False, about_to_use=lambda _id: "7f3a0000")
    assert refusal.value.why == "request 7f3a"
    deleted = templates.delete("base", operation="op", resumed=False, about_to_use=nobody)
    assert deleted.change is TemplateChange.DELETED and not deleted.was_so


@pytest.mark.parametrize("resumed", [False, True])
def test_one_that_vanishes_meanwhile_was_deleted_by_this_request_if_it_was_resumed(
    magnum: FakeMagnum, templates: ProjectTemplates, resumed: bool
) -> None:
    def vanish(template: str) -> str | None:
        magnum.template_bodies = []
        return None

    deleted = templates.delete("base", operation="op", resumed=resumed, about_to_use=vanish)
    assert deleted.was_so is not resumed
