"""The actions on cluster templates."""

from __future__ import annotations

from typing import Annotated

from bot.actions import values
from bot.actions.action import Action, Effect
from bot.actions.parameters import Argument, Flag, Option
from bot.drivers.driver import Driver


class TemplateCreate(Action):
    """A new cluster template; what is left out comes from the configuration.

    Without a driver a form is opened.
    """

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
    ipip: Annotated[str | None, Option("--ipip", "MODE", values.ipip)] = None
    backend: Annotated[str | None, Option("--backend", "NAME", values.name)] = None
    wireguard: Annotated[bool, Flag("--wireguard")] = False
    labels: Annotated[tuple[str, ...], Option("--label", "K=V", values.key_value, repeated=True)] = ()
    public: Annotated[bool, Flag("--public")] = False
    dry_run: Annotated[bool, Flag("--dry-run")] = False


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
