"""Templates of one project: created once, listed, shown."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from bot.actions.action import Driver
from bot.drivers.catalog import profile
from bot.templates.results import (
    AmbiguousTemplate,
    Template,
    TemplateCreated,
    TemplateDetails,
    TemplateList,
    TemplateNotFound,
    TemplatePlanned,
    TemplateTaken,
)
from bot.templates.spec import Defaults, TemplateSpec, Wish, decide


class Magnum(Protocol):
    """What is asked of Magnum."""

    def templates(self) -> list[dict[str, Any]]: ...

    def create_template(self, values: Mapping[str, Any], *, operation: str) -> dict[str, Any]: ...


class Templates:
    """The templates of one project."""

    def __init__(self, magnum: Magnum, *, project: str, defaults: Defaults) -> None:
        self._magnum = magnum
        self._project = project
        self._defaults = defaults

    def plan(self, wish: Wish) -> TemplatePlanned:
        """What would be sent. Raises `Refusal`."""
        spec = decide(wish, self._defaults, project=self._project)
        self._refuse_taken(spec.name)
        return TemplatePlanned(spec=spec, project=self._project, warning=profile(spec.driver).warning)

    def create(self, wish: Wish, *, operation: str, resumed: bool) -> TemplateCreated:
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
        return self._created(_template(self._magnum.create_template(spec.to_magnum(), operation=operation)), spec)

    def made(self, wish: Wish) -> tuple[str, tuple[Template, ...], tuple[Template, ...]]:
        """The name that a wish has, the templates of that name that are exactly it, and the others of that name.

        Raises `Refusal` and `MagnumError`.
        """
        spec = decide(wish, self._defaults, project=self._project)
        named = self._named(spec.name)
        same = tuple(found for found in named if _is(found, spec))
        return spec.name, same, tuple(found for found in named if found not in same)

    def list(self, driver: Driver | None) -> TemplateList:
        """The templates that the project sees. Raises `MagnumError`."""
        found = [_template(each) for each in self._magnum.templates()]
        shown = sorted((each for each in found if driver in (None, each.driver)), key=lambda each: each.name)
        return TemplateList(project=self._project, driver=driver, templates=tuple(shown))

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

    def _named(self, name: str) -> tuple[Template, ...]:
        return tuple(_template(each) for each in self._magnum.templates() if each.get("name") == name)

    def _refuse_taken(self, name: str) -> None:
        taken = self._named(name)
        if taken:
            kind = taken[0].driver or taken[0].network_driver
            raise TemplateTaken(
                f"A template {name} exists already", why=f"id {taken[0].id}, {kind}, Kubernetes {taken[0].kubernetes}",
                fix=f"Use it (`/xk8s template show {name}`), or say another name with `--name`.",
            )  # fmt: skip

    def _created(self, template: Template, spec: TemplateSpec) -> TemplateCreated:
        return TemplateCreated(
            template=template, project=self._project, warning=profile(spec.driver).warning,
            runtime=spec.labels.get("container_runtime", ""),
        )  # fmt: skip


def _is(found: Template, spec: TemplateSpec) -> bool:
    """Whether a template is the one that was wished for, as far as Magnum keeps what was sent."""
    wanted = {name: str(value) for name, value in spec.labels.items()}
    kept = {name: str(value) for name, value in found.labels.items()}
    return found.driver is spec.driver and found.image == spec.image and wanted.items() <= kept.items()


def _template(found: Mapping[str, Any]) -> Template:
    labels = {str(key): str(value) for key, value in (found.get("labels") or {}).items()}
    word = found.get("network_driver") or "flannel"  # Magnum's default
    created = None
    with contextlib.suppress(ValueError, TypeError):
        created = datetime.fromisoformat(found["created_at"])
    return Template(
        id=found["uuid"], name=found["name"], driver=Driver(word) if word in set(Driver) else None, network_driver=word,
        kubernetes=labels.get("kube_tag", ""), image=found.get("image_id") or "", flavor=found.get("flavor_id") or "",
        master_flavor=found.get("master_flavor_id") or "", external_network=found.get("external_network_id") or "",
        keypair=found.get("keypair_id") or "", public=bool(found.get("public")), hidden=bool(found.get("hidden")),
        labels=labels, created=created, balanced=bool(found.get("master_lb_enabled", True)),
    )  # fmt: skip
