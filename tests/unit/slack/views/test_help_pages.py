"""Help, and what a person may do."""

from __future__ import annotations

from bot.access.authorisation import AccessSummary
from bot.access.roles import Role
from bot.actions.help_pages import help_page
from bot.slack.views.help_pages import show_access, show_help
from tests.unit.slack.rendering import text, words


def test_the_overview_begins_with_examples_and_names_every_topic_once() -> None:
    page = help_page(None, available=frozenset({"template.create"}))
    rendered = show_help(page)
    help_text = text(*rendered.messages)
    assert rendered.headline == "💡 What you can type"
    assert help_text.startswith("/xk8s verify calico")
    assert "template create, list, show, publish, unpublish, hide, delete" in help_text
    assert help_text.count("\ncluster ") == 1
    assert "verify  (not available yet)" in help_text and "delete  (not available yet)" in help_text


def test_a_topic_shows_each_command_with_an_example() -> None:
    rendered = show_help(help_page("template", available=frozenset({"template.create"})))
    help_text = words(block for message in rendered.messages for block in message.blocks)
    assert rendered.headline == "💡 *template*"
    assert "template create [DRIVER]" in help_text and "for example /xk8s template create" in help_text
    assert "template list [--driver DRIVER] (not available yet)" in help_text


def access(**changes: object) -> AccessSummary:
    values = {"person": "U1", "project": "shop", "roles": {}, "may": (), "may_not": ()}
    return AccessSummary(**(values | changes))  # type: ignore[arg-type]


def test_who_one_is_says_each_role_and_where_it_comes_from() -> None:
    summary = access(roles={Role.VIEWER: "everyone"}, may=("cluster.list",), may_not=("template.create",))
    rendered = show_access(summary)
    assert rendered.headline == "👤 <@U1> in *shop*: viewer"
    assert text(*rendered.messages) == (
        "• viewer: everyone\nYou may: cluster list\nYou may not: template create"
    )


def test_without_a_role_it_says_so() -> None:
    rendered = show_access(access())
    assert rendered.headline.endswith("no role")
    assert "You have no role here" in text(*rendered.messages)


def test_in_a_place_without_a_project_it_says_how_to_name_one() -> None:
    rendered = show_access(access(project=None))
    assert rendered.headline == "👤 <@U1>" and "--project NAME" in text(*rendered.messages)
