"""`audit`: the project's log, filtered. Viewers and operators see their own events, others all."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime

from bot.access.authorise import Asker, Authoriser, ProjectAccess
from bot.access.roles import Role
from bot.actions.audit import AuditList
from bot.actions.values import resolve_moment
from bot.audit.log import AuditLog, AuditPage
from bot.requests.service import Context
from storage.audit import AuditFilter


@dataclasses.dataclass(frozen=True, kw_only=True)
class AuditShown:
    """A page of the log; `own` if only the asker's events may be seen."""

    page: AuditPage
    action: AuditList
    own: bool


@dataclasses.dataclass(frozen=True)
class AuditServices:
    """The word `audit`."""

    log: AuditLog
    authoriser: Authoriser
    projects: Callable[[], dict[str, ProjectAccess]]
    now: Callable[[], datetime]

    def list(self, action: AuditList, context: Context) -> AuditShown:
        """Show a page of the log."""
        own = not self._sees_all(context)
        now = self.now()
        wanted = AuditFilter(
            project=context.project, actor=context.person.id if own else action.actor, action=action.action,
            target=action.about, outcome=action.outcome, but=context.operation,
            since=resolve_moment(action.since, now=now) if action.since else None,
            until=resolve_moment(action.until, now=now) if action.until else None,
        )  # fmt: skip
        return AuditShown(page=self.log.find(wanted, page=action.page or 1), action=action, own=own)

    def _sees_all(self, context: Context) -> bool:
        project = self.projects().get(context.project or "")
        if project is None:
            return False
        asker = Asker(
            person=context.person.id, team=context.person.team, bot=False, channel=context.place.channel,
            direct=context.place.direct,
        )  # fmt: skip
        return bool({Role.APPROVER, Role.ADMIN} & set(self.authoriser.roles(project, asker)))
