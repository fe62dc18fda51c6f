"""Templates: created, planned, listed, shown, changed."""

from __future__ import annotations

import pytest

from bot.actions.templates import TemplateCreate, TemplateList, TemplateShow
from bot.clusters.templates.results import (
    TemplateChange,
    TemplateChanged,
    TemplateCreated,
    TemplateDetails,
    TemplateForm,
    TemplateListing,
    TemplatePlanned,
)
from bot.slack.views import templates as views
from tests.unit.slack.examples.templates import FLANNEL, defaults, spec, template
from tests.unit.slack.rendering import buttons, text, words


def test_a_new_template_is_shown_with_what_its_driver_is_for() -> None:
    created = TemplateCreated(template=template(), project="shop", warning="", runtime="containerd")
    rendered = views.show_created(created)
    assert rendered.headline == "✅ Template *k8s-calico* created in *shop*"
    answer_text = text(*rendered.messages)
    assert answer_text.startswith("Calico · Kubernetes v1.29.5 · fcos · m1 · containerd")
    assert "🏭 Recommended for production: NetworkPolicy is enforced." in answer_text
    offered = buttons(*rendered.messages)
    assert offered["Show template"].action == TemplateShow(template="7c0f")
    assert offered["All templates"].action == TemplateList()


def test_a_driver_that_is_not_for_production_is_warned_of_with_the_way_to_one_that_is() -> None:
    created = TemplateCreated(
        template=template("k8s-flannel", FLANNEL), project="shop", warning="Not for production.", runtime=""
    )
    answer_text = text(*views.show_created(created).messages)
    assert "⚠️ Not for production. The driver cannot be changed" in answer_text
    assert "for production: /xk8s template create calico" in answer_text


def test_a_dry_run_says_that_nothing_was_sent() -> None:
    plan = TemplatePlanned(spec=spec(labels={"b": "2", "a": "1"}), project="shop", warning="")
    rendered = views.show_plan(plan)
    assert rendered.headline == "📝 Template *n* would be created in *shop*; nothing was sent"
    lines = text(*rendered.messages).split("\n")
    assert {"Driver: flannel", "Keypair: none", "Public: yes"} <= set(lines)
    assert lines.index("a=1") + 1 == lines.index("b=2"), "labels are sorted"


def test_a_list_marks_what_is_public_and_hidden() -> None:
    templates = (template(hidden=True), template("other", None, public=False))
    rendered = views.show_list(TemplateListing(project="shop", driver=None, templates=templates))
    [table] = rendered.messages[0].blocks
    rows = [[cell["text"] for cell in row] for row in table["rows"][1:]]
    assert [row[1] for row in rows] == ["calico", "cilium"], "what Magnum calls a driver that is not ours"
    assert [row[-1] for row in rows] == ["public, hidden", "–"]
    assert rendered.headline == "📋 2 templates in *shop*"


def test_an_empty_list_says_how_to_make_one() -> None:
    rendered = views.show_list(TemplateListing(project="shop", driver=FLANNEL, templates=()))
    assert rendered.headline == "📋 0 templates with flannel in *shop*"
    assert text(*rendered.messages) == "Make one: /xk8s template create flannel"
    every = views.show_list(TemplateListing(project="shop", driver=None, templates=()))
    assert text(*every.messages) == "Make one: /xk8s template create calico"


def test_one_template_is_shown_in_full() -> None:
    rendered = views.show_details(
        TemplateDetails(project="shop", template=template(public=False, labels={}, created=None), warning="")
    )
    lines = text(*rendered.messages).split("\n")
    assert {"Driver: calico", "Seen by: this project", "Id: 7c0f", "Created: –"} <= set(lines)
    assert "Labels" not in lines


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (TemplateChange.PUBLISHED, "published"),
        (TemplateChange.UNPUBLISHED, "no longer published"),
        (TemplateChange.HIDDEN, "hidden"),
        (TemplateChange.DELETED, "deleted"),
    ],
)
def test_a_change_says_what_it_means_or_that_it_was_so_before(change: TemplateChange, word: str) -> None:
    changed, was_so = (
        views.show_change(TemplateChanged(project="shop", template=template(), change=change, was_so=was_so))
        for was_so in (False, True)
    )
    assert f"Template *k8s-calico* {word} in *shop*" in changed.headline
    assert was_so.headline.endswith(f"{word} in *shop* already; nothing was changed")
    assert "It was so before this request." in text(*was_so.messages)
    assert bool(buttons(*changed.messages)) is (change is not TemplateChange.DELETED)


def test_from_a_mention_a_button_opens_the_form() -> None:
    rendered = views.show_form_button(TemplateForm(project="shop", defaults=defaults()))
    [button] = buttons(*rendered.messages).values()
    assert button.opens_form and button.action == TemplateCreate()
    assert "filled with this project's defaults" in words(rendered.messages[0].blocks)
