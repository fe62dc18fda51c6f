"""The tables as SQLAlchemy models, one module a subject. Each class is named for its table.

The Alembic migrations bring a database to exactly these tables; a test compares the two. Rows stay inside
`storage`: repositories return dataclasses of their own.
"""

from storage.models import approvals, audit, clusters, messages, requests  # noqa: F401 - add their tables
from storage.models.base import Base, Json, NullableJson, Number, UtcTime, stamp

__all__ = ["Base", "Json", "NullableJson", "Number", "UtcTime", "stamp"]
