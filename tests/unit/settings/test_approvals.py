"""Deletions always need a second person, and only what exists can be required."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from bot.settings.approvals import APPROVABLE, DELETIONS, ApprovalSettings


def test_everything_that_can_be_approved_may_be_required() -> None:
    assert ApprovalSettings(required=tuple(APPROVABLE)).required == tuple(APPROVABLE)
    assert set(ApprovalSettings().required) <= APPROVABLE


@pytest.mark.parametrize("deletion", sorted(DELETIONS))
def test_a_deletion_cannot_be_taken_out(deletion: str) -> None:
    with pytest.raises(ValidationError, match=f"{deletion} cannot be taken out"):
        ApprovalSettings(required=tuple(APPROVABLE - {deletion}))


def test_an_unknown_change_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValidationError, match=r"nothing is called policy\.prod: there are cluster\.create, "):
        ApprovalSettings(required=(*DELETIONS, "policy.prod"))


@pytest.mark.parametrize("number", [0, 11])
def test_the_number_of_approvers_is_bounded(number: int) -> None:
    with pytest.raises(ValidationError):
        ApprovalSettings(approvers=number)
