"""Template words to the project's templates."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.access.proposal import Proposal, digest
from bot.actions.routes import Route, Routes
from bot.actions.service import Context, TargetReader
from bot.actions.templates import (
    TemplateCreate,
    TemplateDelete,
    TemplateHide,
    TemplateList,
    TemplatePublish,
    TemplateShow,
    TemplateUnpublish,
)
from bot.clusters.projects import Projects
from bot.clusters.templates import results
from bot.clusters.templates.project_templates import ProjectTemplates
from bot.clusters.templates.results import (
    Template,
    TemplateChanged,
    TemplateCreated,
    TemplateDetails,
    TemplateForm,
    TemplatePlanned,
)
from bot.clusters.templates.spec import TemplateRequest
from bot.common.problems import Refusal
from storage.continuations import Continuation


@dataclasses.dataclass(frozen=True)
class TemplateServices:
    """The template words."""

    projects: Projects
    about_to_use: Callable[
        [str], str | None
    ]  # a template's id, to the operation that creates a cluster from it

    def create(
        self, action: TemplateCreate, context: Context
    ) -> TemplateCreated | TemplatePlanned | TemplateForm:
        """Create a template, show what would be sent, or ask for a form when no driver was named."""
        project = self.projects.get(context.project, operation=context.operation)
        if action.driver is None:
            if context.person.id.startswith("terminal:"):
                raise Refusal(
                    "Which driver?", fix="`template create calico` for production, `flannel` for development."
                )
            return TemplateForm(project=project.name, defaults=project.defaults)
        wish = wish_of(action)
        if action.dry_run:
            return project.templates().plan(wish)
        return project.templates().create(wish, operation=context.operation, resumed=context.resumed)

    def list(self, action: TemplateList, context: Context) -> results.TemplateListing:
        """The project's templates."""
        return self.projects.get(context.project, operation=context.operation).templates().list(action.driver)

    def show(self, action: TemplateShow, context: Context) -> TemplateDetails:
        """One template."""
        return (
            self.projects.get(context.project, operation=context.operation).templates().show(action.template)
        )

    def publish(self, action: TemplatePublish, context: Context) -> TemplateChanged:
        """Let every project of the cloud see a template."""
        return self._templates(context).publish(action.template, operation=context.operation)

    def unpublish(self, action: TemplateUnpublish, context: Context) -> TemplateChanged:
        """Take a publication back."""
        return self._templates(context).unpublish(action.template, operation=context.operation)

    def hide(self, action: TemplateHide, context: Context) -> TemplateChanged:
        """Hide a template from lists of other projects."""
        return self._templates(context).hide(action.template, operation=context.operation)

    def delete(self, action: TemplateDelete, context: Context) -> TemplateChanged:
        """Delete a template that no cluster uses."""
        return self._templates(context).delete(
            action.template,
            operation=context.operation,
            resumed=context.resumed,
            about_to_use=self.about_to_use,
        )

    def propose_publish(self, action: TemplatePublish, context: Context) -> Proposal:
        """What a publication does."""
        template = self._templates(context).show(action.template).template
        warnings = []
        if template.keypair:
            warnings.append(
                f"it names the keypair {template.keypair}: other projects deploy from it only with one of"
                " that name, or by naming another"
            )
        return Proposal(
            kind="template.publish",
            headline=f"Publish the template {template.name} to every project of the cloud",
            consequences=(
                "every project of the cloud sees it, with its labels, and can deploy clusters from it",
                "it can be taken back only while no cluster, of any project, uses it",
            ),
            warnings=tuple(warnings),
            target=template.name,
            target_id=template.id,
            bound=_spec(template),
        )

    def propose_delete(self, action: TemplateDelete, context: Context) -> Proposal:
        """What the deletion of a template does."""
        template = self._templates(context).show(action.template).template
        who = "every project of the cloud" if template.public else str(context.project)
        return Proposal(
            kind="template.delete",
            headline=f"Delete the template {template.name}",
            consequences=(f"{who} can no longer deploy clusters from it",),
            target=template.name,
            target_id=template.id,
            bound=_spec(template),
            destructive=True,
        )

    def _templates(self, context: Context) -> ProjectTemplates:
        return self.projects.get(context.project, operation=context.operation).templates()


def creating(open_work: Callable[[], Sequence[Continuation]]) -> Callable[[str], str | None]:
    """Which operation creates a cluster from a template just now, by the template's id."""

    def found(template: str) -> str | None:
        return next((work.operation for work in open_work() if work.input.get("template") == template), None)

    return found


def _spec(template: Template) -> dict[str, Any]:
    """What a decision over a template depends on: all that clusters get from it, and who sees it.

    Of the labels only their digest, because one may hold a password and this is stored.
    """
    kept = dataclasses.asdict(template)
    return {name: value for name, value in kept.items() if name not in ("id", "created", "labels")} | {
        "labels": digest(template.labels)
    }


def wish_of(action: TemplateCreate) -> TemplateRequest:
    """What was wished for, as the templates take it. Raises `Refusal` if no driver was named."""
    if action.driver is None:
        raise Refusal("Which driver?", fix="`/xk8s template create calico`")
    return TemplateRequest(
        driver=action.driver,
        name=action.template,
        image=action.image,
        flavor=action.flavor,
        master_flavor=action.master_flavor,
        external_network=action.external_network,
        keypair=action.keypair,
        kubernetes=action.kubernetes,
        container_runtime=action.container_runtime,
        pool=action.pool,
        ipip=action.ipip,
        backend=action.backend,
        wireguard=action.wireguard,
        labels=action.labels,
        public=action.public,
    )


def routes(services: TemplateServices, readers: Mapping[str, TargetReader]) -> Routes:
    """Return the routes of the template actions; `readers` are by the action's name."""
    return Routes(
        Route(TemplateCreate, services.create),
        Route(TemplateList, services.list),
        Route(TemplateShow, services.show),
        Route(TemplatePublish, services.publish, proposal=services.propose_publish),
        Route(TemplateUnpublish, services.unpublish),
        Route(TemplateHide, services.hide),
        Route(TemplateDelete, services.delete, proposal=services.propose_delete),
        readers=readers,
    )
