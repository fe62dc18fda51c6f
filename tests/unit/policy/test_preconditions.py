"""What may not be written or rolled back is refused with the reason."""

from __future__ import annotations

from typing import Any

import pytest

from bot.policy import preconditions
from bot.policy.errors import NoSuchChange, NotEnforced
from storage.policy_changes import BEGUN, GIVEN_UP
from tests.unit.policy.builders import change, where


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"undone_by": "9bea" * 8}, "was taken back already"),
        ({"state": GIVEN_UP, "note": "somebody else wrote it"}, "was never made"),
        ({"state": BEGUN}, "cannot be taken back"),
        ({"note": "what was there before is not known"}, "cannot be taken back"),
    ],
)
def test_there_must_be_something_to_take_back(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(NoSuchChange, match=words):
        preconditions.check_revocable(change(**fields))


@pytest.mark.parametrize(
    ("driver", "why"),
    [("Flannel", "Flannel enforces no NetworkPolicy"), ("", "whether anything changes is not known")],
)
def test_nothing_is_written_where_nothing_enforces_it(driver: str, why: str) -> None:
    preconditions.check_enforced(where())
    with pytest.raises(NotEnforced) as refusal:
        preconditions.check_enforced(where(driver=driver, enforces=False))
    assert why in refusal.value.why and "/xk8s migrate prod-eu --to calico" in refusal.value.fix
