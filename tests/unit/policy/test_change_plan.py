"""The plan of a change that was written is reconstructed from what was there before it."""

from __future__ import annotations

from bot.policy import change_plan
from bot.policy.reach.model import PolicyRef
from tests.unit.policy.builders import change, manifest, policy_cluster, snapshot

DENY = manifest("deny")


def test_what_a_finished_change_did_is_told_from_what_was_there_before() -> None:
    state = snapshot(DENY)
    plan = change_plan.reconstruct_plan(policy_cluster(), state, change(before=None, after=DENY))
    assert (
        plan.preview.changes
        and change_plan.with_policy(state, PolicyRef("shop", "deny"), None).policies == {}
    )
    reverted = change_plan.reconstruct_plan(policy_cluster(), snapshot(), change(before=DENY, after=None))
    assert [change.opens for change in reverted.preview.changes] == [
        change.closes for change in plan.preview.changes
    ]
