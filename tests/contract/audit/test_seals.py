"""Old events are sealed into a file from which the chain goes on, and a crash in between loses nothing."""

from __future__ import annotations

import json
import pathlib
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from bot.audit import seals
from bot.audit.log import AuditUnavailable
from bot.audit.seals import BadSeal, NothingToSeal
from bot.audit.signatures import Keyring
from storage.audit_chain import AuditChain, Seal
from storage.audit_events import AuditEventRepository
from storage.database import DatabaseError
from tests.contract.audit.conftest import KEY, NOW, Ledger, event

LATER = NOW + timedelta(days=100)


@pytest.fixture
def signed(ledger: Ledger) -> Ledger:
    """Six events signed at NOW, four a day later, two not signed."""
    ledger.write(3)
    ledger.sign(at=NOW)
    ledger.write(2, first=4)
    ledger.sign(at=NOW + timedelta(days=1))
    ledger.write(1, first=6)
    return ledger


def seal(ledger: Ledger, path: pathlib.Path, *, before: Any = NOW + timedelta(hours=1)) -> Seal:
    return seals.seal(ledger.chain, Keyring(KEY), path, before=before, now=LATER)


def positions(ledger: Ledger) -> list[int]:
    return [event.position or 0 for event in AuditEventRepository(ledger.database).stream()]


def test_events_before_a_signed_head_leave_the_table_and_the_chain_goes_on(
    signed: Ledger, tmp_path: pathlib.Path
) -> None:
    before = list(AuditEventRepository(signed.database).stream())
    new_seal = seal(signed, tmp_path / "old.jsonl")
    assert new_seal.position == 6 and positions(signed) == [7, 8, 9, 10, 11, 12]
    report = signed.trail().verify()
    assert (report.shortfall, report.begins_after, report.events) == ("", 6, 6)
    assert list(seals.events(tmp_path / "old.jsonl")) == before[:6], "nothing of them is lost"
    signed.write(1, first=7)
    assert signed.trail().verify().shortfall == ""


def test_a_second_file_begins_where_the_first_ended(signed: Ledger, tmp_path: pathlib.Path) -> None:
    seal(signed, tmp_path / "one.jsonl")
    seal(signed, tmp_path / "two.jsonl", before=NOW + timedelta(days=2))
    first, two = (seals.check(tmp_path / name, Keyring(KEY)) for name in ("one.jsonl", "two.jsonl"))
    assert (two.begins.position, two.begins.hash) == (
        first.end.position,
        first.end.hash,
    ) and two.end.position == 10
    assert signed.trail().verify().begins_after == 10
    with pytest.raises(NothingToSeal):
        seal(signed, tmp_path / "three.jsonl", before=NOW + timedelta(days=2))


def test_a_crash_between_the_file_and_the_drop_is_harmless(
    signed: Ledger, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "old.jsonl"

    def crash(_chain: AuditChain, _seal: Seal) -> int:
        raise DatabaseError("the connection is gone")

    with monkeypatch.context() as patched:
        patched.setattr(AuditChain, "store_seal", crash)
        with pytest.raises(AuditUnavailable, match="not dropped"):
            seal(signed, path)
    assert positions(signed) == list(range(1, 13)) and signed.trail().verify().shortfall == ""
    content = path.read_bytes()
    signed.write(1, first=30)  # life goes on meanwhile
    assert seal(signed, path).position == 6
    assert path.read_bytes() == content and signed.trail().verify().shortfall == ""
    assert seal(signed, path).position == 6, "said once more, it was done"


def test_a_half_written_file_is_written_again(signed: Ledger, tmp_path: pathlib.Path) -> None:
    (tmp_path / "old.jsonl.part").write_text('{"kind": "xk8s-aud')
    assert seal(signed, tmp_path / "old.jsonl").position == 6


def test_another_file_is_never_overwritten(signed: Ledger, tmp_path: pathlib.Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("mine")
    with pytest.raises(BadSeal):
        seal(signed, notes)
    assert notes.read_text() == "mine" and positions(signed)[0] == 1


@pytest.mark.parametrize("where", ["content", "order", "cut", "signature"])
def test_a_file_that_was_changed_does_not_hold(signed: Ledger, tmp_path: pathlib.Path, where: str) -> None:
    path = tmp_path / "old.jsonl"
    seal(signed, path)
    lines = path.read_text().splitlines()
    if where == "content":
        row = json.loads(lines[2])
        row[3] = row[3][:-4] + ("AAAA" if row[3][-4:] != "AAAA" else "BBBB")
        lines[2] = json.dumps(row)
    elif where == "order":
        lines[2], lines[3] = lines[3], lines[2]
    elif where == "cut":
        del lines[4]
    else:
        lines[-1] = lines[-1].replace('"signature": "', '"signature": "0')
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(BadSeal):
        seals.check(path, Keyring(KEY))


def test_without_the_key_nothing_is_dropped(signed: Ledger, tmp_path: pathlib.Path) -> None:
    with pytest.raises(NothingToSeal, match="Without a key"):
        seals.seal(signed.chain, Keyring(None), tmp_path / "a", before=LATER, now=LATER)
    with pytest.raises(BadSeal, match="cannot be checked"):
        seals.seal(signed.chain, Keyring(SecretStr("o" * 40)), tmp_path / "b", before=LATER, now=LATER)
    assert positions(signed)[0] == 1


def test_a_chain_that_is_broken_is_not_sealed(signed: Ledger, tmp_path: pathlib.Path) -> None:
    with signed.attacking() as connection:
        connection.execute(text("UPDATE audit_events SET actor = 'U9' WHERE position = 3"))
    with pytest.raises(BadSeal, match="broken at event 3"):
        seal(signed, tmp_path / "old.jsonl")
    assert positions(signed)[0] == 1


def test_an_open_intent_is_not_dropped(ledger: Ledger, tmp_path: pathlib.Path) -> None:
    ledger.write(1)
    AuditEventRepository(ledger.database).append(event(2))
    ledger.sign(at=NOW)
    with pytest.raises(AuditUnavailable) as failure:
        seal(ledger, tmp_path / "old.jsonl")
    assert "still open" in failure.value.why
    assert positions(ledger) == [1, 2, 3]


def test_only_a_signed_head_can_be_sealed_whoever_asks(signed: Ledger) -> None:
    head = signed.chain.head()
    new_seal = Keyring(KEY).seal(head, at=LATER, file_digest="0" * 64)
    with pytest.raises(DatabaseError, match="no signed head"):
        signed.chain.store_seal(new_seal)
