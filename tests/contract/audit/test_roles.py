"""On PostgreSQL three roles share the audit log: whoever serves can only append, and only the retention
drops.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bot.adapters.durable.outcomes import OutcomeCodec
from bot.adapters.durable.runtime import Runtime
from bot.audit import seals
from bot.audit.signatures import Keyring
from bot.cli.main import main
from storage.audit_chain import AuditChain
from storage.audit_events import AuditEventRepository
from storage.database import Database, DatabaseError
from storage.grants import grant, statements
from storage.models import Base
from tests.contract.audit.conftest import KEY, NOW, Ledger, event

pytestmark = pytest.mark.postgresql
ROLES = ("xk8s_app", "xk8s_retention")


@pytest.fixture
def urls(postgresql_url: str) -> dict[str, str]:
    """URLs of the owner and of two roles with their rights."""
    owner = Database.open(postgresql_url)
    owner.upgrade()
    with owner.writing() as connection:
        for role in ROLES:
            existing = connection.execute(
                text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}
            ).first()
            if existing is None:
                connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD 'sandbox'"))
    grant(owner, application=ROLES[0], retention=ROLES[1])
    grant(owner, application=ROLES[0], retention=ROLES[1])  # said again after every upgrade
    owner.dispose()
    parsed = make_url(postgresql_url)
    return {
        "owner": postgresql_url,
        **{role: parsed.set(username=role, password="sandbox").render_as_string(False) for role in ROLES},
    }


@pytest.fixture
def application(urls: dict[str, str]) -> Iterator[Database]:
    opened = Database.open(urls["xk8s_app"])
    yield opened
    opened.dispose()


def test_the_bot_starts_under_a_role_that_may_change_no_schema(application: Database) -> None:
    assert application.upgrade() is False


def test_the_bot_appends_signs_and_verifies(application: Database) -> None:
    ledger = Ledger(application)
    ledger.write(2)
    ledger.sign()
    assert ledger.trail().verify().shortfall == ""
    assert AuditEventRepository(application).append(event(1)) is False


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET actor = 'U9'",
        "DELETE FROM audit_events",
        "TRUNCATE audit_events",
        "INSERT INTO audit_events SELECT * FROM audit_events",
        "UPDATE audit_head SET position = 1",
        "DELETE FROM audit_signatures",
        "UPDATE audit_signatures SET hash = 'x'",
        "DELETE FROM audit_anchors",
        "INSERT INTO audit_seals SELECT position, hash, at, hash, key, signature FROM audit_signatures",
        "ALTER TABLE audit_events DISABLE TRIGGER ALL",
        "DROP TABLE audit_events",
        "SELECT audit_seal(2, 'x', 'x', 'x', 'x', 'x')",
        "SELECT set_config('xk8s.sealing', 'yes', true); DELETE FROM audit_events",
    ],
)
def test_the_bot_can_change_nothing_of_it(application: Database, statement: str) -> None:
    Ledger(application).write(1)
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
        say(application, statement)
    assert Ledger(application).trail().verify().events == 2


def say(database: Database, statements: str) -> None:
    with database.writing() as connection:
        for statement in statements.split("; "):
            connection.execute(text(statement))


def test_a_temporary_table_does_not_take_the_place_of_the_head(
    application: Database, urls: dict[str, str]
) -> None:
    Ledger(application).write(1)
    say(
        application,
        "CREATE TEMP TABLE audit_head AS SELECT 1 AS id, 0 AS position, '' AS previous, '' AS hash",
    )
    AuditEventRepository(application).append(event(2))
    owner = Database.open(urls["owner"])
    assert Ledger(owner).trail().verify().events == 3
    owner.dispose()


def test_every_other_table_is_the_bots_to_write(application: Database) -> None:
    with application.reading() as connection:
        for table in set(Base.metadata.tables):
            privileges = "SELECT" if table.startswith("audit_") else "SELECT, INSERT, UPDATE, DELETE"
            for privilege in privileges.split(", "):
                query = text("SELECT has_table_privilege(current_user, :table, :right)")
                assert connection.execute(query, {"table": table, "right": privilege}).scalar() is True, (
                    table,
                    privilege,
                )


def test_the_retention_seals_and_can_do_nothing_else(urls: dict[str, str], tmp_path: pathlib.Path) -> None:
    application, retention = Database.open(urls["xk8s_app"]), Database.open(urls["xk8s_retention"])
    try:
        ledger = Ledger(application)
        ledger.write(2)
        ledger.sign(at=NOW)
        with pytest.raises(DatabaseError, match="permission denied"), retention.writing() as connection:
            connection.execute(text("DELETE FROM audit_events"))
        with pytest.raises(DatabaseError, match="permission denied"), retention.reading() as connection:
            connection.execute(text("SELECT * FROM inbox"))
        later = NOW + timedelta(days=1)
        new_seal = seals.seal(AuditChain(retention), Keyring(KEY), tmp_path / "old", before=later, now=later)
        assert new_seal.position == 4 and ledger.trail().verify().begins_after == 4
    finally:
        application.dispose()
        retention.dispose()


def test_a_role_is_a_name_and_nothing_else() -> None:
    for bad in ("x; DROP TABLE inbox", "", "A"):
        with pytest.raises(ValueError, match="no name"):
            statements(application=bad)


class Silent:
    """Nobody looks."""

    def report_progress(self, operation: str, state: object) -> None: ...

    def report_state(self, operation: str, name: str, state: object) -> None: ...

    def report_outcome(self, operation: str, outcome: dict[str, Any]) -> None: ...


def test_the_owner_upgrades_and_grants_and_the_bot_opens_what_is_current(
    postgresql_url: str, tmp_path: pathlib.Path
) -> None:
    server = Database.open(postgresql_url)
    with server.writing() as connection:
        for role in ROLES:
            connection.execute(
                text(
                    f"DO $$ BEGIN CREATE ROLE {role} LOGIN PASSWORD 'sandbox'; EXCEPTION WHEN"
                    " duplicate_object THEN NULL; END $$"
                )
            )
    application = make_url(postgresql_url).set(username=ROLES[0], password="sandbox").render_as_string(False)
    environment = {"XK8S_DATA_DIR": str(tmp_path), "XK8S_DATABASE_URL": application}
    early = CliRunner(env=environment).invoke(main, ["audit", "verify"])
    assert early.exit_code == 1 and "xk8s db upgrade" in early.output
    owner = environment | {"XK8S_DATABASE_URL": postgresql_url}
    upgraded = CliRunner(env=owner).invoke(
        main, ["db", "upgrade", "--application", ROLES[0], "--retention", ROLES[1]]
    )
    assert upgraded.exit_code == 0, upgraded.output
    verified = CliRunner(env=environment).invoke(main, ["audit", "verify"])
    assert verified.exit_code == 0, verified.output
    refused = CliRunner(env=environment).invoke(main, ["db", "upgrade", "--application", ROLES[0]])
    assert refused.exit_code == 1 and "tables' owner" in refused.output
    runtime = Runtime(application, outcomes=OutcomeCodec({}), per_project={"clusters": lambda: 2})
    runtime.launch(executor="replica", reporter=Silent())
    try:
        assert runtime.check() is None, "durable work starts under the bot's role as well"
    finally:
        runtime.stop()
    server.dispose()
