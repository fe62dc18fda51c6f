"""What the configuration says of people, approvals and channels, as `bot.access` takes it."""

from bot.access.approvals import ApprovalRules
from bot.access.authorisation import ProjectAccess, RoleMembers
from bot.access.roles import Role
from bot.settings import Configuration
from bot.settings.projects import Project


def approval_rules(configuration: Configuration) -> ApprovalRules:
    """Return the rules of approvals; a reminder comes at the earliest half-way to the expiry."""
    approvals = configuration.approvals
    return ApprovalRules(
        required=frozenset(approvals.required),
        expire=approvals.expire,
        remind=min(approvals.remind, approvals.expire / 2),
        approvers=approvals.approvers,
        reason=approvals.reason,
    )


def project_access(configuration: Configuration) -> dict[str, ProjectAccess]:
    """Return the channels and people of every project."""
    return {
        name: ProjectAccess(
            name=name,
            channels=frozenset(project.channels),
            roles={role: _members(project, role) for role in Role},
        )
        for name, project in configuration.projects.items()
    }


def _members(project: Project, role: Role) -> RoleMembers:
    members = getattr(project.roles, role)
    return RoleMembers(
        users=frozenset(members.users),
        groups=frozenset(members.groups),
        everyone=members.everyone,
        terminal=frozenset(members.terminal),
    )


def home_channel(configuration: Configuration, project: str) -> str:
    """Return where a request that came from no channel is decided: the project's first channel, or ""."""
    settings = configuration.projects.get(project)
    return settings.channels[0] if settings and settings.channels else ""
