"""What is hashed of an event says everything of it, and one thing only."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from storage import audit_encoding

texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"]).filter(lambda c: c != "\0"), max_size=20
)
events = st.lists(texts | st.sampled_from(["", "\\N", "\t", "\\t", "a\nb", "\\"]), min_size=16, max_size=16)


@given(texts=events, duration=st.none() | st.integers(0, 10**9))
def test_the_content_of_an_event_is_read_back_to_the_letter(texts: list[str], duration: int | None) -> None:
    values = [*texts, duration]
    parsed = audit_encoding.parse(audit_encoding.content(values))
    assert list(parsed.values()) == [*texts, None if duration is None else str(duration)]


@given(first=events, second=events)
def test_two_events_with_the_same_content_are_the_same(first: list[str], second: list[str]) -> None:
    assert (audit_encoding.content([*first, None]) == audit_encoding.content([*second, None])) is (
        first == second
    )


@given(value=st.text(max_size=30))
def test_what_is_stored_is_text_on_both_databases(value: str) -> None:
    stored = audit_encoding.storable(value)
    assert "\0" not in stored and stored.encode().decode() == stored


def test_a_link_is_what_the_documentation_says() -> None:
    digest = hashlib.sha256(b"content").hexdigest()
    expected = hashlib.sha256(f"{'0' * 64}:1:{digest}".encode()).hexdigest()
    assert audit_encoding.link(audit_encoding.GENESIS, 1, audit_encoding.digest(b"content")) == expected
