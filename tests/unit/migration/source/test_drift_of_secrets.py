"""Drift of Secrets: what another replica digested is never called changed."""

from __future__ import annotations

from typing import Any

import pytest

from bot.migration.objects.digest_keys import DigestKeys
from bot.migration.planning.plan import MigrationPlan
from bot.migration.source.drift import drift
from bot.settings.mappings import Mappings
from tests.unit.migration.builders import an, inventory, workload
from tests.unit.migration.planning.plans import HOME, planned_by

HERE, THERE = DigestKeys(keys=(b"here",), per_replica=True), DigestKeys(keys=(b"there",), per_replica=True)


def secret(version: str = "7", value: str = "Yg==", uid: str = "u") -> Any:
    return an("Secret", "s", data={"a": value}, meta={"resourceVersion": version, "uid": uid})


def drift_seen(plan: MigrationPlan, live: Any, by: DigestKeys) -> Any:
    return drift(plan, inventory(HOME, WEB, live), Mappings(), by.find(plan.key))


WEB = workload(name="web")


def test_a_secret_that_was_not_written_since_is_the_same_whoever_looks() -> None:
    planned = planned_by(HERE, WEB, secret())
    assert not drift_seen(planned, secret(), HERE)
    assert not drift_seen(planned, secret(), THERE)


def test_a_secret_that_was_written_since_is_compared_by_who_can_and_unsure_for_who_cannot() -> None:
    planned = planned_by(HERE, WEB, secret())
    assert not drift_seen(planned, secret("8"), HERE)
    assert [ref.name for ref in drift_seen(planned, secret("8", "Yw=="), HERE).changed] == ["s"]
    result = drift_seen(planned, secret("8", "Yw=="), THERE)
    assert [ref.name for ref in result.unsure] == ["s"] and result and not list(result.lines())
    assert [ref.name for ref in drift_seen(planned, secret("8", uid="u2"), THERE).replaced] == ["s"]


def test_what_is_no_secret_is_compared_as_ever() -> None:
    planned = planned_by(HERE, WEB, secret())
    changed = {**WEB, "spec": {**WEB["spec"], "replicas": 7}}
    result = drift(planned, inventory(HOME, changed, secret()), Mappings(), THERE.find(planned.key))
    assert [ref.name for ref in result.changed] == ["web"] and not result.unsure


def test_a_plan_of_an_older_version_is_compared_with_the_key_there_is() -> None:
    planned = planned_by(HERE, WEB, secret()).model_copy(update={"key": ""})
    assert not drift_seen(planned, secret(), HERE)
    assert [ref.name for ref in drift_seen(planned, secret(), THERE).changed] == ["s"]


@pytest.mark.parametrize("keys", [HERE, THERE])
def test_an_approval_of_a_plan_stands_whichever_replica_plans_it_again(keys: DigestKeys) -> None:
    planned = planned_by(HERE, WEB, secret())
    assert planned_by(keys, WEB, secret()).bound() == planned.bound()
    assert planned_by(keys, WEB, secret("8", "Yw==")).bound() != planned.bound()


def test_with_a_shared_key_an_approval_is_bound_to_what_secrets_say() -> None:
    shared = DigestKeys(keys=(b"shared",))
    planned = planned_by(shared, WEB, secret())
    assert planned_by(shared, WEB, secret("8")).bound() == planned.bound()
    assert planned_by(shared, WEB, secret("7", "Yw==")).bound() != planned.bound()
