"""Changes of policies are kept alike on SQLite and on PostgreSQL."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

from storage.database import Database
from storage.policy_changes import BEGUN, GIVEN_UP, WRITTEN, PolicyChange, PolicyChangeRepository

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
POLICY = {"kind": "NetworkPolicy", "spec": {"podSelector": {}, "ingress": []}}


def change(operation: str = "7f3a01", **overrides: Any) -> PolicyChange:
    values: dict[str, Any] = {
        "operation": operation,
        "project": "shop",
        "cluster": "uuid-1",
        "cluster_name": "prod-eu",
        "namespace": "shop",
        "policy": "default-deny",
        "kind": "apply",
        "actor": "U1",
        "at": NOW,
        "wanted": POLICY,
    }
    return PolicyChange(**(values | overrides))


def test_a_change_is_noted_once_and_read_back_as_it_was(database: Database) -> None:
    changes = PolicyChangeRepository(database)
    first = change(before=POLICY, before_uid="u", before_version="12")
    assert changes.begin(first) is True
    assert changes.begin(dataclasses.replace(first, actor="somebody else")) is False
    assert changes.get("7f3a01") == first and first.state == BEGUN
    assert changes.get("nothing") is None


def test_what_was_written_is_kept_with_its_version(database: Database) -> None:
    changes = PolicyChangeRepository(database)
    changes.begin(change())
    changes.mark_written("7f3a01", after=POLICY, uid="u", version="13", note="beside another")
    stored = changes.get("7f3a01")
    assert stored is not None and stored.before is None
    assert (stored.state, stored.after, stored.after_uid, stored.after_version) == (
        WRITTEN,
        POLICY,
        "u",
        "13",
    )
    assert stored.note == "beside another"


def test_a_roll_back_marks_what_it_took_back(database: Database) -> None:
    changes = PolicyChangeRepository(database)
    changes.begin(change("a"))
    changes.begin(change("b", kind="rollback", wanted=None, undoes="a"))
    changes.mark_written("b", after=None)
    taken_back = changes.get("a")
    assert taken_back is not None and taken_back.undone_by == "b"


def test_a_change_that_was_not_made_says_why(database: Database) -> None:
    changes = PolicyChangeRepository(database)
    changes.begin(change())
    changes.mark_given_up("7f3a01", note="somebody else wrote it")
    stored = changes.get("7f3a01")
    assert stored is not None and (stored.state, stored.note) == (GIVEN_UP, "somebody else wrote it")


def test_changes_are_found_by_their_reference_within_a_project(database: Database) -> None:
    changes = PolicyChangeRepository(database)
    changes.begin(change("7f3a01"))
    changes.begin(change("7f3a02", at=NOW + timedelta(minutes=1)))
    changes.begin(change("7f3b00", project="other"))
    assert [stored.operation for stored in changes.find("shop", "7f3a")] == ["7f3a02", "7f3a01"]
    assert changes.find("shop", "7f3b") == [] and changes.find("shop", "7_3a") == []
    changes.mark_written("7f3a01", after=None)
    assert [stored.operation for stored in changes.of_cluster("shop", "uuid-1", limit=5)] == ["7f3a01"]
