"""What is read of a cluster."""

from __future__ import annotations

from tests.unit.migration.builders import an, inventory


def test_inventories_show_no_object() -> None:
    secret = an("Secret", "s", data={"password": "aHVudGVyMg=="})
    assert "aHVudGVyMg" not in repr(inventory(secret))
