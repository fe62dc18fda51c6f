"""Whoever changes the table by hand, past every trigger and grant, is found; and what cannot be found is
known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.audit.trail import Posted
from storage import audit_encoding
from storage.audit_events import AuditEventRepository
from storage.database import DatabaseError
from tests.contract.audit.conftest import NOW, Ledger, event
from tests.support.property_examples import examples

OPERATIONS = 5
EVENTS = 2 * OPERATIONS
STORED = (*audit_encoding.COLUMNS, "previous", "hash")
EXAMPLES = settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
positions = st.integers(min_value=1, max_value=EVENTS)


@pytest.fixture
def signed(ledger: Ledger) -> Ledger:
    """Ten events, signed at the sixth and at the tenth."""
    ledger.write(3)
    ledger.sign()
    ledger.write(2, first=4)
    assert ledger.sign() == EVENTS
    return ledger


def test_a_chain_that_nobody_touched_holds(signed: Ledger) -> None:
    report = signed.trail().verify()
    assert (report.broken, report.shortfall, report.events, report.unsigned) == (None, "", EVENTS, 0)
    assert report.signed is not None and report.signed.position == EVENTS


@EXAMPLES
@given(position=positions, column=st.sampled_from(STORED), at=st.integers(0, 200), mask=st.integers(1, 255))
def test_a_flipped_byte_of_any_column_of_any_event_is_found(
    signed: Ledger, position: int, column: str, at: int, mask: int
) -> None:
    with signed.attacking() as connection:
        row = signed.rows(connection)[position - 1]
        _overwrite(signed, connection, position, column, _flipped(signed, row[column], at, mask))
    try:
        report = signed.trail().verify()
        assert report.broken is not None, (position, column)
        assert report.broken.position in (position, position + 1)
        # without the key the links themselves still show it
        assert signed.trail(None).verify().broken is not None
    finally:
        with signed.attacking() as connection:
            _overwrite(signed, connection, position, column, row[column])
    assert signed.trail().verify().broken is None


@EXAMPLES
@given(position=positions, mask=st.integers(1, 2**31 - 1))
def test_a_flipped_byte_of_a_position_is_found(signed: Ledger, position: int, mask: int) -> None:
    shifted = position ^ mask
    assume(shifted > EVENTS or shifted == 0)
    change = text("UPDATE audit_events SET position = :to WHERE position = :at")
    with signed.attacking() as connection:
        connection.execute(change, {"at": position, "to": shifted})
    try:
        assert signed.trail().verify().broken is not None
    finally:
        with signed.attacking() as connection:
            connection.execute(change, {"at": shifted, "to": position})


def _flipped(ledger: Ledger, value: Any, at: int, mask: int) -> Any:
    if value is None:
        return mask
    if isinstance(value, int):
        return value ^ mask
    data = bytearray(value.encode())
    if not data:
        return chr(0x20 + mask % 0x5F)
    data[at % len(data)] ^= mask
    if ledger.database.dialect == "sqlite":
        return bytes(data)  # SQLite keeps what is no UTF-8 as well
    assume(0 not in data)
    try:
        return data.decode()
    except UnicodeDecodeError:
        assume(False)


def _overwrite(ledger: Ledger, connection: Any, position: int, column: str, value: Any) -> None:
    cast = "CAST(:value AS TEXT)" if isinstance(value, bytes) else ":value"
    try:
        with connection.begin_nested():
            connection.execute(
                text(f"UPDATE audit_events SET {column} = {cast} WHERE position = :position"),
                {"value": value, "position": position},
            )
    except SQLAlchemyError:  # two events of one operation and phase: the database itself refuses
        assume(False)


@EXAMPLES
@given(position=positions, renumber=st.booleans(), recompute=st.booleans())
def test_an_event_that_was_dropped_is_found(
    signed: Ledger, position: int, renumber: bool, recompute: bool
) -> None:
    def drop(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        remaining = [row for row in rows if row["position"] != position]
        return [row | {"position": n} for n, row in enumerate(remaining, 1)] if renumber else remaining

    _attack(signed, drop, recompute=recompute)


@EXAMPLES
@given(
    pair=st.lists(positions, min_size=2, max_size=2, unique=True),
    whole=st.booleans(),
    recompute=st.booleans(),
)
def test_events_that_were_swapped_are_found(
    signed: Ledger, pair: list[int], whole: bool, recompute: bool
) -> None:
    def swap(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        first, second = (row for row in rows if row["position"] in pair)
        names = STORED if whole else audit_encoding.COLUMNS
        for name in names:
            first[name], second[name] = second[name], first[name]
        return rows

    _attack(signed, swap, recompute=recompute)


@EXAMPLES
@given(position=positions, column=st.sampled_from(("actor", "outcome", "arguments", "detail")))
def test_a_change_is_found_though_the_whole_chain_was_computed_anew(
    signed: Ledger, position: int, column: str
) -> None:
    def change(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        rows[position - 1][column] += "x"
        return rows

    _attack(signed, change, recompute=True)


@EXAMPLES
@given(position=st.integers(min_value=0, max_value=EVENTS))
def test_an_event_that_was_put_in_is_found(signed: Ledger, position: int) -> None:
    def put_in(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [*rows[:position], rows[0] | {"operation": "invented"}, *rows[position:]]

    report = _attack(signed, put_in, recompute=True, must=position < EVENTS)
    assert position < EVENTS or report.unsigned == 1  # behind the signed head it is an event like any


def _attack(
    signed: Ledger,
    change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]],
    *,
    recompute: bool,
    must: bool = True,
) -> Any:
    with signed.attacking() as connection:
        before = signed.rows(connection)
        head = dict(connection.execute(text("SELECT * FROM audit_head")).mappings().one())
        after = change([dict(row) for row in before])
        (signed.recompute if recompute else signed.put)(connection, after)
    try:
        report = signed.trail().verify()
        assert not must or report.broken is not None
        return report
    finally:
        with signed.attacking() as connection:
            signed.put(connection, before)
            connection.execute(
                text("UPDATE audit_head SET position = :position, hash = :hash, previous = :previous"), head
            )


def test_a_tail_that_was_cut_is_found_while_its_signed_head_is_there(signed: Ledger) -> None:
    with signed.attacking() as connection:
        signed.recompute(connection, signed.rows(connection)[:7])
    broken = signed.trail().verify().broken
    assert broken is not None and broken.position == 8 and "signed, and they are gone" in broken.what


def test_a_tail_that_was_cut_with_its_signatures_is_found_by_an_anchor_and_by_nothing_else(
    signed: Ledger,
) -> None:
    posted = [Posted(head=signed.chain.head(), at=NOW)]
    with signed.attacking() as connection:
        signed.recompute(connection, signed.rows(connection)[:7])
        connection.execute(text("DELETE FROM audit_signatures WHERE position > 7"))
    assert signed.trail().verify().shortfall == ""
    assert signed.trail().verify(posted).shortfall == f"anchor at {EVENTS}: the event is gone"


def test_without_a_key_a_chain_that_was_computed_anew_is_found_by_an_anchor_and_by_nothing_else(
    ledger: Ledger,
) -> None:
    ledger.write(OPERATIONS)
    posted = [Posted(head=ledger.chain.head())]
    with ledger.attacking() as connection:
        rows = ledger.rows(connection)
        rows[2]["actor"] = "U9"
        ledger.recompute(connection, rows)
    assert ledger.trail(None).verify().shortfall == ""
    assert "is another one than when it was posted" in ledger.trail(None).verify(posted).shortfall


def test_a_signature_by_another_key_is_told_and_one_by_no_key_is_a_break(signed: Ledger) -> None:
    signed.write(1, first=20)
    signed.sign(key=SecretStr("o" * 40))
    report = signed.trail().verify()
    assert report.broken is None and len(report.unknown_keys) == 1
    assert report.signed is not None and report.signed.position == EVENTS and report.unsigned == 2
    both = signed.trail(SecretStr(f"{'o' * 40},{'k' * 40}")).verify()
    assert both.unknown_keys == () and both.unsigned == 0
    with signed.attacking() as connection:
        connection.execute(
            text("UPDATE audit_signatures SET signature = :s WHERE position = 6"), {"s": "0" * 64}
        )
    broken = signed.trail().verify().broken
    assert broken is not None and broken.position == 6


def test_events_cannot_be_dropped_by_writing_a_seal(signed: Ledger) -> None:
    with signed.attacking() as connection:
        row = signed.rows(connection)[5]
        connection.execute(text("DELETE FROM audit_events WHERE position <= 6"))
        connection.execute(
            text(
                "INSERT INTO audit_seals VALUES (6, :hash, '2026-11-24T12:00:00.000000Z', :zero, :key, :zero)"
            ),
            {"hash": row["hash"], "zero": "0" * 64, "key": signed.chain.signatures(until=6).__next__().key},
        )
    broken = signed.trail().verify().broken
    assert broken is not None and broken.position == 6


def test_the_database_refuses_what_is_no_attack_but_a_mistake(signed: Ledger) -> None:
    for table in ("audit_events", "audit_signatures"):
        for statement in (f"UPDATE {table} SET hash = 'x'", f"DELETE FROM {table}"):
            with pytest.raises(DatabaseError, match="append-only"), signed.database.writing() as connection:
                connection.execute(text(statement))


@settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    texts=st.lists(st.text(max_size=30), min_size=4, max_size=4),
    duration=st.none() | st.integers(0, 2**31 - 1),
)
def test_whatever_stands_in_an_event_its_link_holds_and_it_is_read_back(
    ledger: Ledger, texts: list[str], duration: int | None
) -> None:
    number = ledger.chain.head().position
    appended = event(
        number,
        actor_name=texts[0],
        target=texts[1],
        detail=texts[2],
        arguments={"any": texts[3]},
        duration_ms=duration,
    )
    repository = AuditEventRepository(ledger.database)
    repository.append(appended)
    assert ledger.trail(None).verify().broken is None
    [stored] = repository.of_operation(appended.operation)
    assert stored.detail == audit_encoding.storable(texts[2]) and stored.arguments == {"any": texts[3]}, (
        "JSON escapes what a text cannot hold"
    )
