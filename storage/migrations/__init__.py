"""Alembic migrations, run from the package, so that no alembic.ini is needed."""
