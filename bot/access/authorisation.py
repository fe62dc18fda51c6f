"""Who may do what, where: the project of a request and the roles of whoever asks. Default is refusal.

The project follows from the channel; `--project` counts only where no channel says it. So an action in a
channel of one project cannot reach another's clusters, whatever it names.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from bot.access.directory import CachedGroups, Directory
from bot.access.roles import INCLUDES, Role, effective, permits, sufficient_roles
from bot.actions.action import Action, Effect
from bot.actions.approvals import ApprovalDecide
from bot.actions.catalog import ACTIONS
from bot.actions.request import Person, Place
from bot.common.problems import Problem, Refusal


@dataclasses.dataclass(frozen=True, kw_only=True)
class RoleMembers:
    """Who has one role in one project; `terminal` has users of operating systems."""

    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    everyone: bool = False
    terminal: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProjectAccess:
    """The channels and people of a project."""

    name: str
    channels: frozenset[str]
    roles: Mapping[Role, RoleMembers]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asker:
    """Who asks, and where, as the request says it."""

    person: str
    team: str
    bot: bool
    channel: str
    direct: bool

    @classmethod
    def of(cls, person: Person, place: Place, *, bot: bool = False) -> Asker:
        """Return the asker of a request. The App Home and a terminal are in no channel, which is direct."""
        direct = place.direct or not place.channel
        return cls(person=person.id, team=person.team, bot=bot, channel=place.channel, direct=direct)

    @property
    def terminal_user(self) -> str | None:
        """The user of the operating system, for a person `terminal:<user>@<host>`."""
        scheme, _, user = self.person.partition(":")
        return user.split("@")[0] if scheme == "terminal" else None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Grant:
    """The project (None for talk outside of one) and the roles of the asker, each with its reason."""

    project: str | None
    roles: Mapping[Role, str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class AccessSummary:
    """The answer to `whoami`."""

    person: str
    project: str | None
    roles: Mapping[Role, str]
    may: tuple[str, ...]  # names of actions
    may_not: tuple[str, ...]


class AccessDenied(Refusal):
    """The rules do not allow this person to do this here."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Deciders:
    """Who may decide in a project: named users and groups, and all `people` of both that are known."""

    users: tuple[str, ...]
    groups: tuple[str, ...]
    everyone: bool
    people: frozenset[str]

    def enough_without(self, person: str, needed: int) -> bool:
        """Return whether so many people other than `person` can decide, as far as that is known."""
        return self.everyone or bool(self.groups) or len(self.people - {person}) >= needed


