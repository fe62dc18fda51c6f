"""What people see of a preview: dangers first and in red, and what is offered next."""

from __future__ import annotations

from typing import Any

from bot.actions.policies import PolicyApply, PolicyPreview
from bot.policy.field_conflicts import Takeover
from bot.policy.preview import ConnectionPreview
from bot.slack import kit
from bot.slack.views.policy_preview import show_preview
from tests.unit.policy.builders import policy_cluster
from tests.unit.slack.examples.policies import OTHER_POLICIES, TAKEOVERS, action, preview, preview_result
from tests.unit.slack.rendering import buttons as buttons_of
from tests.unit.slack.rendering import text


def rendered(connections: ConnectionPreview, **changes: Any) -> kit.Rendered:
    return show_preview(preview_result(connections, **changes))


def buttons(connections: ConnectionPreview, **changes: Any) -> dict[str, kit.Button]:
    return buttons_of(*rendered(connections, **changes).messages)


def test_what_makes_the_verdict_incomplete_stands_before_everything_else() -> None:
    preview_text = text(*rendered(preview(other_policies=OTHER_POLICIES)).messages)
    assert preview_text.startswith("⚠️ Incomplete") and "…and 25 more" in preview_text


def test_an_apply_that_closes_is_red_last_and_asks_again() -> None:
    offered = buttons(preview(selected=3, cluster=policy_cluster(production=True)))
    apply = offered["Apply"]
    assert list(offered)[-1] == "Apply" and apply.style == "danger" and apply.confirm is not None
    assert "Closes" in apply.confirm.text and "production" in apply.confirm.text
    assert apply.action == PolicyApply(preset="deny-all", cluster="prod-eu", namespace="shop")


def test_an_apply_that_closes_nothing_needs_no_question() -> None:
    apply = buttons(preview(changes=()))["Apply"]
    assert apply.style == "primary" and apply.confirm is None


def test_taking_over_is_said_on_the_button_and_in_its_question() -> None:
    takeover = Takeover(manager="helm", field=".spec.egress")
    apply = buttons(preview(takeovers=(takeover,)))["Take over and apply"]
    assert isinstance(apply.action, PolicyApply) and apply.action.force_conflicts
    assert apply.confirm is not None and "Takes 1 field over from helm" in apply.confirm.text


def test_the_fields_of_other_managers_are_named_before_the_buttons() -> None:
    preview_text = text(*rendered(preview(takeovers=TAKEOVERS)).messages)
    assert "Other field managers own what would be written" in preview_text and "…and 25 more" in preview_text


def test_what_cannot_be_applied_is_not_offered() -> None:
    offered = buttons(preview(selected=3), may_apply=False, dns_helps=False)
    assert set(offered) == {"What is open there?", "Cancel"} and offered["Cancel"].dismisses


def test_what_was_applied_for_is_shown_without_buttons_to_apply_it_again() -> None:
    assert buttons(preview(selected=3), action=action(PolicyApply)) == {}


def test_adding_dns_previews_the_same_words_again() -> None:
    again = buttons(preview(selected=3))["Add allow-dns and preview again"]
    assert again.action == action().model_copy(update={"allow_dns": True})
    assert isinstance(again.action, PolicyPreview)


def test_what_would_change_is_a_picture_a_list_and_the_manifest() -> None:
    small, large = (rendered(connections).files for connections in (preview(selected=3), preview()))
    assert [file.name for file in large] == ["deny-prod-eu.png", "deny-prod-eu.txt", "deny.yaml"]
    assert small[0].title == "deny on prod-eu / shop: before and after"
    assert small[0].content.startswith(b"\x89PNG")
    assert len(large[1].content.splitlines()) > 100


def test_the_headline_says_what_would_change() -> None:
    assert "closes" in rendered(preview(selected=3)).headline
    assert rendered(preview(changes=())).headline.endswith(": changes nothing")
    unchanged = rendered(preview(changes=(), unchanged=True))
    assert unchanged.headline == "🔎 *deny* on *prod-eu / shop*: is there already, word for word"
