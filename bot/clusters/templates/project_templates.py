"""Templates of one project: created once, listed, shown."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from bot.adapters.openstack.magnum import DEFAULT_NETWORK_DRIVER
from bot.adapters.openstack.magnum_errors import MagnumNotFound
from bot.clusters.templates.results import (
    AmbiguousTemplate,
    Template,
    TemplateChange,
    TemplateChanged,
    TemplateCreated,
    TemplateDetails,
    TemplateInUse,
    TemplateListing,
    TemplateNotFound,
    TemplatePlanned,
    TemplateTaken,
)
from bot.clusters.templates.spec import Defaults, TemplateRequest, TemplateSpec, decide
from bot.drivers.catalog import known, profile
from bot.drivers.driver import Driver


class TemplateApi(Protocol):
    """What is asked of Magnum."""

    def templates(self) -> list[dict[str, Any]]: ...

    def create_template(self, values: Mapping[str, Any], *, operation: str) -> dict[str, Any]: ...

    def update_template(
        self, template: str, patch: Sequence[dict[str, Any]], *, operation: str
    ) -> dict[str, Any]: ...

    def delete_template(self, template: str, *, operation: str) -> None: ...

    def clusters(self) -> list[dict[str, Any]]: ...


class ProjectTemplates:
    """The templates of one project."""

    def __init__(self, magnum: TemplateApi, *, project: str, defaults: Defaults) -> None:
        self._magnum = magnum
        self._project = project
        self._defaults = defaults

    def plan(self, wish: TemplateRequest) -> TemplatePlanned:
        """What would be sent. Raises `Refusal`."""
        spec = decide(wish, self._defaults, project=self._project)
        self._refuse_taken(spec.name)
        return TemplatePlanned(spec=spec, project=self._project, warning=profile(spec.driver).warning)

    def create(self, wish: TemplateRequest, *, operation: str, resumed: bool) -> TemplateCreated:
        """Create a template. Magnum makes duplicates, so a taken name is refused; when an earlier attempt at
        this very request was cut off, a template that is exactly the wished one is its result.

        Raises `Refusal` and `MagnumError`.
        """
        spec = decide(wish, self._defaults, project=self._project)
        if resumed:
            made = next((found for found in self._named(spec.name) if _is(found, spec)), None)
            if made is not None:
                return self._created(made, spec)
        self._refuse_taken(spec.name)
        return self._created(
            _template(self._magnum.create_template(spec.to_magnum(), operation=operation)), spec
        )

    def made(self, wish: TemplateRequest) -> tuple[str, tuple[Template, ...], tuple[Template, ...]]:
        """The name that a wish has, the templates of that name that are exactly it, and the others of that
        name.

        Raises `Refusal` and `MagnumError`.
        """
        spec = decide(wish, self._defaults, project=self._project)
        named = self._named(spec.name)
        same = tuple(found for found in named if _is(found, spec))
        return spec.name, same, tuple(found for found in named if found not in same)

    def list(self, driver: Driver | None) -> TemplateListing:
        """The templates that the project sees. Raises `MagnumError`."""
        found = [_template(each) for each in self._magnum.templates()]
        shown = sorted((each for each in found if driver in (None, each.driver)), key=lambda each: each.name)
        return TemplateListing(project=self._project, driver=driver, templates=tuple(shown))

    def show(self, ref: str) -> TemplateDetails:
        """One template by name or id. Raises `TemplateNotFound`, `AmbiguousTemplate`, `MagnumError`."""
        every = self.list(None).templates
        named = [each for each in every if each.id == ref] or [each for each in every if each.name == ref]
        if len(named) > 1:
            raise AmbiguousTemplate(ref, tuple(named))
        if not named:
            near = difflib.get_close_matches(ref, [each.name for each in every], n=1)
            meant = f"Did you mean `{near[0]}`? " if near else ""
            raise TemplateNotFound(
                f"There is no template {ref} in {self._project}", fix=f"{meant}See `/xk8s template list`."
            )
        warning = profile(named[0].driver).warning if named[0].driver else ""
        return TemplateDetails(project=self._project, template=named[0], warning=warning)

    def publish(self, ref: str, *, operation: str) -> TemplateChanged:
        """Let every project of the cloud see a template. Raises `Refusal` and `MagnumError`."""
        return self._flag(ref, TemplateChange.PUBLISHED, "public", True, operation)

    def unpublish(self, ref: str, *, operation: str) -> TemplateChanged:
        """Take a publication back; Magnum refuses while clusters use the template. Raises as `publish`
        does.
        """
        found = self.show(ref).template
        if found.public:
            self._refuse_used(found, "so its publication cannot be taken back")
        return self._flag(found.id, TemplateChange.UNPUBLISHED, "public", False, operation)

    def hide(self, ref: str, *, operation: str) -> TemplateChanged:
        """Hide a template from the lists of other projects. Raises as `publish` does."""
        return self._flag(ref, TemplateChange.HIDDEN, "hidden", True, operation)

    def delete(
        self, ref: str, *, operation: str, resumed: bool, about_to_use: Callable[[str], str | None]
    ) -> TemplateChanged:
        """Delete a template that no cluster uses. Raises as `publish` does.

        `about_to_use` names the request that is creating a cluster from it, by its id: a template that goes
        before Magnum has stored its new cluster leaves one that can be neither shown nor deleted.
        """
        found = self.show(ref).template
        self._refuse_used(found, "so it cannot be deleted")
        request = about_to_use(found.id)
        if request is not None:
            raise TemplateInUse(
                f"A cluster is being created from {found.name}, so it is not deleted",
                why=f"request {request[:4]}",
                fix="Wait for that cluster.",
            )
        try:
            self._magnum.delete_template(found.id, operation=operation)
        except MagnumNotFound:  # by this very request, before it was cut off, or by somebody else just now
            return self._changed(found, TemplateChange.DELETED, was_so=not resumed)
        return self._changed(found, TemplateChange.DELETED, was_so=False)

    def _flag(
        self, ref: str, change: TemplateChange, flag: str, value: bool, operation: str
    ) -> TemplateChanged:
        found = self.show(ref).template
        if getattr(found, flag) is value:
            return self._changed(found, change, was_so=True)
        # nothing but this one flag: with another field beside it Magnum refuses on a template that clusters
        # use
        patch = [{"op": "replace", "path": f"/{flag}", "value": value}]
        return self._changed(
            _template(self._magnum.update_template(found.id, patch, operation=operation)),
            change,
            was_so=False,
        )

    def _changed(self, template: Template, change: TemplateChange, *, was_so: bool) -> TemplateChanged:
        return TemplateChanged(project=self._project, template=template, change=change, was_so=was_so)

    def _refuse_used(self, template: Template, so: str) -> None:
        users = sorted(
            str(found["name"])
            for found in self._magnum.clusters()
            if found.get("cluster_template_id") == template.id
        )
        if users:
            shown = ", ".join(users[:5]) + (f" and {len(users) - 5} more" if len(users) > 5 else "")
            one = len(users) == 1
            raise TemplateInUse(
                f"{len(users)} {'cluster uses' if one else 'clusters use'} {template.name}, {so}",
                why=shown,
                fix=(
                    f"`/xk8s template hide {template.name}` takes it out of lists and leaves its clusters"
                    " alone."
                ),
            )

    def _named(self, name: str) -> tuple[Template, ...]:
        return tuple(_template(each) for each in self._magnum.templates() if each.get("name") == name)

    def _refuse_taken(self, name: str) -> None:
        taken = self._named(name)
        if taken:
            kind = taken[0].driver or taken[0].network_driver
            raise TemplateTaken(
                f"A template {name} exists already",
                why=f"id {taken[0].id}, {kind}, Kubernetes {taken[0].kubernetes}",
                fix=f"Use it (`/xk8s template show {name}`), or say another name with `--name`.",
            )

    def _created(self, template: Template, spec: TemplateSpec) -> TemplateCreated:
        return TemplateCreated(
            template=template,
            project=self._project,
            warning=profile(spec.driver).warning,
            runtime=spec.labels.get("container_runtime", ""),
        )


def _is(found: Template, spec: TemplateSpec) -> bool:
    """Whether a template is the one that was wished for, as far as Magnum keeps what was sent."""
    wanted = {name: str(value) for name, value in spec.labels.items()}
    kept = {name: str(value) for name, value in found.labels.items()}
    return found.driver == spec.driver and found.image == spec.image and wanted.items() <= kept.items()


def _template(found: Mapping[str, Any]) -> Template:
    labels = {str(key): str(value) for key, value in (found.get("labels") or {}).items()}
    word = found.get("network_driver") or DEFAULT_NETWORK_DRIVER
    created = None
    with contextlib.suppress(ValueError, TypeError):
        created = datetime.fromisoformat(found["created_at"])
    return Template(
        id=found["uuid"],
        name=found["name"],
        driver=known(word),
        network_driver=word,
        kubernetes=labels.get("kube_tag", ""),
        image=found.get("image_id") or "",
        flavor=found.get("flavor_id") or "",
        master_flavor=found.get("master_flavor_id") or "",
        external_network=found.get("external_network_id") or "",
        keypair=found.get("keypair_id") or "",
        public=bool(found.get("public")),
        hidden=bool(found.get("hidden")),
        labels=labels,
        created=created,
        balanced=bool(found.get("master_lb_enabled", True)),
    )
