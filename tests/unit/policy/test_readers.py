"""What came of a policy change whose request is gone, from its record and from the live policy."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from bot.actions.service import Outcome
from bot.adapters.kube import writes
from bot.policy.clusters import PolicyClient
from bot.policy.readers import PolicyReaders
from storage.audit_events import AuditEvent
from storage.policy_changes import BEGUN, GIVEN_UP, WRITTEN, PolicyChange
from tests.support.audit_events import audit_event
from tests.unit.policy.builders import NOW, Object, change, live, manifest, policy_cluster

DENY = manifest("deny")


@dataclasses.dataclass
class Changes:
    """Records of changes, in memory."""

    records: dict[str, PolicyChange]

    def get(self, operation: str) -> PolicyChange | None:
        return self.records.get(operation)

    def mark_written(self, operation: str, **values: Any) -> None:
        version = {"after_uid": values.pop("uid", ""), "after_version": values.pop("version", "")}
        self._update(operation, state=WRITTEN, **version, **values)

    def mark_given_up(self, operation: str, *, note: str) -> None:
        self._update(operation, state=GIVEN_UP, note=note)

    def _update(self, operation: str, **values: Any) -> None:
        self.records[operation] = dataclasses.replace(self.records[operation], **values)


class Clusters:
    """The cluster of every change, which is never asked itself."""

    @contextlib.contextmanager
    def open_changed_cluster(self, _change: PolicyChange, *, operation: str) -> Iterator[PolicyClient]:
        yield PolicyClient(cluster=policy_cluster(), kube=None)  # type: ignore[arg-type]


def intent(operation: str) -> AuditEvent:
    return audit_event(operation=operation, at=NOW, action="policy.apply", arguments={}, target="")


def read(
    monkeypatch: pytest.MonkeyPatch, record: PolicyChange, policy: Object | None = None
) -> tuple[Outcome, str, PolicyChange]:
    monkeypatch.setattr(writes, "read", lambda _kube, _path: policy)
    changes = Changes({record.operation: record})
    readers = PolicyReaders(clusters=Clusters(), changes=changes)  # type: ignore[arg-type]
    readback = readers.read(intent(record.operation))
    assert readback.target == "prod-eu"
    return readback.outcome, readback.detail, changes.records[record.operation]


def test_without_a_record_nothing_was_written() -> None:
    readers = PolicyReaders(clusters=Clusters(), changes=Changes({}))  # type: ignore[arg-type]
    readback = readers.read(intent("7f3a"))
    assert readback.outcome is Outcome.FAILED and "before anything was written" in readback.detail


def test_a_change_that_is_settled_is_read_from_its_record_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, detail, _ = read(monkeypatch, change())
    assert outcome is Outcome.SUCCEEDED and "was written: change 7f3a" in detail
    outcome, detail, _ = read(monkeypatch, change(state=GIVEN_UP, note="somebody else wrote it"))
    assert outcome is Outcome.FAILED and detail.endswith("was not written: somebody else wrote it")


def test_a_policy_as_it_was_to_be_settles_the_change_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    unsettled = change(state=BEGUN, after_uid="", after_version="")
    outcome, detail, record = read(monkeypatch, unsettled, live(DENY, uid="u7", version="8"))
    assert outcome is Outcome.SUCCEEDED and detail.endswith("is as it was to be")
    assert (record.state, record.after_uid, record.after_version) == (WRITTEN, "u7", "8")


def test_a_policy_as_it_was_before_settles_the_change_as_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, detail, record = read(monkeypatch, change(state=BEGUN))
    assert outcome is Outcome.FAILED and detail.endswith("is as it was before")
    assert (record.state, record.note) == (GIVEN_UP, "cut off before it was written")


def test_a_policy_of_somebody_else_leaves_it_open_and_says_what_to_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    foreign_policy = live(manifest("deny", policyTypes=["Egress"]))
    outcome, detail, record = read(monkeypatch, change(state=BEGUN), foreign_policy)
    assert outcome is Outcome.UNKNOWN and "`/xk8s policy show deny prod-eu -n shop`" in detail
    assert record.state == BEGUN
