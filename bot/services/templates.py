"""Template words to the project's templates."""

from __future__ import annotations

import dataclasses

from bot.actions.templates import TemplateCreate, TemplateList, TemplateShow
from bot.problems import Refusal
from bot.requests.service import Context
from bot.services.projects import Projects
from bot.templates import results
from bot.templates.results import TemplateCreated, TemplateDetails, TemplateForm, TemplatePlanned
from bot.templates.spec import Wish


@dataclasses.dataclass(frozen=True)
class TemplateServices:
    """The template words."""

    projects: Projects

    def create(self, action: TemplateCreate, context: Context) -> TemplateCreated | TemplatePlanned | TemplateForm:
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

    def list(self, action: TemplateList, context: Context) -> results.TemplateList:
        """The project's templates."""
        return self.projects.get(context.project, operation=context.operation).templates().list(action.driver)

    def show(self, action: TemplateShow, context: Context) -> TemplateDetails:
        """One template."""
        return self.projects.get(context.project, operation=context.operation).templates().show(action.template)


def wish_of(action: TemplateCreate) -> Wish:
    """What was wished for, as the templates take it. Raises `Refusal` if no driver was named."""
    if action.driver is None:
        raise Refusal("Which driver?", fix="`/xk8s template create calico`")
    return Wish(
        driver=action.driver, name=action.template, image=action.image, flavor=action.flavor,
        master_flavor=action.master_flavor, external_network=action.external_network, keypair=action.keypair,
        kubernetes=action.kubernetes, container_runtime=action.container_runtime, pool=action.pool, ipip=action.ipip,
        backend=action.backend, wireguard=action.wireguard, labels=action.labels, public=action.public,
    )  # fmt: skip
