"""The database: SQLAlchemy models, repositories and Alembic migrations, with plain values in and out.

A repository is named for what it holds and takes the time as an argument. Rows, sessions and SQL stay inside;
of the bot's packages only `bot.common` is used.
"""
