"""One digest for one configuration, whatever servers write beside it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.migration.objects.canonical import digest
from tests.unit.migration.builders import an
from tests.unit.migration.objects.json_strategies import objects

server_owned = st.fixed_dictionaries(
    {
        "uid": st.text(max_size=4),
        "resourceVersion": st.text(max_size=4),
        "generation": st.integers(0, 9),
        "creationTimestamp": st.text(max_size=4),
        "managedFields": st.lists(st.just({}), max_size=2),
    }
)


@given(first_metadata=server_owned, second_metadata=server_owned, status=objects)
def test_a_digest_ignores_what_servers_own(
    first_metadata: dict[str, Any], second_metadata: dict[str, Any], status: dict[str, Any]
) -> None:
    first = an("ConfigMap", meta=first_metadata, data={"k": "v"}, status=status)
    second = an("ConfigMap", meta=second_metadata, data={"k": "v"}, annotations={}, labels={})
    assert digest(first, b"key") == digest(second, b"key")
    assert digest(first, b"key") != digest(an("ConfigMap", data={"k": "w"}), b"key")


def test_the_digest_of_a_secret_is_keyed() -> None:
    secret = an("Secret", data={"password": "aHVudGVyMg=="})
    assert digest(secret, b"one").startswith("keyed:")
    assert digest(secret, b"one") == digest(secret, b"one") != digest(secret, b"two")
    assert digest(an("ConfigMap"), b"one") == digest(an("ConfigMap"), b"two")
