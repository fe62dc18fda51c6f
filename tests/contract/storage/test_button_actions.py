"""The action behind a button keeps its opaque id, and one operation at a time may claim it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from sqlalchemy import text

from storage.button_actions import ButtonActionRepository
from storage.database import Database

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_the_same_action_of_one_answer_keeps_its_opaque_id(database: Database) -> None:
    offers = ButtonActionRepository(database)

    def put(operation: str, **arguments: str) -> str:
        action = {"action": "verify", "arguments": arguments}
        return offers.store(
            operation=operation, action=action, project="shop", channel="C1", thread="1.0", now=NOW
        )

    first = put("op-1", cluster="prod-eu")
    assert put("op-1", cluster="prod-eu") == first
    assert len({first, put("op-1", cluster="dev-eu"), put("op-2", cluster="prod-eu")}) == 3
    offer = offers.get(first)
    assert offer is not None and offer.action["arguments"] == {"cluster": "prod-eu"}
    assert offers.get("guessed") is None


def test_one_operation_claims_a_button_until_it_gives_it_back(database: Database) -> None:
    offers = ButtonActionRepository(database)
    offer = offers.store(
        operation="op-1", action={"action": "delete"}, project=None, channel="C1", thread="1.0", now=NOW
    )
    assert offers.claim(offer, operation="op-2") is True
    assert offers.claim(offer, operation="op-2") is True, "a repeated attempt is the same claim"
    assert offers.claim(offer, operation="op-3") is False
    offers.release_claim(offer, operation="op-3")
    assert offers.claim(offer, operation="op-3") is False, "only whoever has claimed it gives it back"
    offers.release_claim(offer, operation="op-2")
    assert offers.claim(offer, operation="op-3") is True
    assert offers.claim("guessed", operation="op-3") is False


def test_a_button_that_an_older_version_has_stored_keeps_its_id(database: Database) -> None:
    """With another digest, a message that is shown again after an upgrade would get new buttons."""
    action = {"b": 1, "a": "ü"}
    offer = ButtonActionRepository(database).store(
        operation="op", action=action, project=None, channel="C", thread="", now=NOW
    )
    with database.reading() as connection:
        digest = connection.execute(text("SELECT digest FROM offers WHERE id = :id"), {"id": offer}).scalar()
    assert digest == hashlib.sha256(b'{"a": "\\u00fc", "b": 1}').hexdigest()
