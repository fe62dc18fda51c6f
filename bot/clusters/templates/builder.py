"""Puts a new cluster template together: the request before the driver's defaults before the project's.

The rules are checked before anything is sent: Magnum answers some mistakes with a 500, and others not at all
until a cluster fails.
"""

import re

from bot.clusters.templates import labels
from bot.clusters.templates.spec import BadTemplate, Defaults, TemplateRequest, TemplateSpec


def build_spec(request: TemplateRequest, defaults: Defaults, *, project: str) -> TemplateSpec:
    """Put a template together. Raises `BadTemplate`, or a driver's `Refusal`, with what to set."""

    def required(setting: str) -> str:
        value: str | None = getattr(request, setting) or getattr(defaults, setting)
        if value:
            return value
        option = f"--{setting.replace('_', '-')}"
        raise BadTemplate(
            f"The {setting.replace('_', ' ')} is missing",
            fix=f"Set `projects.{project}.template_defaults.{setting}`, or say `{option}`.",
        )

    kubernetes, flavor = required("kubernetes"), required("flavor")
    all_labels = labels.build_labels(request, defaults, kubernetes)
    labels.check_labels(request.driver, all_labels, kubernetes)
    labels.check_ranges(request.driver, all_labels, defaults)
    name = request.name or defaults.name.format(kubernetes=kubernetes, driver=request.driver, project=project)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,241}", name):
        raise BadTemplate(f"`{name}` cannot be a template's name", fix="Say another with `--name`.")
    return TemplateSpec(
        name=name,
        driver=request.driver,
        kubernetes=kubernetes,
        image=required("image"),
        flavor=flavor,
        master_flavor=request.master_flavor or defaults.master_flavor or flavor,
        external_network=required("external_network"),
        keypair=request.keypair or defaults.keypair,
        labels=all_labels,
        public=request.public,
    )
