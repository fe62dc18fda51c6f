"""Templates: created, planned, listed, shown."""

from __future__ import annotations

from collections.abc import Mapping

from bot.actions.mistakes import COMMAND
from bot.actions.templates import TemplateCreate, TemplateList, TemplateShow
from bot.clusters.templates import results
from bot.clusters.templates.results import (
    Template,
    TemplateChange,
    TemplateChanged,
    TemplateCreated,
    TemplateDetails,
    TemplateForm,
    TemplatePlanned,
)
from bot.drivers import catalog
from bot.drivers.driver import Driver
from bot.slack import kit

FOREVER = "The driver cannot be changed after a cluster is deployed."


def created(found: TemplateCreated) -> kit.Rendered:
    """A template was created."""
    template = found.template
    blocks = [
        kit.section(_facts(template, found.runtime)),
        *_advice(template.driver, found.warning),
        kit.buttons(
            kit.Button(label="Show template", action=TemplateShow(template=template.id)),
            kit.Button(label="All templates", action=TemplateList()),
        ),
    ]
    if template.driver is not None and not catalog.profile(template.driver).production:
        production = catalog.recommended().driver
        blocks.append(kit.context(f"for production: `{COMMAND} template create {production}`"))
    headline = f"✅ Template {kit.bold(template.name)} created in {kit.bold(found.project)}"
    return kit.Rendered(headline=headline, messages=kit.messages(f"Template {template.name} created", blocks))


def _facts(template: Template, runtime: str) -> str:
    title = str(template.driver or template.network_driver).capitalize()
    parts = [title, f"Kubernetes {template.kubernetes}", template.image, template.flavor, runtime]
    return " · ".join(kit.escape(part) for part in parts if part)


def _advice(driver: Driver | None, warning: str) -> list[kit.Block]:
    if warning:
        return [kit.section(f"⚠️ {kit.escape(warning)} {FOREVER}")]
    profile = catalog.profile(driver) if driver is not None else None
    if profile is not None and profile.production:
        enforced = ": NetworkPolicy is enforced" if profile.enforces_network_policy else ""
        return [kit.section(f"🏭 Recommended for production{enforced}. {FOREVER}")]
    return []


def planned(found: TemplatePlanned) -> kit.Rendered:
    """What would be sent: nothing was created."""
    spec = found.spec
    pairs = [
        ("Name", kit.code(spec.name)),
        ("Driver", kit.escape(spec.driver)),
        ("Kubernetes", kit.escape(spec.kubernetes)),
        ("Image", kit.escape(spec.image)),
        ("Flavor", kit.escape(spec.flavor)),
        ("Control plane", kit.escape(spec.master_flavor)),
        ("External network", kit.escape(spec.external_network)),
        ("Keypair", kit.escape(spec.keypair or "none")),
        ("Public", "yes" if spec.public else "no"),
    ]
    blocks = [*kit.fields(pairs), *_labels(spec.labels), *_advice(spec.driver, found.warning)]
    headline = (
        f"📝 Template {kit.bold(spec.name)} would be created in {kit.bold(found.project)}; nothing was sent"
    )
    return kit.Rendered(
        headline=headline, messages=kit.messages(f"Template {spec.name} would be created", blocks)
    )


def _labels(labels: Mapping[str, str]) -> list[kit.Block]:
    if not labels:
        return []
    lines = "\n".join(f"{name}={value}" for name, value in sorted(labels.items()))
    return [kit.section(f"*Labels*\n{kit.fenced(kit.cut(lines, 2_500))}")]


def listed(found: results.TemplateListing) -> kit.Rendered:
    """A project's templates."""
    of = f" with {found.driver}" if found.driver else ""
    headline = f"📋 {kit.count(len(found.templates), 'template')}{of} in {kit.bold(found.project)}"
    if not found.templates:
        driver = found.driver or catalog.recommended().driver
        hint = kit.section(f"Make one: `{COMMAND} template create {driver}`")
        return kit.Rendered(headline=headline, messages=kit.messages("No templates", [hint]))
    rows = [
        [
            template.name,
            str(template.driver or template.network_driver),
            template.kubernetes,
            template.image,
            template.flavor,
            ", ".join(
                word for word, yes in (("public", template.public), ("hidden", template.hidden)) if yes
            ),
        ]
        for template in found.templates
    ]
    tables = kit.table_parts(["Template", "Driver", "Kubernetes", "Image", "Flavor", ""], rows)
    return kit.Rendered(headline=headline, messages=kit.messages(f"{len(rows)} templates", tables))


def shown(found: TemplateDetails) -> kit.Rendered:
    """One template in full."""
    template = found.template
    pairs = [
        ("Driver", kit.escape(template.driver or template.network_driver)),
        ("Kubernetes", kit.escape(template.kubernetes or "Magnum's default")),
        ("Image", kit.escape(template.image)),
        ("Flavor", kit.escape(template.flavor or "–")),
        ("Control plane", kit.escape(template.master_flavor or "–")),
        ("External network", kit.escape(template.external_network or "–")),
        ("Keypair", kit.escape(template.keypair or "none")),
        ("Seen by", "every project" if template.public else "this project"),
        ("Id", kit.code(template.id)),
        ("Created", kit.moment(template.created) if template.created else "–"),
    ]
    blocks = [*kit.fields(pairs), *_labels(template.labels), *_advice(template.driver, found.warning)]
    headline = f"📄 Template {kit.bold(template.name)} in {kit.bold(found.project)}"
    return kit.Rendered(headline=headline, messages=kit.messages(f"Template {template.name}", blocks))


_CHANGES = {
    TemplateChange.PUBLISHED: (
        "📣",
        "published",
        "Every project of the cloud sees it and can deploy clusters from it.",
    ),
    TemplateChange.UNPUBLISHED: ("🔒", "no longer published", "Only this project sees it."),
    TemplateChange.HIDDEN: (
        "🙈",
        "hidden",
        "Other projects do not see it in their lists; its clusters are not touched.",
    ),
    TemplateChange.DELETED: ("🗑", "deleted", "No cluster used it."),
}


def changed(found: TemplateChanged) -> kit.Rendered:
    """A template was published, hidden, deleted; or was so already."""
    template = found.template
    mark, word, what = _CHANGES[found.change]
    already = " already; nothing was changed" if found.was_so else ""
    blocks = [kit.section(what if not found.was_so else "It was so before this request.")]
    if found.change is not TemplateChange.DELETED:
        shown = kit.Button(label="Show template", action=TemplateShow(template=template.id))
        blocks.append(kit.buttons(shown, kit.Button(label="All templates", action=TemplateList())))
    headline = f"{mark} Template {kit.bold(template.name)} {word} in {kit.bold(found.project)}{already}"
    return kit.Rendered(headline=headline, messages=kit.messages(f"Template {template.name} {word}", blocks))


def form_offered(found: TemplateForm) -> kit.Rendered:
    """From a mention no form can be opened: a button does."""
    text = "Which driver, and what else? The form is filled with this project's defaults."
    button = kit.Button(label="Open the form", action=TemplateCreate(), style="primary", opens_form=True)
    headline = f"📝 A cluster template in {kit.bold(found.project)}"
    return kit.Rendered(
        headline=headline, messages=kit.messages("Open the form", [kit.section(text), kit.buttons(button)])
    )
