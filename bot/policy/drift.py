"""What others did to a policy: after a change was made, or while a change was on its way.

A change that was cut off is finished by these rules. If the live object is as it was before, the change has
not been written; if it is as it was to be, the change has been written; otherwise somebody else intervened.
"""

import enum
from collections.abc import Mapping
from typing import Any

from bot.policy import content
from storage.policy_changes import PolicyChange

_LiveObject = Mapping[str, Any] | None


class TargetState(enum.Enum):
    """The state of a policy in relation to a change that was cut off."""

    UNCHANGED = "as it was before"
    WRITTEN = "as it was to be"
    CHANGED_BY_OTHERS = "somebody else changed it"


def target_state(change: PolicyChange, live: _LiveObject) -> TargetState:
    """Compare a live policy, None if there is none, with a change.

    `after` of a change that has only begun is what the server's dry run said it would make of it.
    """
    deleting = live is not None and bool(live["metadata"].get("deletionTimestamp"))
    if change.after is None:
        if live is None or deleting:
            return TargetState.WRITTEN
    elif live is not None and not deleting and content.strip_server_fields(live) == change.after:
        return TargetState.WRITTEN
    if live is None:
        unchanged = change.before is None
    else:
        version = (live["metadata"].get("uid"), live["metadata"].get("resourceVersion"))
        unchanged = version == (change.before_uid, change.before_version)
    return TargetState.UNCHANGED if unchanged else TargetState.CHANGED_BY_OTHERS


def drift_after(change: PolicyChange, live: _LiveObject) -> str:
    """Say what happened to a policy after a change was made; empty if nothing did."""
    if live is None:
        return "" if change.after is None else "it was deleted since"
    writer = _last_writer(live)
    if change.after is None:
        return f"somebody made it again{writer}"
    if live["metadata"].get("uid") != change.after_uid:
        return f"it was deleted and made again{writer}"
    if live["metadata"].get("resourceVersion") == change.after_version:
        return ""
    differences = content.describe_differences(change.after, content.strip_server_fields(live))
    return ("; ".join(differences) or "its content is the same, but it was written again") + writer


def drift_during(change: PolicyChange, live: _LiveObject) -> str:
    """Say what happened to a policy between the plan of a change and its write; empty if nothing is seen."""
    if live is None:
        return "it was deleted in the meantime"
    writer = _last_writer(live)
    if change.before is None:
        return f"somebody made a policy of this name{writer}"
    if live["metadata"].get("uid") != change.before_uid:
        return f"it was deleted and made again{writer}"
    differences = content.describe_differences(change.before, content.strip_server_fields(live))
    return "; ".join(differences) + writer


def _last_writer(live: Mapping[str, Any]) -> str:
    writer = content.describe_last_writer(live)
    return f" (last written by {writer})" if writer else ""
