"""Which template `--to DRIVER` means: the only one of that driver that is not older than the source,
else a person picks.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.actions.action import Driver
from bot.drivers.catalog import profile
from bot.migration.surface import numbers
from bot.problems import Ambiguous, Choice, Refusal
from bot.templates.results import Template


class NoTemplate(Refusal):
    """No template can be the target's."""


class SeveralTemplates(Ambiguous):
    """Several templates could be the target's."""


def template_for(driver: Driver, templates: Sequence[Template], *, kubernetes: str) -> Template:
    """The template for a target of a driver; `kubernetes` is the source's version, empty if nobody knows it.

    Hidden templates do not count. Raises `NoTemplate`, `SeveralTemplates`.
    """
    title = profile(driver).title
    of_driver = [each for each in templates if each.driver is driver and not each.hidden]
    fitting = [
        each for each in of_driver if not kubernetes or numbers(each.kubernetes) >= numbers(kubernetes)
    ]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise SeveralTemplates(
            f"{len(fitting)} templates with {title} could be the target's",
            choices=[
                Choice(each.id, _told_apart(each)) for each in sorted(fitting, key=lambda each: each.name)
            ],
            fix="Pick one, or say `--template NAME`.",
        )
    older = ", ".join(f"{each.name} has {each.kubernetes or 'no version'}" for each in of_driver)
    raise NoTemplate(
        f"There is no template with {title} for this cluster",
        why=(
            f"the source has Kubernetes {kubernetes}; {older}"
            if of_driver
            else "there is none with that driver"
        ),
        fix=f"/xk8s template create {driver}" + (f" --kubernetes {kubernetes}" if kubernetes else ""),
    )


def _told_apart(template: Template) -> str:
    return f"{template.name}, Kubernetes {template.kubernetes}, {template.image}, {template.flavor}"
