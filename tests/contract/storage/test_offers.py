"""The action behind a button keeps its opaque id, and one operation at a time may claim it."""

from __future__ import annotations

from datetime import UTC, datetime

from storage.database import Database
from storage.offers import OfferRepository

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_the_same_action_of_one_answer_keeps_its_opaque_id(database: Database) -> None:
    offers = OfferRepository(database)

    def put(operation: str, **arguments: str) -> str:
        action = {"action": "verify", "arguments": arguments}
        return offers.put(
            operation=operation, action=action, project="shop", channel="C1", thread="1.0", now=NOW
        )

    first = put("op-1", cluster="prod-eu")
    assert put("op-1", cluster="prod-eu") == first
    assert len({first, put("op-1", cluster="dev-eu"), put("op-2", cluster="prod-eu")}) == 3
    offer = offers.get(first)
    assert offer is not None and offer.action["arguments"] == {"cluster": "prod-eu"}
    assert offers.get("guessed") is None
