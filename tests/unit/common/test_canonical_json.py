"""Canonical JSON is one text for one value, byte by byte what earlier versions have stored digests of."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.common.canonical_json import canonical, digest, spaced_digest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def test_keys_are_sorted_nothing_is_spaced_and_letters_stay() -> None:
    assert canonical({"b": [1, None], "a": {"ü": "ß", "d": True}}) == '{"a":{"d":true,"ü":"ß"},"b":[1,null]}'


@given(JSON)
def test_canonical_json_is_read_back_and_does_not_depend_on_the_order_of_keys(value: Any) -> None:
    text = canonical(value)
    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text


def test_digests_of_earlier_versions_still_match() -> None:
    assert digest({"b": 1, "a": "ü"}) == hashlib.sha256('{"a":"ü","b":1}'.encode()).hexdigest()
    assert spaced_digest({"b": 1, "a": "ü"}) == hashlib.sha256(b'{"a": "\\u00fc", "b": 1}').hexdigest()
