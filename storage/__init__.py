"""SQLAlchemy models, repositories and Alembic migrations; plain values in and out."""
