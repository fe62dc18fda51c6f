"""The actions on cluster templates."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import ConfigDict, model_validator

from bot.actions import values
from bot.actions.action import Action, Effect
from bot.actions.parameters import Argument, Flag, Option, Parameter
from bot.drivers import catalog
from bot.drivers.driver import Driver
from bot.drivers.template_rules import TemplateOption


class TemplateCreate(Action):
    """A new cluster template; what is left out comes from the configuration.

    Without a driver a form is opened. The options that drivers have of their own are extra fields, under the
    names that the catalogue gives.
    """

    model_config = ConfigDict(extra="allow")

    name = "template.create"
    effect = Effect.CHANGE
    example = "template create flannel"
    target_field = "template"
    driver: Annotated[Driver | None, Argument("DRIVER", values.driver)] = None
    template: Annotated[str | None, Option("--name", "NAME", values.name)] = None
    kubernetes: Annotated[str | None, Option("--kubernetes", "VERSION", values.name)] = None
    image: Annotated[str | None, Option("--image", "IMAGE", values.text)] = None
    flavor: Annotated[str | None, Option("--flavor", "FLAVOR", values.text)] = None
    master_flavor: Annotated[str | None, Option("--master-flavor", "FLAVOR", values.text)] = None
    external_network: Annotated[str | None, Option("--external-network", "NETWORK", values.text)] = None
    keypair: Annotated[str | None, Option("--keypair", "KEYPAIR", values.text)] = None
    container_runtime: Annotated[str | None, Option("--container-runtime", "RUNTIME", values.name)] = None
    pool: Annotated[str | None, Option("--pool", "CIDR", values.cidr)] = None
    labels: Annotated[tuple[str, ...], Option("--label", "K=V", values.key_value, repeated=True)] = ()
    public: Annotated[bool, Flag("--public")] = False
    dry_run: Annotated[bool, Flag("--dry-run")] = False

    @property
    def options(self) -> Mapping[str, Any]:
        """The options of drivers that were given, by name: text, or True for a switch."""
        return dict(self.model_extra or {})

    @classmethod
    def parameters(cls) -> dict[str, Parameter]:
        """Return the fields, with the drivers' options behind the pod range."""
        parameters: dict[str, Parameter] = {}
        for field, parameter in super().parameters().items():
            parameters[field] = parameter
            if field == "pool":
                parameters |= {option.name: _parameter(option) for option in catalog.template_options()}
        return parameters

    @model_validator(mode="before")
    @classmethod
    def _known_options(cls, fields: Any) -> Any:
        """Leave out options that were not given; refuse extra fields that are no driver's option."""
        if not isinstance(fields, dict):
            return fields
        unknown = fields.keys() - cls.model_fields.keys() - cls.parameters().keys()
        if unknown:
            raise ValueError(f"no driver has the option {min(unknown)}")
        return {field: value for field, value in fields.items() if field in cls.model_fields or value}


def _parameter(option: TemplateOption) -> Option | Flag:
    if not option.placeholder:
        return Flag(option.flag)
    return Option(option.flag, option.placeholder, option.check or values.name)


class TemplateList(Action):
    """The project's cluster templates."""

    name = "template.list"
    example = "template list --driver calico"
    driver: Annotated[Driver | None, Option("--driver", "DRIVER", values.driver)] = None


class _OneTemplate(Action):
    target_field = "template"
    template: Annotated[str, Argument("NAME", values.name)]


class TemplateShow(_OneTemplate):
    """One template in full."""

    name = "template.show"
    example = "template show k8s-v1.29.5-calico"


class TemplatePublish(_OneTemplate):
    """Make a template visible to every project of the cloud."""

    name = "template.publish"
    effect = Effect.CHANGE
    example = "template publish k8s-v1.29.5-calico"


class TemplateUnpublish(_OneTemplate):
    """Take a publication back."""

    name = "template.unpublish"
    effect = Effect.CHANGE
    example = "template unpublish k8s-v1.29.5-calico"


class TemplateHide(_OneTemplate):
    """Hide a template from lists.

    Other projects do not see it there any more; its clusters stay.
    """

    name = "template.hide"
    effect = Effect.CHANGE
    example = "template hide k8s-v1.28.9-calico"


class TemplateDelete(_OneTemplate):
    """Delete a template that no cluster uses."""

    name = "template.delete"
    effect = Effect.CHANGE
    example = "template delete k8s-v1.28.9-calico"
