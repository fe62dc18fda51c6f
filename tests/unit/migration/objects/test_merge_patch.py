"""A change and its way back: whatever is patched, the inverse leads to exactly what was there."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.common.canonical_json import canonical
from bot.migration.objects.merge_patch import inverse, is_applied, merged
from tests.unit.migration.objects.json_strategies import keys, objects

patches = st.recursive(
    st.dictionaries(keys, st.none() | st.integers(0, 3), max_size=3),
    lambda inner: st.dictionaries(keys, inner | st.none() | st.text(max_size=2), max_size=3),
    max_leaves=6,
)


@given(live=objects, patch=patches)
def test_the_inverse_leads_back_exactly(live: dict[str, Any], patch: dict[str, Any]) -> None:
    assert canonical(merged(merged(live, patch), inverse(live, patch))) == canonical(live)


@given(live=objects, patch=patches)
def test_a_patch_holds_once_it_was_made_and_making_it_again_changes_nothing(
    live: dict[str, Any], patch: dict[str, Any]
) -> None:
    once = merged(live, patch)
    assert is_applied(once, patch)
    assert merged(once, patch) == once


@given(live=objects, patch=patches)
def test_what_holds_already_is_not_changed(live: dict[str, Any], patch: dict[str, Any]) -> None:
    if is_applied(live, patch):
        assert merged(live, patch) == live
