"""Alembic migrations, run from the package: no alembic.ini is needed."""
