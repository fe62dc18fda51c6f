"""Alembic's entry point: migrates the connection that `run.upgrade` passes to it."""

from alembic import context

from storage.models import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, compare_type=True
)
context.run_migrations()
