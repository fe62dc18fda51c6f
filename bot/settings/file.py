"""The YAML file: projects, roles, approvals, and how much is done at once. Every key has a default or is
needed.

Durations are text like `15m` or `24h`. What is checked here needs no network: a mistake stops the start,
or leaves the old configuration in force when it is read again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

_DURATION = re.compile(r"(\d+)(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _duration(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    found = _DURATION.fullmatch(str(value))
    if found is None:
        raise ValueError(f"{value!r} is not a length of time like 15m or 24h")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


Duration = Annotated[timedelta, BeforeValidator(_duration)]


def _known_driver(name: str, info: ValidationInfo) -> str:
    """Refuse a driver that is not among those that whoever reads the file knows (see `loader`)."""
    known: Collection[str] = (info.context or {}).get("drivers", ())
    if name not in known:
        *others, last = [repr(driver) for driver in known] or ["nothing"]
        raise ValueError(f"Input should be {', '.join(others) + ' or ' if others else ''}{last}")
    return name


DriverName = Annotated[str, AfterValidator(_known_driver)]
DELETIONS = frozenset({"migrate.delete", "cluster.delete"})
APPROVABLE = frozenset(
    {"migrate.start", "migrate.cutover", "template.publish", "template.delete", "cluster.create"}
    | {"policy.production", "policy"}
    | DELETIONS
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DriverDefaults(_Strict):
    """What a driver's templates get unless it is said otherwise."""

    labels: dict[str, str] = Field(
        default={}, description="Magnum labels, for example the pod range and the tag"
    )

    @field_validator("labels", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {str(k): str(v).lower() if isinstance(v, bool) else str(v) for k, v in value.items()}
        return value


class TemplateDefaults(_Strict):
    """What `template create` needs and was not said."""

    name: str = Field(
        default="k8s-{kubernetes}-{driver}",
        description="name of a new template; {kubernetes}, {driver}, {project}",
    )
    image: str | None = Field(default=None, description="image of the nodes, as Glance calls it")
    flavor: str | None = Field(default=None, description="flavor of the nodes")
    master_flavor: str | None = Field(
        default=None, description="flavor of the control plane; default: flavor"
    )
    external_network: str | None = Field(default=None, description="network of floating IPs")
    keypair: str | None = Field(default=None, description="SSH keypair of the nodes")
    kubernetes: str | None = Field(default=None, description="Kubernetes version (Magnum's kube_tag)")
    container_runtime: str | None = Field(
        default=None, description="containerd, needed from Kubernetes 1.24 on"
    )
    labels: dict[str, str] = Field(default={}, description="labels for templates of every driver")
    drivers: dict[DriverName, DriverDefaults] = Field(
        default={}, description="what differs from driver to driver"
    )

    @field_validator("name")
    @classmethod
    def _known_placeholders(cls, value: str) -> str:
        unknown = set(re.findall(r"{([^}]*)}", value)) - {"kubernetes", "driver", "project"}
        if unknown:
            raise ValueError(
                f"unknown placeholder {{{unknown.pop()}}}: there are {{kubernetes}}, {{driver}}, {{project}}"
            )
        return value

    @field_validator("labels", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return DriverDefaults(labels=value).labels if isinstance(value, dict) else value


class ConfiguredCluster(_Strict):
    """A cluster that Magnum does not know (kubeconfig), or marks for one that it knows."""

    kubeconfig: Path | None = Field(default=None, description="kubeconfig file; relative to this file")
    context: str | None = Field(
        default=None, description="context of the kubeconfig; default: its current one"
    )
    driver: DriverName | None = Field(default=None, description="the driver it is meant to run")
    production: bool = Field(default=False, description="policy changes on it need an approval")

    @field_validator("kubeconfig")
    @classmethod
    def _exists(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is None:
            return None
        folder = (info.context or {}).get("folder")
        found = value if value.is_absolute() or folder is None else Path(folder) / value
        if not found.is_file():
            raise ValueError(f"there is no file {found}")
        return found


class Members(_Strict):
    """Who has a role."""

    users: tuple[str, ...] = Field(default=(), description="Slack user ids")
    groups: tuple[str, ...] = Field(default=(), description="Slack user group ids")
    everyone: bool = Field(
        default=False, description="everyone in the project's channels but guests, bots, other teams"
    )
    terminal: tuple[str, ...] = Field(default=(), description="users of the operating system, for `xk8s run`")

    @property
    def anyone(self) -> bool:
        """Whether somebody is named at all."""
        return bool(self.users or self.groups or self.everyone or self.terminal)


class Roles(_Strict):
    """Sets: a person has the union of the roles they are named in. Nobody named: no access."""

    viewer: Members = Members()
    operator: Members = Members()
    approver: Members = Members()
    admin: Members = Members()


class ObjectSelector(_Strict):
    """Which objects of the source are meant; what is not said may be anything."""

    kind: str = Field(
        default="", description="kind, such as Deployment; with its group if two have it: Kind.group"
    )
    namespace: str = Field(default="", description="namespace; may hold * and ?")
    name: str = Field(default="", description="name; may hold * and ?")
    labels: dict[str, str] = Field(default={}, description="labels that it must have")

    @model_validator(mode="after")
    def _says_something(self) -> ObjectSelector:
        if not (self.kind or self.namespace or self.name or self.labels):
            raise ValueError("say which objects: kind, namespace, name or labels")
        return self

    def selects(self, obj: Mapping[str, Any]) -> bool:
        """Whether an object (as a Kubernetes API gives it) is meant."""
        meta = obj["metadata"]
        group = str(obj.get("apiVersion", "")).rpartition("/")[0]
        return (
            self.kind in ("", obj.get("kind"), f"{obj.get('kind')}.{group}")
            and fnmatchcase(meta.get("namespace") or "", self.namespace or "*")
            and fnmatchcase(meta["name"], self.name or "*")
            and all((meta.get("labels") or {}).get(key) == value for key, value in self.labels.items())
        )


class ObjectPatch(ObjectSelector):
    """A JSON patch (RFC 6902) for some objects, after every other rule."""

    patch: tuple[dict[str, Any], ...] = Field(description="operations: op, path, value, from")

    @field_validator("patch")
    @classmethod
    def _is_a_patch(cls, value: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
        for number, operation in enumerate(value):
            missing = [key for key in ("op", "path") if not isinstance(operation.get(key), str)]
            if missing:
                raise ValueError(f"operation {number + 1} has no {missing[0]}")
            if operation["op"] not in ("add", "remove", "replace", "move", "copy", "test"):
                raise ValueError(f"operation {number + 1}: there is no op {operation['op']!r}")
        return value


class Mappings(_Strict):
    """What is called otherwise in the new cluster, and what is left out."""

    storage_classes: dict[str, str] = Field(default={}, description="old StorageClass to new one")
    ingress_classes: dict[str, str] = Field(default={}, description="old IngressClass to new one")
    node_labels: dict[str, str] = Field(
        default={},
        description="`key=value` of a node selector or affinity to the new `key=value`; empty: taken out",
    )
    tolerations: dict[str, str] = Field(default={}, description="old taint key to new one; empty: taken out")
    registries: dict[str, str] = Field(default={}, description="start of an image's name to the new start")
    keep_finalizers: tuple[str, ...] = Field(
        default=(),
        description="finalizers that a controller of the new cluster handles; all others are dropped",
    )
    helm: Literal["copy", "reinstall"] = Field(
        default="copy",
        description="whether Helm's release records go along, or the charts are installed anew",
    )
    addresses: Literal["new", "keep"] = Field(
        default="new",
        description="load balancers get new addresses, or floating IPs are moved at the cut-over",
    )
    skip: tuple[ObjectSelector, ...] = Field(default=(), description="objects that are left out")
    patches: tuple[ObjectPatch, ...] = Field(default=(), description="JSON patches")


class Project(_Strict):
    """One cloud, its channels, its clusters, its people."""

    cloud: str | None = Field(
        default=None, description="entry of clouds.yaml; absent: kubeconfig clusters only"
    )
    channels: tuple[str, ...] = Field(
        default=(), description="Slack channel ids; a channel belongs to one project"
    )
    template_defaults: TemplateDefaults = TemplateDefaults()
    clusters: dict[str, ConfiguredCluster] = Field(default={}, description="clusters by name")
    roles: Roles = Roles()
    mappings: Mappings = Mappings()
    credentials_group: str = Field(
        default="system:masters", description="Kubernetes group that certificates signed by Magnum ask for"
    )


class GroupSettings(_Strict):
    """Slack user groups."""

    refresh: Duration = Field(
        default=timedelta(minutes=5), description="how often a membership is read again"
    )
    grace: Duration = Field(
        default=timedelta(hours=1), description="how old it may be when Slack does not answer"
    )


class ApprovalSettings(_Strict):
    """Decisions by a second person."""

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
    def _deletions_stay(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        missing = sorted(DELETIONS - set(value))
        if missing:
            raise ValueError(
                f"{' and '.join(missing)} cannot be taken out: a deletion always needs a second person"
            )
        unknown = sorted(set(value) - APPROVABLE)
        if unknown:
            raise ValueError(f"nothing is called {unknown[0]}: there are {', '.join(sorted(APPROVABLE))}")
        return value


class MigrationSettings(_Strict):
    """Migrations."""

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


class OperationSettings(_Strict):
    """Creation and deletion of clusters."""

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


class VerificationSettings(_Strict):
    """Verification."""

    parallel_clusters: int = Field(default=16, ge=1, le=64, description="clusters verified at once")
    timeout: Duration = Field(default=timedelta(seconds=60), description="how long one cluster may take")


class AuditSettings(_Strict):
    """The audit chain."""

    anchor_channel: str | None = Field(
        default=None, description="Slack channel that the chain's head is posted to, as an outside witness"
    )
    anchor_every: Duration = Field(
        default=timedelta(hours=1), description="how often it is posted, if it grew"
    )

    @field_validator("anchor_every")
    @classmethod
    def _not_a_flood(cls, value: timedelta) -> timedelta:
        if value < timedelta(minutes=1):
            raise ValueError("an anchor a minute is the most")
        return value


class SlackSettings(_Strict):
    """Slack's limits."""

    updates_per_minute: int = Field(
        default=40, ge=1, le=1_000, description="chat.update a minute, all replicas together"
    )


class Configuration(_Strict):
    """The whole file."""

    projects: dict[str, Project] = Field(default={}, description="projects by name")
    groups: GroupSettings = GroupSettings()
    approvals: ApprovalSettings = ApprovalSettings()
    migration: MigrationSettings = MigrationSettings()
    operations: OperationSettings = OperationSettings()
    verification: VerificationSettings = VerificationSettings()
    audit: AuditSettings = AuditSettings()
    slack: SlackSettings = SlackSettings()

    @model_validator(mode="after")
    def _consistent(self) -> Configuration:
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

    def project_of(self, channel: str) -> str | None:
        """The project that a channel is about."""
        return next((name for name, project in self.projects.items() if channel in project.channels), None)
