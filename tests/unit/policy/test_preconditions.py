"""What may not be written or rolled back is refused with the reason."""

from __future__ import annotations

from typing import Any

import pytest

from bot.common.problems import Ambiguous
from bot.policy import preconditions
from bot.policy.errors import ChangedSince, ChangeNotFound, NamespaceNotFound, NotEnforced
from bot.policy.reach.model import PolicyRef
from storage.policy_changes import BEGUN, GIVEN_UP
from tests.unit.policy.builders import change, live, manifest, policy_cluster, snapshot


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
    with pytest.raises(ChangeNotFound, match=words):
        preconditions.check_revocable(change(**fields))


@pytest.mark.parametrize(
    ("driver", "why"),
    [("Flannel", "Flannel enforces no NetworkPolicy"), ("", "whether anything changes is not known")],
)
def test_nothing_is_written_where_nothing_enforces_it(driver: str, why: str) -> None:
    preconditions.check_enforced(policy_cluster())
    with pytest.raises(NotEnforced) as refusal:
        preconditions.check_enforced(policy_cluster(driver=driver, enforces=False))
    assert why in refusal.value.why and "/xk8s migrate prod-eu --to calico" in refusal.value.fix


def test_a_namespace_that_is_not_there_is_refused_with_the_nearest() -> None:
    state = snapshot()
    preconditions.check_namespace(state, PolicyRef("shop", "deny"), policy_cluster())
    with pytest.raises(NamespaceNotFound, match="There is no namespace shopp in prod-eu") as refusal:
        preconditions.check_namespace(state, PolicyRef("shopp", "deny"), policy_cluster())
    assert refusal.value.fix == "Did you mean `-n shop`?"
    with pytest.raises(NamespaceNotFound) as refusal:
        preconditions.check_namespace(state, PolicyRef("billing", "deny"), policy_cluster())
    assert refusal.value.fix == "There are kube-system, shop, web."


def test_a_policy_that_is_not_there_is_refused_with_the_nearest_of_its_namespace() -> None:
    policies = {PolicyRef(namespace, "deny-all"): manifest("deny-all") for namespace in ("shop", "web")}
    refusal = preconditions.policy_not_found(PolicyRef("shop", "deny-al"), policies, policy_cluster())
    assert refusal.fix.startswith("Did you mean `deny-all`?")
    refusal = preconditions.policy_not_found(PolicyRef("billing", "deny-al"), policies, policy_cluster())
    assert refusal.fix == "See `/xk8s policy list prod-eu`."


def test_what_others_changed_after_a_change_is_not_rolled_back() -> None:
    preconditions.check_untouched(change(), live(manifest("deny")))
    with pytest.raises(ChangedSince, match="was changed after 7f3a, so it is not restored") as refusal:
        preconditions.check_untouched(change(), None)
    assert refusal.value.why == "it was deleted since" and "policy show deny prod-eu" in refusal.value.fix


def test_a_reference_means_one_change_or_is_refused() -> None:
    first, second = change(), change(operation="7f3b" * 8)
    assert preconditions.pick_change([first], "7f3a", "shop") is first
    with pytest.raises(ChangeNotFound, match="There is no change 7f3c in shop"):
        preconditions.pick_change([], "7f3c", "shop")
    with pytest.raises(Ambiguous, match="2 changes begin with 7f3") as refusal:
        preconditions.pick_change([first, second], "7f3", "shop")
    assert [choice.id for choice in refusal.value.choices] == [first.operation, second.operation]
    assert refusal.value.choices[0].label == "apply of shop/deny in prod-eu, 2026-11-24 12:00 UTC"
