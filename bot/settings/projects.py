"""Projects: the cloud of each, its channels, template defaults, clusters and roles."""

import re
from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator

from bot.settings.mappings import Mappings
from bot.settings.values import DriverName, Labels, SettingsModel


class DriverDefaults(SettingsModel):
    """The defaults of one driver's templates."""

    labels: Labels = Field(default={}, description="Magnum labels, for example the pod range and the tag")


class TemplateDefaults(SettingsModel):
    """What `template create` needs and the command has left out."""

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
    labels: Labels = Field(default={}, description="labels for templates of every driver")
    drivers: dict[DriverName, DriverDefaults] = Field(
        default={}, description="what differs from driver to driver"
    )

    @field_validator("name")
    @classmethod
    def _has_known_placeholders(cls, value: str) -> str:
        unknown = set(re.findall(r"{([^}]*)}", value)) - {"kubernetes", "driver", "project"}
        if unknown:
            raise ValueError(
                f"unknown placeholder {{{unknown.pop()}}}: there are {{kubernetes}}, {{driver}}, {{project}}"
            )
        return value


class ConfiguredCluster(SettingsModel):
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
        path = value if value.is_absolute() or folder is None else Path(folder) / value
        if not path.is_file():
            raise ValueError(f"there is no file {path}")
        return path


class Members(SettingsModel):
    """The people who have a role."""

    users: tuple[str, ...] = Field(default=(), description="Slack user ids")
    groups: tuple[str, ...] = Field(default=(), description="Slack user group ids")
    everyone: bool = Field(
        default=False, description="everyone in the project's channels but guests, bots, other teams"
    )
    terminal: tuple[str, ...] = Field(default=(), description="users of the operating system, for `xk8s run`")

    @property
    def anyone(self) -> bool:
        """Whether anybody is named at all."""
        return bool(self.users or self.groups or self.everyone or self.terminal)


class Roles(SettingsModel):
    """The roles of a project: a person has all those they are named in, and without one no access."""

    viewer: Members = Members()
    operator: Members = Members()
    approver: Members = Members()
    admin: Members = Members()


class Project(SettingsModel):
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
