"""What a decision is bound to."""

from __future__ import annotations

from bot.actions.clusters import ClusterDelete
from bot.actions.proposal import Proposal
from bot.common.canonical_json import digest

DELETE = ClusterDelete(cluster="dev-eu")
PROPOSAL = Proposal(kind="cluster.delete", headline="Delete dev-eu", target_id="u1", bound={"b": 1, "a": 2})


def test_a_decision_is_bound_to_the_action_the_target_and_what_the_proposal_names() -> None:
    assert PROPOSAL.bound_to(DELETE) == {
        "action": "cluster.delete",
        "arguments": {"cluster": "dev-eu"},
        "target": "u1",
        "bound": {"b": 1, "a": 2},
    }


def test_the_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest({"a": 2, "b": {"d": 1, "c": "é"}}) == digest({"b": {"c": "é", "d": 1}, "a": 2})
    assert digest({"a": 2}) != digest({"a": 3})


def test_the_digest_of_a_stored_approval_stays_what_it_was() -> None:
    assert digest(PROPOSAL.bound_to(DELETE)) == (
        "624dfa1fbab001317527e659e7379ff7c48cdd6c767c034f3c61f1b08372ae3a"
    )
