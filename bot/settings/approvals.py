"""Approvals by a second person: which changes need one, of how many people, and for how long it is asked."""

from datetime import timedelta

from pydantic import Field, field_validator

from bot.settings.values import Duration, SettingsModel

DELETIONS = frozenset({"migrate.delete", "cluster.delete"})  # these always need a second person
APPROVABLE = DELETIONS | {
    "cluster.create",
    "migrate.cutover",
    "migrate.start",
    "policy",
    "policy.production",
    "template.delete",
    "template.publish",
}


class ApprovalSettings(SettingsModel):
    """The rules for decisions by a second person."""

    expire: Duration = Field(
        default=timedelta(hours=24), description="how long a request waits for a decision"
    )
    approvers: int = Field(default=1, ge=1, le=10, description="how many people must approve")
    reason: bool = Field(default=False, description="whoever asks must say why (`--reason`)")
    remind: Duration = Field(
        default=timedelta(hours=2), description="how long before the end approvers are reminded, once"
    )
    required: tuple[str, ...] = Field(
        default=(
            "migrate.start",
            "migrate.cutover",
            "migrate.delete",
            "cluster.delete",
            "template.publish",
            "policy.production",
        ),
        description="what needs one; migrate.delete and cluster.delete cannot be taken out",
    )

    @field_validator("required")
    @classmethod
    def _has_the_deletions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        missing = sorted(DELETIONS - set(value))
        if missing:
            raise ValueError(
                f"{' and '.join(missing)} cannot be taken out: a deletion always needs a second person"
            )
        unknown = sorted(set(value) - APPROVABLE)
        if unknown:
            raise ValueError(f"nothing is called {unknown[0]}: there are {', '.join(sorted(APPROVABLE))}")
        return value
