"""Conflicts of server-side apply: fields of a policy that other field managers own.

See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts.
"""

import dataclasses
from collections.abc import Iterable

from bot.adapters.kube import writes
from bot.adapters.kube.errors import FieldConflict
from bot.policy.errors import OwnedByOthers


@dataclasses.dataclass(frozen=True, kw_only=True)
class Takeover:
    """A field that an apply would take over from another field manager."""

    manager: str
    field: str


def takeovers_of(conflict: FieldConflict) -> tuple[Takeover, ...]:
    """Return the fields that an apply would take over.

    What this bot wrote itself in another way, in a roll-back, belongs to it and is left out.
    """
    takeovers = (
        Takeover(manager=cause.message.removeprefix('conflict with "').partition('"')[0], field=cause.field)
        for cause in conflict.causes
    )
    return tuple(takeover for takeover in takeovers if takeover.manager != writes.FIELD_MANAGER)


def owned_by_others(takeovers: Iterable[Takeover]) -> OwnedByOthers:
    """Return the refusal that names each manager and field."""
    return OwnedByOthers(
        "Other field managers own what would be written",
        why="\n".join(f"{takeover.manager} owns {takeover.field}" for takeover in takeovers),
        fix="Change it with that tool, or take the fields over: add `--force-conflicts`.",
    )