class Authoriser:
    """Decides over each request anew, from the configuration in force and the directory."""

    def __init__(
        self,
        *,
        projects: Callable[[], Mapping[str, ProjectAccess]],
        directory: Directory,
        groups: CachedGroups,
        team: Callable[[], str],
        stranger: Callable[[], None] = lambda: None,
    ) -> None:
        """`stranger` is called for every request from another workspace."""
        self._projects = projects
        self._directory = directory
        self._groups = groups
        self._team = team
        self._stranger = stranger

    def authorise(self, action: Action, asker: Asker) -> Grant:
        """Return the project and roles under which an action may be done. Raises `AccessDenied`."""
        self._refuse_outsiders(asker)
        project = self._project(action, asker)
        if project is None:
            return Grant(project=None, roles={})
        roles = self.roles(project, asker)
        if action.effect is not Effect.TALK and not permits(roles, action):
            raise self._missing_role(action, project, roles, asker)
        return Grant(project=project.name, roles=roles)

    def whoami(self, asker: Asker, project: str | None) -> AccessSummary:
        """Return the roles of somebody in a project, and which actions these allow."""
        access = self._projects().get(project) if project else None
        roles = self.roles(access, asker) if access else {}
        kinds: tuple[type[Action], ...] = (*ACTIONS, ApprovalDecide)
        allowed = {
            kind.name: (access is not None and permits(roles, kind)) or not sufficient_roles(kind)
            for kind in kinds
        }
        return AccessSummary(
            person=asker.person,
            project=project,
            roles=roles,
            may=tuple(name for name, yes in allowed.items() if yes),
            may_not=tuple(name for name, yes in allowed.items() if not yes),
        )

    def roles(self, project: ProjectAccess, asker: Asker) -> dict[Role, str]:
        """Return the roles that somebody has in a project, each with its reason."""
        reasons: dict[Role, str] = {}
        for role in Role:
            reason = self._reason(project, role, asker)
            if reason:
                for included in INCLUDES[role]:
                    reasons.setdefault(included, reason if included is role else f"{role} includes it")
        return {role: reasons[role] for role in Role if role in reasons}

    def deciders(self, project: str) -> Deciders:
        """Return who may decide over requests of a project."""
        access = self._projects().get(project)
        members = access.roles.get(Role.APPROVER, RoleMembers()) if access else RoleMembers()
        group_members = [self._groups.members(group) for group in sorted(members.groups)]
        return Deciders(
            users=tuple(sorted(members.users)),
            groups=tuple(sorted(members.groups)),
            everyone=members.everyone,
            people=frozenset(members.users).union(*group_members),
        )

    def home_roles(self, person: str, team: str) -> dict[str, dict[Role, str]]:
        """Return the projects in which somebody has a role, wherever they are."""
        asker = Asker(person=person, team=team, bot=False, channel="", direct=True)
        roles_by_project = {project.name: self.roles(project, asker) for project in self._projects().values()}
        return {name: roles for name, roles in sorted(roles_by_project.items()) if roles}

    def _refuse_outsiders(self, asker: Asker) -> None:
        if asker.bot:
            raise AccessDenied("Bots may not ask for anything", fix="Ask as a person.")
        if asker.terminal_user is None and self._team() and asker.team != self._team():
            self._stranger()
            raise AccessDenied("You belong to another Slack workspace", fix="Ask somebody of this workspace.")

    def _project(self, action: Action, asker: Asker) -> ProjectAccess | None:
        projects = self._projects()
        channel_project = next(
            (project for project in projects.values() if asker.channel in project.channels), None
        )
        if channel_project is not None:
            if action.project not in (None, channel_project.name):
                raise AccessDenied(
                    f"This channel is about the project {channel_project.name}, not {action.project}",
                    fix=f"Ask in a channel of {action.project}.",
                )
            return channel_project
        if action.project is not None and (asker.direct or asker.terminal_user is not None):
            return self._named_project(projects, action.project, asker)
        if asker.terminal_user is not None and len(projects) == 1:
            return next(iter(projects.values()))
        if action.effect is Effect.TALK:
            return None
        raise self._no_project(projects, asker)

    def _named_project(self, projects: Mapping[str, ProjectAccess], name: str, asker: Asker) -> ProjectAccess:
        project = projects.get(name)
        if project is None or not self.roles(
            project, asker
        ):  # which projects there are is not told to outsiders
            raise AccessDenied(
                f"You have no role in a project {name}", fix="See `/xk8s whoami` in your team's channel."
            )
        return project

    def _no_project(self, projects: Mapping[str, ProjectAccess], asker: Asker) -> AccessDenied:
        if asker.direct:
            return AccessDenied(
                "A direct message is about no project",
                fix="Ask in your team's channel, or add `--project NAME`.",
            )
        if asker.terminal_user is not None:
            return AccessDenied(
                "Say which project", fix=f"Add `--project` with one of {', '.join(sorted(projects))}."
            )
        return AccessDenied(
            "This channel belongs to no project",
            fix=(
                f"Add `{asker.channel}` to `projects.NAME.channels` in the configuration, or ask in a"
                " project's channel."
            ),
        )

    def _reason(self, project: ProjectAccess, role: Role, asker: Asker) -> str:
        members = project.roles.get(role, RoleMembers())
        user = asker.terminal_user
        if user is not None:
            return f"{user} is named for terminals" if user in members.terminal else ""
        if asker.person in members.users:
            return "you are named"
        for group in sorted(members.groups):
            if self._groups.has(group, asker.person):
                return f"group {group}"
        if members.everyone and self._is_insider(project, asker):
            return "everyone in the channel"
        return ""

    def _is_insider(self, project: ProjectAccess, asker: Asker) -> bool:
        try:
            if self._directory.person(asker.person).outsider:
                return False
            if asker.channel in project.channels:
                return True
            return any(
                self._directory.is_member(asker.person, channel) for channel in sorted(project.channels)
            )
        except Problem:
            return False  # who cannot be looked up is nobody

    def _missing_role(
        self, action: Action, project: ProjectAccess, roles: Mapping[Role, str], asker: Asker
    ) -> AccessDenied:
        sufficient = sufficient_roles(action)
        highest = max(roles, key=lambda role: len(INCLUDES[role]), default=None)
        being = f"you are {highest} ({roles[highest]})" if highest else "you have no role here"
        able = {
            person
            for role, members in project.roles.items()
            if sufficient & effective([role])
            for person in members.users
        }
        mentions = ", ".join(f"<@{person}>" for person in sorted(able - {asker.person}))
        fix = f"Ask {mentions}, or see `/xk8s whoami`." if mentions else "See `/xk8s whoami`."
        return AccessDenied(
            f"You may not do that in {project.name}: it needs {' or '.join(sorted(sufficient))}, {being}",
            fix=fix,
        )
