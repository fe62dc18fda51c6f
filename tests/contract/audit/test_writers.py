"""Many processes append to one chain: no gap, no fork, and every event once."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
from collections import Counter

from storage.audit_events import OUTCOME, AuditEventRepository
from storage.database import Database
from tests.contract.audit.conftest import Ledger, event

PROCESSES, EACH = 4, 60


def _append(url: str, owner: int) -> int:
    database = Database.open(url)
    repository = AuditEventRepository(database)
    fresh = 0
    for number in range(EACH):
        fresh += repository.append(event(number, operation=f"{owner}-{number}"))
        fresh += repository.append(event(number, OUTCOME, operation=f"shared-{number}"))  # everybody's
    database.dispose()
    return fresh


def test_many_writers_make_one_chain(ledger: Ledger, database_url: str) -> None:
    with concurrent.futures.ProcessPoolExecutor(
        PROCESSES, mp_context=multiprocessing.get_context("spawn")
    ) as pool:
        fresh = sum(pool.map(_append, [database_url] * PROCESSES, range(PROCESSES)))
    assert fresh == PROCESSES * EACH + EACH
    report = ledger.trail(None).verify()
    assert (report.broken, report.events) == (None, fresh)
    operations = Counter(event.operation for event in AuditEventRepository(ledger.database).stream())
    assert set(operations.values()) == {1}
