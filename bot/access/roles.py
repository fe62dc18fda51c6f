"""Roles are sets of rights; a person has the union of those they are named in."""

from __future__ import annotations

import enum
from collections.abc import Iterable

from bot.actions.action import Action, Effect


class Role(enum.StrEnum):
    """What a person may be in a project. Nobody is anything by default."""

    VIEWER = "viewer"  # looks, verifies, diagnoses, previews
    OPERATOR = "operator"  # viewer, and creates, applies, migrates, watches
    APPROVER = "approver"  # viewer, and decides; not operator
    ADMIN = "admin"  # operator, and publishes and deletes; not approver


INCLUDES: dict[Role, frozenset[Role]] = {
    Role.VIEWER: frozenset({Role.VIEWER}),
    Role.OPERATOR: frozenset({Role.OPERATOR, Role.VIEWER}),
    Role.APPROVER: frozenset({Role.APPROVER, Role.VIEWER}),
    Role.ADMIN: frozenset({Role.ADMIN, Role.OPERATOR, Role.VIEWER}),
}
ADMINS_ONLY = frozenset(
    {"template.publish", "template.unpublish", "template.hide", "template.delete", "cluster.delete"}
)


def effective(roles: Iterable[Role]) -> frozenset[Role]:
    """The roles that somebody has, with those they include."""
    return frozenset(included for role in roles for included in INCLUDES[role])


def needed(action: type[Action] | Action) -> Role | None:
    """The role that an action needs; None if anybody may (help and whoami)."""
    if action.effect is Effect.TALK:
        return None
    if action.effect is Effect.READ:
        return Role.VIEWER
    return Role.ADMIN if action.name in ADMINS_ONLY else Role.OPERATOR


def permits(roles: Iterable[Role], action: type[Action] | Action) -> bool:
    """Whether somebody with these roles may do an action."""
    role = needed(action)
    return role is None or role in effective(roles)
