"""The cluster templates of one project: created once, listed, changed one flag at a time, deleted."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from bot.adapters.openstack.magnum_errors import MagnumNotFound
from bot.clusters.references import matches, suggestion
from bot.clusters.templates import results
from bot.clusters.templates.builder import build_spec
from bot.clusters.templates.results import Template, TemplateChange
from bot.clusters.templates.spec import Defaults, TemplateRequest, TemplateSpec
from bot.common.wording import first_names
from bot.drivers.catalog import profile
from bot.drivers.driver import Driver


class TemplateApi(Protocol):
    """What is asked of Magnum; all of it raises `MagnumError`."""

    def templates(self) -> list[dict[str, Any]]: ...

    def create_template(self, values: Mapping[str, Any], *, operation: str) -> dict[str, Any]: ...

    def update_template(
        self, template: str, patch: Sequence[dict[str, Any]], *, operation: str
    ) -> dict[str, Any]: ...

    def delete_template(self, template: str, *, operation: str) -> None: ...

    def clusters(self) -> list[dict[str, Any]]: ...


class ProjectTemplates:
    """The templates of one project. Every method raises `Refusal` or `MagnumError`."""

    def __init__(self, magnum: TemplateApi, *, project: str, defaults: Defaults) -> None:
        self._magnum = magnum
        self._project = project
        self._defaults = defaults

    def plan(self, request: TemplateRequest) -> results.TemplatePlanned:
        """Return what `create` would send."""
        spec = self._spec(request)
        self._refuse_taken(spec.name)
        return results.TemplatePlanned(spec=spec, project=self._project, warning=profile(spec.driver).warning)

    def create(self, request: TemplateRequest, *, operation: str, resumed: bool) -> results.TemplateCreated:
        """Create a template. A taken name is refused, because Magnum creates duplicates.

        `resumed`: an earlier attempt at the same request was cut off, and a template that is exactly the
        requested one is taken for its result.
        """
        spec = self._spec(request)
        template = None
        if resumed:
            template = next((named for named in self._named(spec.name) if named.is_made_of(spec)), None)
        if template is None:
            self._refuse_taken(spec.name)
            template = Template.from_magnum(
                self._magnum.create_template(spec.to_magnum(), operation=operation)
            )
        return results.TemplateCreated(
            template=template,
            project=self._project,
            warning=profile(spec.driver).warning,
            runtime=spec.labels.get("container_runtime", ""),
        )

    def find_created(
        self, request: TemplateRequest
    ) -> tuple[str, tuple[Template, ...], tuple[Template, ...]]:
        """Return the name that is requested, the templates that are exactly so, and others of that name."""
        spec = self._spec(request)
        named = self._named(spec.name)
        same = tuple(template for template in named if template.is_made_of(spec))
        return spec.name, same, tuple(template for template in named if template not in same)

    def list(self, driver: Driver | None) -> results.TemplateListing:
        """List the templates that the project sees, of one driver or of all, by name."""
        templates = [template for template in self._all() if driver in (None, template.driver)]
        templates.sort(key=lambda template: template.name)
        return results.TemplateListing(project=self._project, driver=driver, templates=tuple(templates))

    def show(self, ref: str) -> results.TemplateDetails:
        """Show one template by name or id. Raises `TemplateNotFound` or `AmbiguousTemplate` as well."""
        templates = self.list(None).templates
        matching = matches(ref, templates)
        if len(matching) > 1:
            raise results.AmbiguousTemplate(ref, tuple(matching))
        if not matching:
            near = suggestion(ref, [template.name for template in templates])
            raise results.TemplateNotFound(
                f"There is no template {ref} in {self._project}", fix=f"{near}See `/xk8s template list`."
            )
        warning = profile(matching[0].driver).warning if matching[0].driver else ""
        return results.TemplateDetails(project=self._project, template=matching[0], warning=warning)

    def publish(self, ref: str, *, operation: str) -> results.TemplateChanged:
        """Let every project of the cloud see a template."""
        return self._set_flag(ref, TemplateChange.PUBLISHED, operation)

    def unpublish(self, ref: str, *, operation: str) -> results.TemplateChanged:
        """Take a publication back. Magnum refuses that while clusters use the template."""
        template = self.show(ref).template
        if template.public:
            self._refuse_used(template, "so its publication cannot be taken back")
        return self._set_flag(template.id, TemplateChange.UNPUBLISHED, operation)

    def hide(self, ref: str, *, operation: str) -> results.TemplateChanged:
        """Hide a template from the lists of other projects."""
        return self._set_flag(ref, TemplateChange.HIDDEN, operation)

    def delete(
        self, ref: str, *, operation: str, resumed: bool, about_to_use: Callable[[str], str | None]
    ) -> results.TemplateChanged:
        """Delete a template that no cluster uses.

        `about_to_use` returns the request that is creating a cluster from a template, by the template's id:
        if it went before Magnum has stored that cluster, the cluster could be neither shown nor deleted.
        """
        template = self.show(ref).template
        self._refuse_used(template, "so it cannot be deleted")
        request = about_to_use(template.id)
        if request is not None:
            raise results.TemplateInUse(
                f"A cluster is being created from {template.name}, so it is not deleted",
                why=f"request {request[:4]}",
                fix="Wait for that cluster.",
            )
        was_gone = False
        try:
            self._magnum.delete_template(template.id, operation=operation)
        except MagnumNotFound:
            was_gone = not resumed  # by somebody else just now; else by this request before it was cut off
        return self._changed(template, TemplateChange.DELETED, was_so=was_gone)

    def _spec(self, request: TemplateRequest) -> TemplateSpec:
        return build_spec(request, self._defaults, project=self._project)

    def _all(self) -> Sequence[Template]:
        return [Template.from_magnum(body) for body in self._magnum.templates()]

    def _named(self, name: str) -> Sequence[Template]:
        return [template for template in self._all() if template.name == name]

    def _set_flag(self, ref: str, change: TemplateChange, operation: str) -> results.TemplateChanged:
        flag = "hidden" if change is TemplateChange.HIDDEN else "public"
        value = change is not TemplateChange.UNPUBLISHED
        template = self.show(ref).template
        if getattr(template, flag) is value:
            return self._changed(template, change, was_so=True)
        # this one flag alone: with another field beside it Magnum refuses on a template that clusters use
        patch = [{"op": "replace", "path": f"/{flag}", "value": value}]
        body = self._magnum.update_template(template.id, patch, operation=operation)
        return self._changed(Template.from_magnum(body), change, was_so=False)

    def _changed(
        self, template: Template, change: TemplateChange, *, was_so: bool
    ) -> results.TemplateChanged:
        return results.TemplateChanged(project=self._project, template=template, change=change, was_so=was_so)

    def _refuse_used(self, template: Template, so: str) -> None:
        clusters = self._magnum.clusters()
        users = sorted(
            str(body["name"]) for body in clusters if body.get("cluster_template_id") == template.id
        )
        if users:
            raise results.TemplateInUse(
                f"{len(users)} {'cluster uses' if len(users) == 1 else 'clusters use'} {template.name}, {so}",
                why=first_names(users, 5),
                fix=(
                    f"`/xk8s template hide {template.name}` takes it out of lists and leaves its clusters"
                    " alone."
                ),
            )

    def _refuse_taken(self, name: str) -> None:
        namesakes = self._named(name)
        if namesakes:
            driver = namesakes[0].driver or namesakes[0].network_driver
            raise results.TemplateTaken(
                f"A template {name} exists already",
                why=f"id {namesakes[0].id}, {driver}, Kubernetes {namesakes[0].kubernetes}",
                fix=f"Use it (`/xk8s template show {name}`), or say another name with `--name`.",
            )
