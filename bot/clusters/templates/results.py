"""What the template words answer, as plain data."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from datetime import datetime

from bot.clusters.templates.spec import Defaults, TemplateSpec
from bot.common.problems import Ambiguous, Choice, Refusal
from bot.drivers.driver import Driver


@dataclasses.dataclass(frozen=True, kw_only=True)
class Template:
    """A template as Magnum has it."""

    id: str
    name: str
    driver: Driver | None
    network_driver: str  # Magnum's word, also for drivers that are none of ours
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
        True  # a load balancer stands before the control plane, so that it may have several nodes
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class TemplateCreated:
    """A template was created, or found to have been created by this very request."""

    template: Template
    project: str
    warning: str
    runtime: str

    @property
    def audit_target(self) -> str:
        """The name, which the words may have left out."""
        return self.template.name


@dataclasses.dataclass(frozen=True, kw_only=True)
class TemplatePlanned:
    """What `--dry-run` would have sent."""

    spec: TemplateSpec
    project: str
    warning: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class TemplateListing:
    """A project's templates, by name."""

    project: str
    driver: Driver | None
    templates: tuple[Template, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class TemplateDetails:
    """One template."""

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
    """A template was changed or deleted, or was so already."""

    project: str
    template: Template
    change: TemplateChange
    was_so: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class TemplateForm:
    """A form is wanted: what it is filled with."""

    project: str
    defaults: Defaults


class TemplateTaken(Refusal):
    """A template of that name exists already."""


class AmbiguousTemplate(Ambiguous):
    """A name means several templates."""

    def __init__(self, name: str, choices: tuple[Template, ...]) -> None:
        super().__init__(
            f"{len(choices)} templates are called {name}",
            choices=[Choice(found.id, _told_apart(found)) for found in choices],
            fix="Pick one, or give its id instead of its name.",
            field="template",
        )


def _told_apart(template: Template) -> str:
    made = f", created {template.created:%Y-%m-%d %H:%M} UTC" if template.created else ""
    return f"{template.driver or template.network_driver}, Kubernetes {template.kubernetes or '?'}{made}"


class TemplateInUse(Refusal):
    """Clusters use a template, or are about to."""


class TemplateNotFound(Refusal):
    """No template that the project sees is called that."""
