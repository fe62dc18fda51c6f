"""Digests of Secrets are keyed: whose key it was is known, and what another replica digested is never
called changed.
"""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from bot.migration.objects.digest_key_source import FILE, digest_keys
from bot.migration.objects.digest_keys import DigestKeys
from bot.migration.planning.plan import MigrationPlan
from bot.migration.source.drift import drift
from bot.settings import Settings
from bot.settings.file import Mappings
from tests.unit.migration.builders import an, inventory, workload
from tests.unit.migration.planning.test_builder import HOME, planned_by

SHARED, OLDER = "k" * 64, "o" * 64
HERE, THERE = DigestKeys(known=(b"here",), own=True), DigestKeys(known=(b"there",), own=True)


def keys(folder: pathlib.Path, audit_key: str | None = None) -> DigestKeys:
    folder.mkdir(exist_ok=True)
    given: dict[str, Any] = {"XK8S_DATA_DIR": folder, "XK8S_AUDIT_KEY": audit_key}
    return digest_keys(Settings(**given))


def test_replicas_with_one_audit_key_have_one_key_and_others_have_their_own(tmp_path: pathlib.Path) -> None:
    shared = [keys(tmp_path / name, SHARED) for name in "ab"]
    assert shared[0] == shared[1] and not shared[0].own
    assert not (tmp_path / "a" / FILE).exists()
    own = [keys(tmp_path / name) for name in "ab"]
    assert own[0].mark != own[1].mark and own[0].find(own[1].mark) is None
    assert own[0] == keys(tmp_path / "a"), "kept over a restart"
    assert (tmp_path / "a" / FILE).stat().st_mode & 0o777 == 0o600


def test_a_key_that_was_replaced_still_checks_what_it_made(tmp_path: pathlib.Path) -> None:
    older, own = keys(tmp_path / "a", OLDER), keys(tmp_path / "a")
    rotated = keys(tmp_path / "a", f"{SHARED},{OLDER}")
    assert rotated.mark == keys(tmp_path / "b", SHARED).mark
    assert rotated.find(older.mark) == older.current and rotated.find(own.mark) == own.current
    assert keys(tmp_path / "b", SHARED).find(own.mark) is None


def test_a_mark_says_nothing_of_its_key_and_a_key_does_not_show() -> None:
    assert "here" not in HERE.mark and b"here".hex() not in HERE.mark and "here" not in repr(HERE)


def secret(version: str = "7", value: str = "Yg==", uid: str = "u") -> Any:
    return an("Secret", "s", data={"a": value}, meta={"resourceVersion": version, "uid": uid})


def seen(plan: MigrationPlan, found: Any, by: DigestKeys) -> Any:
    return drift(plan, inventory(HOME, WEB, found), Mappings(), by.find(plan.key))


WEB = workload(name="web")


def test_a_secret_that_was_not_written_since_is_the_same_whoever_looks() -> None:
    made = planned_by(HERE, WEB, secret())
    assert not seen(made, secret(), HERE)
    assert not seen(made, secret(), THERE)


def test_a_secret_that_was_written_since_is_compared_by_who_can_and_unsure_for_who_cannot() -> None:
    made = planned_by(HERE, WEB, secret())
    assert not seen(made, secret("8"), HERE)
    assert [ref.name for ref in seen(made, secret("8", "Yw=="), HERE).changed] == ["s"]
    found = seen(made, secret("8", "Yw=="), THERE)
    assert [ref.name for ref in found.unsure] == ["s"] and found and not list(found.lines())
    assert [ref.name for ref in seen(made, secret("8", uid="u2"), THERE).replaced] == ["s"]


def test_what_is_no_secret_is_compared_as_ever() -> None:
    made = planned_by(HERE, WEB, secret())
    changed = {**WEB, "spec": {**WEB["spec"], "replicas": 7}}
    found = drift(made, inventory(HOME, changed, secret()), Mappings(), THERE.find(made.key))
    assert [ref.name for ref in found.changed] == ["web"] and not found.unsure


def test_a_plan_of_an_older_version_is_compared_with_the_key_there_is() -> None:
    made = planned_by(HERE, WEB, secret()).model_copy(update={"key": ""})
    assert not seen(made, secret(), HERE)
    assert [ref.name for ref in seen(made, secret(), THERE).changed] == ["s"]


@pytest.mark.parametrize("other", [HERE, THERE])
def test_an_approval_of_a_plan_stands_whichever_replica_plans_it_again(other: DigestKeys) -> None:
    made = planned_by(HERE, WEB, secret())
    assert planned_by(other, WEB, secret()).bound() == made.bound()
    assert planned_by(other, WEB, secret("8", "Yw==")).bound() != made.bound()


def test_with_a_shared_key_an_approval_is_bound_to_what_secrets_say() -> None:
    shared = DigestKeys(known=(b"shared",))
    made = planned_by(shared, WEB, secret())
    assert planned_by(shared, WEB, secret("8")).bound() == made.bound()
    assert planned_by(shared, WEB, secret("7", "Yw==")).bound() != made.bound()
