"""The plan of a change that was written is reconstructed from what was there before it."""

from __future__ import annotations

from bot.policy import change_plan
from bot.policy.reach.model import PolicyRef
from tests.unit.policy.builders import change, manifest, snapshot, where

DENY = manifest("deny")


def test_what_a_finished_change_did_is_told_from_what_was_there_before() -> None:
    found = snapshot(DENY)
    told = change_plan.reconstruct_plan(where(), found, change(before=None, after=DENY))
    assert (
        told.preview.changes
        and change_plan.with_policy(found, PolicyRef("shop", "deny"), None).policies == {}
    )
    undone = change_plan.reconstruct_plan(where(), snapshot(), change(before=DENY, after=None))
    assert [each.opens for each in undone.preview.changes] == [each.closes for each in told.preview.changes]
