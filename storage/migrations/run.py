"""Runs the Alembic migrations on an engine; replicas that start together upgrade one after the other."""

import pathlib

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text


def config() -> Config:
    """Return Alembic's configuration, which says where the migrations are."""
    configuration = Config()
    configuration.set_main_option("script_location", str(pathlib.Path(__file__).parent))
    return configuration


def upgrade(engine: Engine, *, lock: int) -> None:
    """Upgrade to the newest migration in one transaction; `lock` is PostgreSQL's advisory lock for it."""
    configuration = config()
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
        connection.commit()
