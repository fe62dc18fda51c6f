"""The repositories keep the same promises on SQLite and on PostgreSQL."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from storage.audit import INTENT, OUTCOME, AuditEvent, AuditFilter, AuditRepository
from storage.database import HEAD, Database, DatabaseError
from storage.deliveries import DeliveryRepository
from storage.inbox import InboxEntry, InboxRepository
from storage.models import Base
from storage.offers import OfferRepository
from storage.replicas import ReplicaRepository, ReplicaTaken
from storage.verifications import LastVerification, VerificationRepository

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def entry(key: str) -> InboxEntry:
    return InboxEntry(
        key=key, operation=f"op-{key}", payload={"text": "verify calico", "ü": [1]}, received_at=NOW
    )


def event(operation: str = "op-1", phase: str = INTENT, **changes: Any) -> AuditEvent:
    values: dict[str, Any] = {
        "operation": operation,
        "phase": phase,
        "reference": "7f3a",
        "at": NOW,
        "actor": "U1",
        "actor_name": "ana",
        "team": "T1",
        "entry": "command",
        "channel": "C1",
        "thread": "1.0",
        "project": "shop",
        "action": "template.create",
        "arguments": {"driver": "flannel"},
        "target": "k8s-dev",
        "outcome": "" if phase == INTENT else "succeeded",
    }
    return AuditEvent(**(values | changes))


# --- schema


def test_an_upgraded_database_is_exactly_what_the_models_say(database: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    assert differences == []


def test_the_head_that_start_up_looks_for_is_the_newest_migration() -> None:
    from alembic.script import ScriptDirectory

    from storage.migrations import run

    assert ScriptDirectory.from_config(run.config()).get_current_head() == HEAD


def test_a_second_upgrade_has_nothing_to_do(database: Database) -> None:
    assert database.upgrade() is False


def test_replicas_that_start_together_upgrade_once(database_url: str) -> None:
    databases = [Database.open(database_url) for _ in range(4)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda opened: opened.upgrade(), databases))
    assert databases[0].version() == HEAD
    for opened in databases:
        opened.dispose()


def test_a_database_out_of_reach_is_told_without_its_password() -> None:
    opened = Database.open("postgresql://xk8s:hunter2@127.0.0.1:9/nowhere")
    with pytest.raises(DatabaseError) as failure:
        opened.check()
    assert "hunter2" not in str(failure.value)


# --- inbox


def test_what_is_said_twice_is_kept_once(database: Database) -> None:
    inbox = InboxRepository(database)
    assert inbox.accept(entry("a")) is True
    assert inbox.accept(entry("a")) is False
    assert inbox.backlog().waiting == 1


def test_the_oldest_is_leased_first_and_nobody_else_gets_it(database: Database) -> None:
    inbox = InboxRepository(database)
    for key in "abc":
        inbox.accept(entry(key))
    first = inbox.lease(owner="r1", now=NOW, seconds=30, limit=2)
    second = inbox.lease(owner="r2", now=NOW, seconds=30, limit=2)
    assert [leased.operation for leased in first] == ["op-a", "op-b"]
    assert [leased.operation for leased in second] == ["op-c"]
    assert first[0].payload == {"text": "verify calico", "ü": [1]}


def test_an_entry_whose_lease_has_ended_is_taken_over_and_the_first_owner_cannot_finish_it(
    database: Database,
) -> None:
    inbox = InboxRepository(database)
    inbox.accept(entry("a"))
    [held] = inbox.lease(owner="r1", now=NOW, seconds=30, limit=1)
    later = NOW + timedelta(seconds=31)
    [taken] = inbox.lease(owner="r2", now=later, seconds=30, limit=1)
    assert (taken.operation, taken.attempt) == ("op-a", 2)
    assert inbox.renew([held.id], owner="r1", until=later + timedelta(seconds=60)) == []
    assert inbox.finish(held.id, owner="r1", now=later) is False
    assert inbox.finish(taken.id, owner="r2", now=later) is True


def test_a_renewed_lease_is_not_taken_over(database: Database) -> None:
    inbox = InboxRepository(database)
    inbox.accept(entry("a"))
    [held] = inbox.lease(owner="r1", now=NOW, seconds=30, limit=1)
    assert inbox.renew([held.id], owner="r1", until=NOW + timedelta(seconds=90)) == [held.id]
    assert inbox.lease(owner="r2", now=NOW + timedelta(seconds=60), seconds=30, limit=1) == []


def test_after_a_restart_a_replica_takes_back_at_once_what_it_held(database: Database) -> None:
    inbox = InboxRepository(database)
    inbox.accept(entry("a"))
    inbox.lease(owner="r1", now=NOW, seconds=300, limit=1)
    assert inbox.release(owner="r1") == 1
    [again] = inbox.lease(owner="r1", now=NOW, seconds=300, limit=1)
    assert again.attempt == 2


def test_an_answered_entry_is_remembered_for_redeliveries_until_it_is_pruned(database: Database) -> None:
    inbox = InboxRepository(database)
    inbox.accept(entry("a"))
    [held] = inbox.lease(owner="r1", now=NOW, seconds=30, limit=1)
    assert inbox.is_open("op-a")
    inbox.finish(held.id, owner="r1", now=NOW)
    assert not inbox.is_open("op-a")
    assert inbox.accept(entry("a")) is False
    assert inbox.prune(before=NOW) == 0
    assert inbox.prune(before=NOW + timedelta(days=2)) == 1


def _accept_and_lease(url: str, keys: list[str], owner: str) -> tuple[int, list[str]]:
    opened = Database.open(url)
    inbox = InboxRepository(opened)
    accepted = sum(inbox.accept(entry(key)) for key in keys)
    mine: list[str] = []
    while leased := inbox.lease(owner=owner, now=NOW, seconds=300, limit=3):
        mine += [taken.operation for taken in leased]
    opened.dispose()
    return accepted, mine


def test_several_processes_accept_and_lease_each_thing_exactly_once(
    database: Database, database_url: str
) -> None:
    keys = [f"k{number}" for number in range(40)]
    with concurrent.futures.ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        outcomes = list(pool.map(_accept_and_lease, [database_url] * 4, [keys] * 4, ["a", "b", "c", "d"]))
    rest = InboxRepository(database).lease(owner="rest", now=NOW, seconds=300, limit=100)
    assert sum(accepted for accepted, _ in outcomes) == len(keys)
    taken = [operation for _, mine in outcomes for operation in mine] + [left.operation for left in rest]
    assert sorted(taken) == sorted(f"op-{key}" for key in keys)


# --- audit


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_events SET actor = 'U9'", "DELETE FROM audit_events", "TRUNCATE audit_events"],
)
def test_the_database_itself_refuses_to_change_the_audit_log(database: Database, statement: str) -> None:
    if statement.startswith("TRUNCATE") and database.dialect == "sqlite":
        statement = "DELETE FROM audit_events WHERE position > 0"
    audit = AuditRepository(database)
    audit.append(event())
    with pytest.raises(DatabaseError, match="append-only"), database.writing() as connection:
        connection.execute(text(statement))
    assert [kept.actor for kept in audit.of_operation("op-1")] == ["U1"]


def test_an_operation_has_one_intent_and_one_outcome_however_often_they_are_written(
    database: Database,
) -> None:
    audit = AuditRepository(database)
    assert audit.append(event()) is True
    assert audit.append(event(detail="again")) is False
    assert audit.append(event(phase=OUTCOME, duration_ms=800)) is True
    assert audit.append(event(phase=OUTCOME, outcome="failed")) is False
    assert [kept.phase for kept in audit.of_operation("op-1")] == [INTENT, OUTCOME]


def test_an_intent_without_outcome_is_open(database: Database) -> None:
    audit = AuditRepository(database)
    audit.append(event("op-1"))
    audit.append(event("op-2"))
    audit.append(event("op-1", phase=OUTCOME))
    assert [intent.operation for intent in audit.open_intents()] == ["op-2"]


def test_events_are_filtered_and_paged_newest_first_one_line_an_operation(database: Database) -> None:
    audit = AuditRepository(database)
    for number in range(5):
        audit.append(event(f"op-{number}", target=f"t{number}"))
        if number != 4:
            audit.append(
                event(f"op-{number}", phase=OUTCOME, target=f"t{number}", at=NOW + timedelta(minutes=number))
            )
    audit.append(event("op-v", action="verify", actor="U2", actor_name="bo", project="other"))

    def targets(offset: int = 0, limit: int = 10, **wanted: Any) -> list[str]:
        page, _ = audit.find(AuditFilter(**wanted), offset=offset, limit=limit)
        return [found.target for found in page]

    assert targets(project="shop") == ["t4", "t3", "t2", "t1", "t0"]
    assert targets(project="shop", offset=1, limit=2) == ["t3", "t2"]
    assert targets(action="template") == targets(action="template.create") == targets(project="shop")
    assert targets(action="temp") == []
    assert targets(actor="bo") == targets(actor="U2") != []
    assert targets(outcome="succeeded", since=NOW + timedelta(minutes=2)) == ["t3", "t2"]
    assert targets(target="t1", until=NOW) == []
    assert audit.find(AuditFilter(project="shop"), offset=0, limit=1)[1] == 5


# --- the rest


def test_a_slot_is_noted_before_it_is_posted_and_known_afterwards(database: Database) -> None:
    deliveries = DeliveryRepository(database)
    begun = deliveries.begin(operation="op", slot="root", channel="C1", thread="", now=NOW)
    assert begun.fresh and begun.ts is None
    cut_off = deliveries.begin(
        operation="op", slot="root", channel="C1", thread="", now=NOW + timedelta(hours=1)
    )
    assert not cut_off.fresh and cut_off.ts is None and cut_off.begun == NOW
    deliveries.posted(operation="op", slot="root", ts="17.5")
    found = deliveries.get(operation="op", slot="root")
    assert found is not None and found.ts == "17.5"
    assert deliveries.get(operation="op", slot="answer") is None


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
    found = offers.get(first)
    assert found is not None and found.action["arguments"] == {"cluster": "prod-eu"}
    assert offers.get("guessed") is None


def test_a_replica_id_belongs_to_one_live_process(database: Database) -> None:
    replicas = ReplicaRepository(database)
    alive_for = timedelta(seconds=30)
    replicas.claim("r1", instance="a", version="1", now=NOW, alive_for=alive_for)
    with pytest.raises(ReplicaTaken):
        replicas.claim("r1", instance="b", version="1", now=NOW + timedelta(seconds=5), alive_for=alive_for)
    replicas.claim("r1", instance="b", version="1", now=NOW + timedelta(seconds=31), alive_for=alive_for)
    assert replicas.beat("r1", instance="a", now=NOW) is False
    assert replicas.beat("r1", instance="b", now=NOW) is True
    replicas.leave("r1", instance="b")
    assert replicas.beat("r1", instance="b", now=NOW) is False


def test_only_the_last_verification_of_a_cluster_is_kept(database: Database) -> None:
    kept = VerificationRepository(database)
    for verdict in ("degraded", "healthy"):
        kept.keep(
            LastVerification(
                project="shop", cluster="uuid-1", name="prod-eu", verdict=verdict, report={"n": 1}, at=NOW
            )
        )
    assert [found.verdict for found in kept.of_project("shop")] == ["healthy"]
    assert kept.of_project("other") == []
