"""The mark of a key tells whose it is, and nothing of the key."""

from __future__ import annotations

from bot.migration.objects.digest_keys import DigestKeys

HERE, THERE = DigestKeys(keys=(b"here",), per_replica=True), DigestKeys(keys=(b"there",), per_replica=True)


def test_a_mark_says_nothing_of_its_key_and_a_key_does_not_show() -> None:
    assert "here" not in HERE.mark and b"here".hex() not in HERE.mark and "here" not in repr(HERE)
