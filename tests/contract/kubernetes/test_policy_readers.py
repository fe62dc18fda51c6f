"""A policy change whose request is gone is closed with what the policy itself says."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from bot.actions.service import Outcome
from bot.adapters.kube import writes
from bot.policy import change_plan
from bot.policy.clusters import PolicyClient
from bot.policy.readers import PolicyReaders
from storage.audit_events import AuditEvent
from storage.policy_changes import PolicyChange, PolicyChangeRepository
from tests.contract.kubernetes.conftest import Api
from tests.contract.kubernetes.test_client import connect, endpoint
from tests.contract.kubernetes.test_policy_changes import CLUSTER, changes, path, policy, recorded
from tests.support.audit_events import audit_event

__all__ = ["changes"]


class OneCluster:
    """The cluster of every change."""

    def __init__(self, api: Api) -> None:
        self._api = api

    @contextlib.contextmanager
    def open_changed_cluster(self, _change: PolicyChange, *, operation: str) -> Iterator[PolicyClient]:
        yield PolicyClient(cluster=CLUSTER, kube=connect(endpoint(self._api)))


def intent(operation: str) -> AuditEvent:
    return audit_event(operation=operation, action="policy.apply", arguments={}, target="c")


@pytest.fixture
def readers(running: Api, changes: PolicyChangeRepository) -> PolicyReaders:
    return PolicyReaders(clusters=OneCluster(running), changes=changes)  # type: ignore[arg-type]


def begun(running: Api, changes: PolicyChangeRepository, name: str, **spec: Any) -> PolicyChange:
    return recorded(
        changes, change_plan.plan_apply(connect(endpoint(running)), CLUSTER, policy(name, **spec))
    )


def test_what_was_not_noted_was_not_written(readers: PolicyReaders) -> None:
    assert readers.read(intent("nothing")).outcome is Outcome.FAILED
    assert set(readers.all()) == {"policy.apply", "policy.delete", "policy.rollback"}


def test_what_is_as_it_was_before_has_failed_and_what_is_as_it_was_to_be_has_not(
    running: Api, changes: PolicyChangeRepository, readers: PolicyReaders
) -> None:
    before, after = begun(running, changes, "before"), begun(running, changes, "after")
    kube = connect(endpoint(running))
    writes.apply(kube, path("after"), policy("after"))
    assert readers.read(intent(before.operation)).outcome is Outcome.FAILED
    readback = readers.read(intent(after.operation))
    assert readback.outcome is Outcome.SUCCEEDED and readback.target == "c"
    record = changes.get(after.operation)
    assert record is not None and record.after_uid, "and it can be taken back"
    assert readers.read(intent(before.operation)).detail.endswith("cut off before it was written")
    assert "was written" in readers.read(intent(after.operation)).detail
    writes.delete(kube, path("after"))


def test_what_somebody_changed_since_is_not_known_and_says_what_to_check(
    running: Api, changes: PolicyChangeRepository, readers: PolicyReaders
) -> None:
    change = begun(running, changes, "theirs")
    kube = connect(endpoint(running))
    writes.apply(kube, path("theirs"), policy("theirs", ingress=[{}]), manager="kubectl")
    readback = readers.read(intent(change.operation))
    assert readback.outcome is Outcome.UNKNOWN and "policy show theirs c -n default" in readback.detail
    writes.delete(kube, path("theirs"))
