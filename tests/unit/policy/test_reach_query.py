"""Whether one end reaches another: ends by pod, workload and address, and one story for pods that are
alike.
"""

from __future__ import annotations

from typing import Any

import pytest

from bot.policy import reach_query
from bot.policy.errors import InvalidParameters, PodNotFound
from bot.policy.reach import engine, explanations
from bot.policy.reach.explanations import Explanation
from bot.policy.reach.model import PodRef, PolicyRef, Protocol
from tests.unit.policy.builders import SHOP, manifest, pod, snapshot

LETS = manifest(
    "lets-web",
    policyTypes=["Ingress"],
    ingress=[
        {
            "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "web"}}}],
            "ports": [{"port": 7070}],
        }
    ],
)
PORT = reach_query.parse_port("TCP/7070")


def reach(*policies: object, pods: tuple[object, ...] = SHOP) -> engine.Reachability:
    return engine.compute(snapshot(LETS, *policies, pods=pods).cluster)  # type: ignore[arg-type]


def test_a_word_names_a_pod_a_workload_or_an_address() -> None:
    state = reach()
    assert reach_query.find_ends(state, "shop/cart-1") == (PodRef("shop", "cart-1"),)
    assert reach_query.find_ends(state, "shop/cart") == (PodRef("shop", "cart-1"), PodRef("shop", "cart-2"))
    assert str(reach_query.find_ends(state, "2001:db8::7")[0]) == "2001:db8::7"


def test_what_does_not_run_gets_the_nearest_that_does() -> None:
    with pytest.raises(PodNotFound) as stories:
        reach_query.find_ends(reach(), "shop/crat")
    assert stories.value.fix == "Did you mean `shop/cart`?"
    finished = (*SHOP, pod("job-1", phase="Succeeded"))
    with pytest.raises(PodNotFound):
        reach_query.find_ends(reach(pods=finished), "shop/job")


@pytest.mark.parametrize(("text", "port"), [("UDP/53", (Protocol.UDP, 53)), (None, None)])
def test_a_port_is_read(text: str | None, port: tuple[Protocol, int] | None) -> None:
    parsed = reach_query.parse_port(text)
    assert (parsed and (parsed.protocol, parsed.number)) == port


def test_a_range_is_refused() -> None:
    with pytest.raises(InvalidParameters, match="One port at a time"):
        reach_query.parse_port("TCP/80-90")


def test_pods_that_are_alike_are_one_story_that_counts_them() -> None:
    state = reach()
    (story,) = reach_query.explain_pairs(
        state, reach_query.find_ends(state, "web/frontend"), reach_query.find_ends(state, "shop/cart"), PORT
    )
    assert story.pairs == 2 and story.explanation.allowed
    assert [str(rule) for rule in story.explanation.ingress.allowed_by] == ["shop/lets-web spec.ingress[0]"]


def test_pods_that_differ_are_told_apart_what_is_refused_first() -> None:
    labelled = (*SHOP, pod("cart-3", labels={"tier": "open"}, app="cart"))
    opened = manifest(
        "open", podSelector={"matchLabels": {"tier": "open"}}, policyTypes=["Ingress"], ingress=[{}]
    )
    state = reach(opened, pods=labelled)
    stories = reach_query.explain_pairs(
        state, reach_query.find_ends(state, "shop/redis"), reach_query.find_ends(state, "shop/cart"), PORT
    )
    assert [(story.pairs, story.explanation.allowed) for story in stories] == [(2, False), (1, True)]
    assert stories[1].explanation.ingress.isolated_by == (
        PolicyRef("shop", "lets-web"),
        PolicyRef("shop", "open"),
    )


def test_a_workload_to_itself_leaves_a_pod_to_itself_out() -> None:
    state = reach()
    carts = reach_query.find_ends(state, "shop/cart")
    (story,) = reach_query.explain_pairs(state, carts, carts, PORT)
    assert story.pairs == 2 and not story.explanation.allowed
    assert reach_query.explain_pairs(state, carts[:1], carts[:1], PORT) == ()


def test_hundreds_of_pods_are_few_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    pods = (*SHOP, *(pod(f"worker-{number}", app="worker") for number in range(300)))
    state = reach(pods=pods)
    explained: list[Explanation] = []

    def explain(*ends: Any, **port: Any) -> Explanation:
        explained.append(explanations.explain(*ends, **port))
        return explained[-1]

    monkeypatch.setattr(reach_query, "explain", explain)
    workers = reach_query.find_ends(state, "shop/worker")
    stories = reach_query.explain_pairs(state, workers, workers, PORT)
    assert sum(story.pairs for story in stories) == 300 * 299 and len(explained) == 1
