"""What others did to a policy is described, and decides how a change that was cut off is finished."""

from __future__ import annotations

from typing import Any

import pytest

from bot.policy.drift import TargetState, drift_after, drift_during, target_state
from storage.policy_changes import BEGUN
from tests.unit.policy.builders import change, live, manifest

DENY, OTHER = manifest("deny"), manifest("deny", policyTypes=["Egress"])
WRITER = [{"manager": "kubectl", "time": "2026-11-24T12:00:00Z"}]


@pytest.mark.parametrize(
    ("after", "policy", "words"),
    [
        pytest.param(DENY, live(DENY), "", id="as-it-was-left"),
        pytest.param(DENY, None, "it was deleted since", id="deleted"),
        pytest.param(DENY, live(DENY, uid="u2"), "it was deleted and made again", id="made-again"),
        pytest.param(
            DENY, live(OTHER, version="8"), "spec.policyTypes: nothing → [Egress]", id="another-content"
        ),
        pytest.param(
            DENY, live(DENY, version="8"), "its content is the same, but it was written again", id="touched"
        ),
        pytest.param(None, None, "", id="still-gone"),
        pytest.param(None, live(DENY, uid="u2"), "somebody made it again", id="back"),
    ],
)
def test_what_happened_since_is_named(after: Any, policy: Any, words: str) -> None:
    assert drift_after(change(after=after), policy) == words


def test_who_wrote_last_is_named_too() -> None:
    drift = drift_after(change(), live(OTHER, version="8", managedFields=WRITER))
    assert drift.endswith("(last written by kubectl at 2026-11-24 12:00:00 UTC)")


@pytest.mark.parametrize(
    ("before", "after", "policy", "state"),
    [
        pytest.param(None, DENY, None, TargetState.UNCHANGED, id="create-not-done"),
        pytest.param(None, DENY, live(DENY), TargetState.WRITTEN, id="create-done"),
        pytest.param(None, DENY, live(OTHER), TargetState.CHANGED_BY_OTHERS, id="create-of-somebody-else"),
        pytest.param(
            OTHER, DENY, live(OTHER, uid="u0", version="5"), TargetState.UNCHANGED, id="update-not-done"
        ),
        pytest.param(OTHER, DENY, live(DENY, uid="u0", version="6"), TargetState.WRITTEN, id="update-done"),
        pytest.param(
            OTHER,
            DENY,
            live(OTHER, uid="u0", version="6"),
            TargetState.CHANGED_BY_OTHERS,
            id="update-of-somebody-else",
        ),
        pytest.param(OTHER, DENY, None, TargetState.CHANGED_BY_OTHERS, id="update-of-what-is-gone"),
        pytest.param(
            OTHER, None, live(OTHER, uid="u0", version="5"), TargetState.UNCHANGED, id="delete-not-done"
        ),
        pytest.param(OTHER, None, None, TargetState.WRITTEN, id="delete-done"),
        pytest.param(
            OTHER,
            None,
            live(OTHER, uid="u0", version="6", deletionTimestamp="t"),
            TargetState.WRITTEN,
            id="delete-under-way",
        ),
        pytest.param(
            OTHER,
            None,
            live(OTHER, uid="u2", version="9"),
            TargetState.CHANGED_BY_OTHERS,
            id="delete-of-another",
        ),
    ],
)
def test_the_target_tells_how_a_cut_off_change_stands(
    before: Any, after: Any, policy: Any, state: TargetState
) -> None:
    record = change(
        before=before,
        before_uid="u0" if before else "",
        before_version="5" if before else "",
        after=after,
        state=BEGUN,
    )
    assert target_state(record, policy) is state


@pytest.mark.parametrize(
    ("before", "policy", "words"),
    [
        pytest.param(DENY, None, "it was deleted in the meantime", id="deleted"),
        pytest.param(None, live(DENY), "somebody made a policy of this name", id="created"),
        pytest.param(DENY, live(DENY, uid="u2"), "it was deleted and made again", id="created-again"),
        pytest.param(DENY, live(OTHER), "spec.policyTypes: nothing → [Egress]", id="another-content"),
        pytest.param(DENY, live(DENY), "", id="nothing-is-seen"),
    ],
)
def test_what_happened_between_plan_and_write_is_named(before: Any, policy: Any, words: str) -> None:
    record = change(before=before, before_uid="u1" if before else "", state=BEGUN)
    assert drift_during(record, policy) == words
