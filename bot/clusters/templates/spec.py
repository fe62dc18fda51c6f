"""What a new cluster template is made of: a person's request, the configuration's defaults, the outcome."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from bot.common.problems import Refusal
from bot.drivers.driver import Driver
from bot.drivers.template_rules import OptionValues


class BadTemplate(Refusal):
    """Such a template cannot work; the text says what to set."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class TemplateValues:
    """What both a request and the configuration may give; None means that they do not."""

    image: str | None = None
    flavor: str | None = None
    master_flavor: str | None = None
    external_network: str | None = None
    keypair: str | None = None
    kubernetes: str | None = None
    container_runtime: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Defaults(TemplateValues):
    """What the configuration gives: the project's values, and labels by driver."""

    name: str = "k8s-{kubernetes}-{driver}"
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    driver_labels: Mapping[Driver, Mapping[str, str]] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TemplateRequest(TemplateValues):
    """What a person asked for."""

    driver: Driver
    name: str | None = None
    pool: str | None = None  # the pod range, CIDR
    options: OptionValues = dataclasses.field(default_factory=dict)  # of drivers
    labels: tuple[str, ...] = ()  # `KEY=VALUE`
    public: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class TemplateSpec:
    """A template as it is sent to Magnum."""

    name: str
    driver: Driver
    kubernetes: str
    image: str
    flavor: str
    master_flavor: str
    external_network: str
    keypair: str | None
    labels: Mapping[str, str]
    public: bool

    def to_magnum(self) -> dict[str, Any]:
        """Return the body of Magnum's POST."""
        body: dict[str, Any] = {
            "name": self.name,
            "coe": "kubernetes",
            "network_driver": str(self.driver),
            "image_id": self.image,
            "flavor_id": self.flavor,
            "master_flavor_id": self.master_flavor,
            "external_network_id": self.external_network,
            "labels": dict(self.labels),
            "public": self.public,
            "floating_ip_enabled": True,
            "master_lb_enabled": True,
            "volume_driver": "cinder",
            "docker_storage_driver": "overlay2",
        }
        return {**body, "keypair_id": self.keypair} if self.keypair else body
