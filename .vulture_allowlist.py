"""Names that vulture finds unused although something uses them. `make check` reads this file with the code.

Each name stands below the reason. What only tests use is dead code and does not belong here.
"""
# ruff: noqa: B018, F821

# Pydantic reads it.
model_config

# Alembic reads them from the modules of migrations.
revision
down_revision

# SQLAlchemy calls them on types of columns, or writes the columns, which people read in the database.
impl
cache_ok
process_bind_param
process_result_value
started_at
shown_at

# The drivers of SQLite read them: text as bytes, and no transaction that the driver begins by itself.
text_factory
isolation_level

# `Exception` shows it in tracebacks.
args

# Read by the name of a role, or looked up by their value.
viewer
SCTP

# Stored with every plan, whose digest covers it: plans of older versions have it too.
volume_uid

# They write pages of docs/, which tests compare.
rights_table
words_page

# Protocols for functions: their call is the calling of the function.
__call__

# `shlex` reads them.
whitespace_split
commenters

# click calls it to read an argument.
convert

# uvicorn calls or reads them.
capture_signals
should_exit

# slack_sdk's Socket Mode client calls them.
_run_current_session
session_id

# websocket-client reads or calls them.
last_pong_tm
on_pong

# Actions that the grammar explains and whose service is not built yet; the catalogue finds them by itself.
WatchStart
WatchList
WatchStop

# Tests go through every action and every view, also those that only a button or the registry leads to.
BY_BUTTON
result_types

# What a driver's profile says of security groups: docs/drivers.md shows it, and a third driver fills it in.
security_rules
purpose
