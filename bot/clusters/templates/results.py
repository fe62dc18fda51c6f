"""Cluster templates as Magnum has them, and what the words of `template` answer, as plain data."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.adapters.openstack.magnum import DEFAULT_NETWORK_DRIVER
from bot.clusters.references import created_at, parse_time
from bot.clusters.templates.spec import Defaults, TemplateSpec
from bot.common.problems import Ambiguous, Choice, Refusal
from bot.drivers.catalog import find_driver
from bot.drivers.driver import Driver


@dataclasses.dataclass(frozen=True, kw_only=True)
class Template:
    """A template as Magnum has it."""

    id: str
    name: str
    driver: Driver | None  # None for a driver that is not in the catalogue
    network_driver: str  # Magnum's word, for any driver
    kubernetes: str
    image: str
    flavor: str
    master_flavor: str
    external_network: str
    keypair: str
    public: bool
    hidden: bool
    labels: Mapping[str, str]
    created: datetime | None
    balanced: bool = (
        True  # it puts a load balancer before the control plane, which may then have several nodes
    )

    @classmethod
    def from_magnum(cls, body: Mapping[str, Any]) -> Template:
        """Read a template of Magnum's API."""
        labels = {str(key): str(value) for key, value in (body.get("labels") or {}).items()}
        driver = body.get("network_driver") or DEFAULT_NETWORK_DRIVER
        return cls(
            id=body["uuid"],
            name=body["name"],
            driver=find_driver(driver),
            network_driver=driver,
            kubernetes=labels.get("kube_tag", ""),
            image=body.get("image_id") or "",
            flavor=body.get("flavor_id") or "",
            master_flavor=body.get("master_flavor_id") or "",
            external_network=body.get("external_network_id") or "",
            keypair=body.get("keypair_id") or "",
            public=bool(body.get("public")),
            hidden=bool(body.get("hidden")),
            labels=labels,
            created=parse_time(body.get("created_at")),
            balanced=bool(body.get("master_lb_enabled", True)),
        )

    def is_made_of(self, spec: TemplateSpec) -> bool:
        """Whether it is what a spec describes, as far as Magnum keeps what it was sent."""
        labels = {name: str(value) for name, value in spec.labels.items()}
        same = self.driver == spec.driver and self.image == spec.image
        return same and labels.items() <= dict(self.labels).items()


@dataclasses.dataclass(frozen=True, kw_only=True)
class TemplateCreated:
    """A template was created, or found to have been created by an earlier attempt of the same request."""

    template: Template
    project: str
    warning: str
    runtime: str

    @property
    def audit_target(self) -> str:
        """The name, which the request may have left out."""
        return self.template.name


@dataclasses.dataclass(frozen=True, kw_only=True)
class TemplatePlanned:
    """What would be sent (`--dry-run`)."""

    spec: TemplateSpec
    project: str
    warning: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class TemplateListing:
    """A project's templates, by name."""

    project: str
    driver: Driver | None  # None: of every driver
    templates: tuple[Template, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class TemplateDetails:
    """One template in full."""

    project: str
    template: Template
    warning: str


class TemplateChange(enum.StrEnum):
    """What can be done to a template."""

    PUBLISHED = "published"
    UNPUBLISHED = "unpublished"
    HIDDEN = "hidden"
    DELETED = "deleted"


@dataclasses.dataclass(frozen=True, kw_only=True)
class TemplateChanged:
    """A template was changed or deleted; `was_so`: it was in that state before."""

    project: str
    template: Template
    change: TemplateChange
    was_so: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class TemplateForm:
    """A form for a new template is to be shown, filled with these defaults."""

    project: str
    defaults: Defaults


class TemplateNotFound(Refusal):
    """No template that the project sees has that name or id."""


class TemplateTaken(Refusal):
    """A template of that name exists already."""


class TemplateInUse(Refusal):
    """Clusters use a template, or are about to."""


class AmbiguousTemplate(Ambiguous):
    """Several templates have that name."""

    def __init__(self, name: str, choices: tuple[Template, ...]) -> None:
        super().__init__(
            f"{len(choices)} templates are called {name}",
            choices=[Choice(template.id, _description(template)) for template in choices],
            fix="Pick one, or give its id instead of its name.",
            field="template",
        )


def _description(template: Template) -> str:
    driver = template.driver or template.network_driver
    return f"{driver}, Kubernetes {template.kubernetes or '?'}{created_at(template.created)}"
