"""The services of `template`: actions to the project's templates, and proposals for approvals."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.actions.proposal import Proposal
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
from bot.clusters.templates.results import Template
from bot.clusters.templates.spec import TemplateRequest, TemplateValues
from bot.common.canonical_json import digest
from bot.common.problems import Refusal
from bot.drivers.catalog import profiles, recommended
from storage.long_running_operations import LongRunningOperation


@dataclasses.dataclass(frozen=True)
class TemplateServices:
    """Serves the words of `template`. Every method raises `Refusal` or `MagnumError`."""

    projects: Projects
    # a template's id to the operation that is creating a cluster from it
    about_to_use: Callable[[str], str | None]

    def create(
        self, action: TemplateCreate, context: Context
    ) -> results.TemplateCreated | results.TemplatePlanned | results.TemplateForm:
        """Create a template, show what would be sent, or ask for a form if no driver was named."""
        if action.driver is None and context.person.id.startswith("terminal:"):
            raise Refusal("Which driver?", fix=f"{_driver_choices()}.")
        project = self.projects.get(context.project, operation=context.operation)
        if action.driver is None:
            return results.TemplateForm(project=project.name, defaults=project.defaults)
        request = to_request(action)
        if action.dry_run:
            return project.templates().plan(request)
        return project.templates().create(request, operation=context.operation, resumed=context.resumed)

    def list(self, action: TemplateList, context: Context) -> results.TemplateListing:
        """List the project's templates."""
        return self._templates(context).list(action.driver)

    def show(self, action: TemplateShow, context: Context) -> results.TemplateDetails:
        """Show one template in full."""
        return self._templates(context).show(action.template)

    def publish(self, action: TemplatePublish, context: Context) -> results.TemplateChanged:
        """Let every project of the cloud see a template."""
        return self._templates(context).publish(action.template, operation=context.operation)

    def unpublish(self, action: TemplateUnpublish, context: Context) -> results.TemplateChanged:
        """Take a publication back."""
        return self._templates(context).unpublish(action.template, operation=context.operation)

    def hide(self, action: TemplateHide, context: Context) -> results.TemplateChanged:
        """Hide a template from the lists of other projects."""
        return self._templates(context).hide(action.template, operation=context.operation)

    def delete(self, action: TemplateDelete, context: Context) -> results.TemplateChanged:
        """Delete a template that no cluster uses."""
        return self._templates(context).delete(
            action.template,
            operation=context.operation,
            resumed=context.resumed,
            about_to_use=self.about_to_use,
        )

    def propose_publish(self, action: TemplatePublish, context: Context) -> Proposal:
        """Describe a publication for an approval."""
        template = self._templates(context).show(action.template).template
        keypair = (
            f"it names the keypair {template.keypair}: other projects deploy from it only with one of that"
            " name, or by naming another"
        )
        return Proposal(
            kind="template.publish",
            headline=f"Publish the template {template.name} to every project of the cloud",
            consequences=(
                "every project of the cloud sees it, with its labels, and can deploy clusters from it",
                "it can be taken back only while no cluster, of any project, uses it",
            ),
            warnings=(keypair,) if template.keypair else (),
            target=template.name,
            target_id=template.id,
            bound=_bound(template),
        )

    def propose_delete(self, action: TemplateDelete, context: Context) -> Proposal:
        """Describe a deletion for an approval."""
        template = self._templates(context).show(action.template).template
        users = "every project of the cloud" if template.public else str(context.project)
        return Proposal(
            kind="template.delete",
            headline=f"Delete the template {template.name}",
            consequences=(f"{users} can no longer deploy clusters from it",),
            target=template.name,
            target_id=template.id,
            bound=_bound(template),
            destructive=True,
        )

    def _templates(self, context: Context) -> ProjectTemplates:
        return self.projects.get(context.project, operation=context.operation).templates()


def find_creating_operation(
    open_work: Callable[[], Sequence[LongRunningOperation]],
) -> Callable[[str], str | None]:
    """Return a function from a template's id to the operation that is creating a cluster from it."""

    def operation_of(template: str) -> str | None:
        return next((work.operation for work in open_work() if work.input.get("template") == template), None)

    return operation_of


def to_request(action: TemplateCreate) -> TemplateRequest:
    """Return what an action asks for. Raises `Refusal` if it names no driver."""
    if action.driver is None:
        raise Refusal("Which driver?", fix=f"`/xk8s template create {recommended().driver}`")
    return TemplateRequest(
        **{field.name: getattr(action, field.name) for field in dataclasses.fields(TemplateValues)},
        driver=action.driver,
        name=action.template,
        pool=action.pool,
        options=action.options,
        labels=action.labels,
        public=action.public,
    )


def _driver_choices() -> str:
    first, *alternatives = profiles()
    choices = [f"`template create {first.driver}` for {first.comparison.recommended_for}"]
    choices += [
        f"`{alternative.driver}` for {alternative.comparison.recommended_for}" for alternative in alternatives
    ]
    return ", ".join(choices)


def _bound(template: Template) -> dict[str, Any]:
    """Return what a decision over a template depends on: all that clusters get from it, and who sees it.

    Of the labels it has a digest only, because one may hold a password and this is stored.
    """
    values = dataclasses.asdict(template)
    dropped = ("id", "created", "labels")
    return {name: value for name, value in values.items() if name not in dropped} | {
        "labels": digest(template.labels)
    }


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
