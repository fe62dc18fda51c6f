"""Runs the migrations on an engine, replicas that start together in turn."""

from __future__ import annotations

import pathlib

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text


def config() -> Config:
    """Alembic's configuration: where the migrations are."""
    made = Config()
    made.set_main_option("script_location", str(pathlib.Path(__file__).parent))
    return made


def upgrade(engine: Engine, *, lock: int) -> None:
    """Upgrade to the newest migration, in one transaction where the database can."""
    settings = config()
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
        connection.commit()
