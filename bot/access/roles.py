"""Roles are sets of rights; a person has the union of those they are named in."""

import enum
from collections.abc import Iterable

from bot.actions.action import Action, Effect


class Role(enum.StrEnum):
    """What a person may be in a project. By default nobody has a role."""

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
# Actions whose right does not follow from their effect: any of the roles is enough.
OWN_RIGHTS: dict[str, frozenset[Role]] = {
    "template.publish": frozenset({Role.ADMIN}),
    "template.unpublish": frozenset({Role.ADMIN}),
    "template.hide": frozenset({Role.ADMIN}),
    "template.delete": frozenset({Role.ADMIN}),
    "cluster.delete": frozenset({Role.ADMIN}),
    "approvals.form": frozenset({Role.APPROVER}),
    "approvals.decide": frozenset({Role.APPROVER}),
    "approvals.withdraw": frozenset({Role.VIEWER}),  # of one's own request, also when one may ask no more
    "audit.verify": frozenset({Role.APPROVER, Role.ADMIN}),  # it reads the whole project's log
}


def effective(roles: Iterable[Role]) -> frozenset[Role]:
    """Return the roles that somebody has, with those they include."""
    return frozenset(included for role in roles for included in INCLUDES[role])


def sufficient_roles(action: type[Action] | Action) -> frozenset[Role]:
    """Return the roles of which an action needs one; none if anybody may do it (help and whoami)."""
    if action.effect is Effect.TALK:
        return frozenset()
    usual = Role.VIEWER if action.effect is Effect.READ else Role.OPERATOR
    return OWN_RIGHTS.get(action.name, frozenset({usual}))


def permits(roles: Iterable[Role], action: type[Action] | Action) -> bool:
    """Return whether somebody with these roles may do an action."""
    sufficient = sufficient_roles(action)
    return not sufficient or bool(sufficient & effective(roles))
