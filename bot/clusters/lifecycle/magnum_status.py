"""What Magnum says of a cluster that is being built or deleted, and of its failures."""

from collections.abc import Mapping
from typing import Any

MOST_FAULTS = 6
LONGEST_FAULT = 400  # characters


def status_of(body: Mapping[str, Any]) -> str:
    """Return the status of a cluster; empty if Magnum has told nothing of it."""
    return str(body.get("status") or "")


def failure_of(body: Mapping[str, Any]) -> str:
    """Return Magnum's reason for a failure, and its faults one a line."""
    reason = str(body.get("status_reason") or "Magnum gives no reason")
    faults = list((body.get("faults") or {}).items())[:MOST_FAULTS]
    return "\n".join(
        [f"{status_of(body)}: {reason}", *(f"{part}: {_shortened(fault)}" for part, fault in faults)]
    )


def _shortened(fault: object) -> str:
    text = " ".join(str(fault).split())
    return text if len(text) <= LONGEST_FAULT else text[: LONGEST_FAULT - 1] + "…"
