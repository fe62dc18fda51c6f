"""Small JSON objects with few different keys, so that two of them often have a key in common."""

from __future__ import annotations

from hypothesis import strategies as st

keys = st.sampled_from(["a", "b", "c"])
values = st.recursive(
    st.text(max_size=3) | st.integers(0, 3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(keys, values, max_size=3)
