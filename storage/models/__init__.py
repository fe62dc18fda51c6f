"""The tables as SQLAlchemy models, one module a subject. Each class is named for its table.

The Alembic migrations bring a database to exactly these tables; a test compares the two. Rows stay inside
`storage`: repositories return dataclasses of their own. The modules are imported here, so that the metadata
is complete for whoever imports the package.
"""

from storage.models import approvals, audit, clusters, messages, requests
from storage.models.base import Base, Json, NullableJson, Number, UtcTime, stamp

__all__ = [
    "Base",
    "Json",
    "NullableJson",
    "Number",
    "UtcTime",
    "approvals",
    "audit",
    "clusters",
    "messages",
    "requests",
    "stamp",
]
