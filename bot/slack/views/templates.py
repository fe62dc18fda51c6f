"""The views of cluster templates: created, planned, listed, shown, published and hidden."""

from collections.abc import Mapping

from bot.actions.mistakes import COMMAND
from bot.actions.templates import TemplateCreate, TemplateList, TemplateShow
from bot.clusters.templates.results import (
    Template,
    TemplateChange,
    TemplateChanged,
    TemplateCreated,
    TemplateDetails,
    TemplateForm,
    TemplateListing,
    TemplatePlanned,
)
from bot.drivers import catalog
from bot.drivers.driver import Driver
from bot.slack import kit
from bot.slack.views.registry import shows

FOREVER = "The driver cannot be changed after a cluster is deployed."
CHANGES = {
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


@shows(TemplateCreated)
def show_created(created: TemplateCreated) -> kit.Rendered:
    """A template was created."""
    template = created.template
    driver = str(template.driver or template.network_driver).capitalize()
    facts = (driver, f"Kubernetes {template.kubernetes}", template.image, template.flavor, created.runtime)
    blocks = [
        kit.section(" · ".join(kit.escape(fact) for fact in facts if fact)),
        *_advice(template.driver, created.warning),
        _buttons(template),
    ]
    if template.driver is not None and not catalog.profile(template.driver).production:
        production = catalog.recommended().driver
        blocks.append(kit.context(f"for production: `{COMMAND} template create {production}`"))
    headline = f"✅ Template {kit.bold(template.name)} created in {kit.bold(created.project)}"
    return kit.Rendered(headline=headline, messages=kit.messages(f"Template {template.name} created", blocks))


def _buttons(template: Template) -> kit.Block:
    show = kit.Button(label="Show template", action=TemplateShow(template=template.id))
    return kit.buttons(show, kit.Button(label="All templates", action=TemplateList()))


def _advice(driver: Driver | None, warning: str) -> list[kit.Block]:
    if warning:
        return [kit.section(f"⚠️ {kit.escape(warning)} {FOREVER}")]
    profile = catalog.profile(driver) if driver is not None else None
    if profile is not None and profile.production:
        enforced = ": NetworkPolicy is enforced" if profile.enforces_network_policy else ""
        return [kit.section(f"🏭 Recommended for production{enforced}. {FOREVER}")]
    return []


@shows(TemplatePlanned)
def show_plan(plan: TemplatePlanned) -> kit.Rendered:
    """What `--dry-run` would have sent to Magnum; nothing was created."""
    spec = plan.spec
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
    blocks = [*kit.fields(pairs), *_labels(spec.labels), *_advice(spec.driver, plan.warning)]
    name, project = kit.bold(spec.name), kit.bold(plan.project)
    headline = f"📝 Template {name} would be created in {project}; nothing was sent"
    messages = kit.messages(f"Template {spec.name} would be created", blocks)
    return kit.Rendered(headline=headline, messages=messages)


def _labels(labels: Mapping[str, str]) -> list[kit.Block]:
    if not labels:
        return []
    lines = "\n".join(f"{name}={value}" for name, value in sorted(labels.items()))
    return [kit.section(f"*Labels*\n{kit.fenced(kit.cut(lines, 2_500))}")]


@shows(TemplateListing)
def show_list(listing: TemplateListing) -> kit.Rendered:
    """A project's templates in a table, all or those of one driver."""
    templates = listing.templates
    of_driver = f" with {listing.driver}" if listing.driver else ""
    headline = f"📋 {kit.count(len(templates), 'template')}{of_driver} in {kit.bold(listing.project)}"
    if not templates:
        driver = listing.driver or catalog.recommended().driver
        hint = kit.section(f"Make one: `{COMMAND} template create {driver}`")
        return kit.Rendered(headline=headline, messages=kit.messages("No templates", [hint]))
    columns = ["Template", "Driver", "Kubernetes", "Image", "Flavor", ""]
    tables = kit.table_parts(columns, [_row(template) for template in templates])
    return kit.Rendered(headline=headline, messages=kit.messages(f"{len(templates)} templates", tables))


def _row(template: Template) -> list[str]:
    flags = (("public", template.public), ("hidden", template.hidden))
    return [
        template.name,
        str(template.driver or template.network_driver),
        template.kubernetes,
        template.image,
        template.flavor,
        ", ".join(word for word, is_set in flags if is_set),
    ]


@shows(TemplateDetails)
def show_details(details: TemplateDetails) -> kit.Rendered:
    """One template in full."""
    template = details.template
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
    blocks = [*kit.fields(pairs), *_labels(template.labels), *_advice(template.driver, details.warning)]
    headline = f"📄 Template {kit.bold(template.name)} in {kit.bold(details.project)}"
    return kit.Rendered(headline=headline, messages=kit.messages(f"Template {template.name}", blocks))


@shows(TemplateChanged)
def show_change(changed: TemplateChanged) -> kit.Rendered:
    """A template was published, hidden or deleted, or was so before the request."""
    template = changed.template
    mark, word, meaning = CHANGES[changed.change]
    blocks = [kit.section("It was so before this request." if changed.was_so else meaning)]
    if changed.change is not TemplateChange.DELETED:
        blocks.append(_buttons(template))
    already = " already; nothing was changed" if changed.was_so else ""
    headline = f"{mark} Template {kit.bold(template.name)} {word} in {kit.bold(changed.project)}{already}"
    return kit.Rendered(headline=headline, messages=kit.messages(f"Template {template.name} {word}", blocks))


@shows(TemplateForm)
def show_form_button(form: TemplateForm) -> kit.Rendered:
    """Offer the form for a template: from a mention none can be opened at once."""
    text = "Which driver, and what else? The form is filled with this project's defaults."
    button = kit.Button(label="Open the form", action=TemplateCreate(), style="primary", opens_form=True)
    headline = f"📝 A cluster template in {kit.bold(form.project)}"
    blocks = [kit.section(text), kit.buttons(button)]
    return kit.Rendered(headline=headline, messages=kit.messages("Open the form", blocks))
