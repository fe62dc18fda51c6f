"""An event of the audit log, for tests that say only what matters in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from storage.audit_events import INTENT, AuditEvent


def audit_event(**changes: Any) -> AuditEvent:
    """Return the intent to create a template, with other fields where a test names them.

    An outcome (`phase`) has succeeded, unless the test says otherwise.
    """
    values: dict[str, Any] = {
        "operation": "op-1",
        "phase": INTENT,
        "reference": "7f3a",
        "at": datetime(2026, 11, 24, 12, tzinfo=UTC),
        "actor": "U1",
        "actor_name": "ana",
        "team": "T1",
        "entry": "command",
        "channel": "C1",
        "thread": "1.0",
        "project": "shop",
        "action": "template.create",
        "arguments": {"driver": "flannel"},
        "target": "k8s-dev",
    }
    values |= changes
    values.setdefault("outcome", "" if values["phase"] == INTENT else "succeeded")
    return AuditEvent(**values)
