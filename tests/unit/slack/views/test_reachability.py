"""Whether one end reaches another and why, and what is open to everybody."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from bot.actions.policies import PolicyReach
from bot.policy import reach_query
from bot.policy.reach import engine
from bot.policy.results import ReachAnswer
from bot.slack.views import reachability as views
from tests.unit.policy.builders import SHOP, manifest, pod, snapshot
from tests.unit.slack.examples.policies import exposure_result, reach_answer
from tests.unit.slack.rendering import buttons, text

DENY = manifest("deny", policyTypes=["Ingress"])


def answer(*policies: dict[str, Any], port: str = "TCP/80", **changes: Any) -> ReachAnswer:
    """Every pod of the shop to every other, with these policies."""
    reach = engine.compute(snapshot(*policies, pods=SHOP).cluster)
    pods = tuple(shop_pod.ref for shop_pod in SHOP)
    stories = reach_query.explain_pairs(reach, pods, pods, reach_query.parse_port(port or "TCP/80"))
    return reach_answer(pairs_explained=stories, port=port, other_policies=(), **changes)


def test_an_open_connection_is_allowed_and_says_that_no_policy_isolates_either_end() -> None:
    rendered = views.show_answer(answer())
    assert rendered.headline == "✅ *web/frontend* → *shop/cart* TCP/80: allowed"
    answer_text = text(*rendered.messages)
    assert "leaving: open, no policy isolates it" in answer_text
    assert "arriving: open, no policy isolates it" in answer_text


def test_a_closed_connection_names_the_policy_that_closes_it() -> None:
    allowed = next(story for story in answer().pairs_explained)
    denied = [story for story in answer(DENY).pairs_explained if not story.explanation.allowed]
    assert denied and allowed.explanation.allowed
    rendered = views.show_answer(dataclasses.replace(answer(DENY), pairs_explained=tuple(denied)))
    assert rendered.headline == "🚫 *web/frontend* → *shop/cart* TCP/80: not allowed"
    assert "arriving: isolated by shop/deny; no rule allows it" in text(*rendered.messages)


def test_a_connection_that_only_some_pods_may_open_is_counted() -> None:
    headline = views.show_answer(answer(DENY)).headline
    assert headline.startswith("⚠️ ") and "allowed for " in headline and "pairs of pods" in headline


def test_without_a_port_the_answer_is_what_may_be_opened() -> None:
    rendered = views.show_answer(answer(port=""))
    assert rendered.headline.startswith("✅ *web/frontend* → *shop/cart*: ")
    assert "• " in text(*rendered.messages) and not buttons(*rendered.messages)
    assert views.show_answer(answer(DENY, port="")).headline.endswith("depends on the pods")


def test_with_a_port_a_button_asks_about_all_of_them() -> None:
    [button] = buttons(*views.show_answer(answer()).messages).values()
    expected = PolicyReach(cluster="uuid-1", source="web/frontend", destination="shop/cart")
    assert button.label == "All ports" and button.action == expected


def test_a_pod_reaches_itself() -> None:
    rendered = views.show_answer(reach_answer(pairs_explained=(), port="", other_policies=()))
    assert rendered.headline == "✅ *web/frontend* → *shop/cart*: the same pod"
    assert "A pod always reaches itself." in text(*rendered.messages)


def test_of_many_kinds_of_pairs_the_first_are_told() -> None:
    stories = answer().pairs_explained * 9
    answer_text = text(*views.show_answer(dataclasses.replace(answer(), pairs_explained=stories)).messages)
    changes = len(stories) - views.MOST_STORIES
    assert f"…and {changes} more kinds of pairs. Name single pods." in answer_text


def test_exposure_lists_what_is_open_and_what_no_policy_isolates() -> None:
    rendered = views.show_exposure(exposure_result(pods=SHOP, other_policies=(), gaps=()))
    answer_text = text(*rendered.messages)
    assert "are isolated by no policy for ingress" in rendered.headline
    assert (
        "⚠️ " in answer_text and "open to the outside" in answer_text and "no policy at all: " in answer_text
    )
    assert "close one: /xk8s policy preview default-deny-ingress prod-eu -n NAMESPACE" in " ".join(
        answer_text.split()
    )


def test_pods_on_the_host_network_are_counted_apart() -> None:
    host = pod("agent-1", host_network=True)
    answer_text = text(
        *views.show_exposure(exposure_result(pods=(*SHOP, host), other_policies=(), gaps=())).messages
    )
    assert "1 workload on the host network: no policy can isolate them." in answer_text


def test_the_directions_without_a_policy_are_told_apart() -> None:
    answer_text = text(
        *views.show_exposure(exposure_result(DENY, pods=SHOP, other_policies=(), gaps=())).messages
    )
    assert "no policy for egress: " in answer_text and "no policy for ingress: " not in answer_text


@pytest.mark.parametrize(("gaps", "incomplete"), [((), False), (("nodes could not be read",), True)])
def test_the_file_is_a_list_to_tick_off_which_says_if_it_is_incomplete(
    gaps: tuple[str, ...], incomplete: bool
) -> None:
    [file] = views.show_exposure(exposure_result(pods=SHOP, other_policies=(), gaps=gaps)).files
    content = file.content.decode()
    assert file.name == "exposure-prod-eu.md" and content.startswith("# Exposure of prod-eu")
    assert "- [ ] shop/cart" in content and ("> Incomplete: nodes" in content) is incomplete


def test_where_nothing_is_open_that_is_said() -> None:
    answer_text = text(*views.show_exposure(exposure_result(pods=(), other_policies=(), gaps=())).messages)
    assert "✅ No workload is open to the outside." in answer_text
    assert "✅ No workload is open to the whole cluster." in answer_text
