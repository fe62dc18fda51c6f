"""The YAML file as one model: projects, approvals, and how much is done at once.

Every key has a default or is needed. Durations are text like `15m` or `24h`. What is checked here needs no
network: a mistake stops the start, or leaves the old configuration in force when the file is read again.
"""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, field_validator, model_validator

from bot.settings.approvals import ApprovalSettings
from bot.settings.projects import Project
from bot.settings.values import Duration, SettingsModel


class GroupSettings(SettingsModel):
    """How fresh the memberships of Slack user groups are."""

    refresh: Duration = Field(
        default=timedelta(minutes=5), description="how often a membership is read again"
    )
    grace: Duration = Field(
        default=timedelta(hours=1), description="how old it may be when Slack does not answer"
    )


class MigrationSettings(SettingsModel):
    """Limits of migrations, in number and in time."""

    soak: Duration = Field(
        default=timedelta(hours=24), description="how long the new cluster serves before a deletion"
    )
    per_project: int = Field(default=2, ge=1, description="migrations at work at once in a project")
    ready_timeout: Duration = Field(
        default=timedelta(minutes=30), description="how long workloads may take to be ready"
    )
    answer_timeout: Duration = Field(
        default=timedelta(seconds=30), description="how long a cluster's API may take for one answer"
    )
    retry_for: Duration = Field(
        default=timedelta(seconds=60),
        description=(
            "how long a step that a server keeps from being done is tried again before the migration pauses"
        ),
    )
    snapshots: bool = Field(
        default=True,
        description=(
            "whether Cinder snapshots are taken of the disks before they move; removed with the old cluster"
        ),
    )


class OperationSettings(SettingsModel):
    """Limits of the creation and deletion of clusters."""

    per_project: int = Field(
        default=8, ge=1, description="durable works at once in a project; more wait their turn"
    )
    create_timeout: Duration = Field(
        default=timedelta(minutes=90), description="how long Magnum may take to build a cluster"
    )
    delete_timeout: Duration = Field(
        default=timedelta(minutes=60), description="how long Magnum may take to delete a cluster"
    )
    verify_timeout: Duration = Field(
        default=timedelta(minutes=10), description="how long a new cluster's driver may take to be healthy"
    )


class VerificationSettings(SettingsModel):
    """Limits of verifications, in number and in time."""

    parallel_clusters: int = Field(default=16, ge=1, le=64, description="clusters verified at once")
    timeout: Duration = Field(default=timedelta(seconds=60), description="how long one cluster may take")


class AuditSettings(SettingsModel):
    """Where and how often the audit chain is anchored."""

    anchor_channel: str | None = Field(
        default=None, description="Slack channel that the chain's head is posted to, as an outside witness"
    )
    anchor_every: Duration = Field(
        default=timedelta(hours=1), description="how often it is posted, if it grew"
    )

    @field_validator("anchor_every")
    @classmethod
    def _is_no_flood(cls, value: timedelta) -> timedelta:
        if value < timedelta(minutes=1):
            raise ValueError("an anchor a minute is the most")
        return value


class SlackSettings(SettingsModel):
    """Rate limits of the Slack Web API."""

    updates_per_minute: int = Field(
        default=40, ge=1, le=1_000, description="chat.update a minute, all replicas together"
    )


class Configuration(SettingsModel):
    """The content of the whole file."""

    projects: dict[str, Project] = Field(default={}, description="projects by name")
    groups: GroupSettings = GroupSettings()
    approvals: ApprovalSettings = ApprovalSettings()
    migration: MigrationSettings = MigrationSettings()
    operations: OperationSettings = OperationSettings()
    verification: VerificationSettings = VerificationSettings()
    audit: AuditSettings = AuditSettings()
    slack: SlackSettings = SlackSettings()

    @model_validator(mode="after")
    def _is_consistent(self) -> Configuration:
        owner: dict[str, str] = {}
        for name, project in self.projects.items():
            for channel in project.channels:
                if channel in owner:
                    raise ValueError(f"channel {channel} is in two projects: {owner[channel]} and {name}")
                owner[channel] = name
            if not project.roles.approver.anyone:
                raise ValueError(
                    f"project {name} has no approver: name one in projects.{name}.roles.approver"
                )
        return self
