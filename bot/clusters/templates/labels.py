"""The Magnum labels of a new cluster template, and the rules that they must keep.

What depends on a driver comes from its `TemplateRules`. The rules of the container runtime are Kubernetes'
(dockershim was removed in 1.24), those of ranges follow from clusters that share a router.
"""

import ipaddress
import re
from collections.abc import Mapping

from bot.clusters.templates.spec import BadTemplate, Defaults, TemplateRequest
from bot.common.problems import Refusal
from bot.drivers.catalog import profile, profiles, template_options
from bot.drivers.driver import Driver
from bot.drivers.template_rules import OptionValues

SERVICE_RANGE = "10.254.0.0/16"  # Magnum's default of service_cluster_ip_range
CONTAINERD_FROM = (1, 24)  # from there on the kubelet does not start with another runtime


def build_labels(request: TemplateRequest, defaults: Defaults, kubernetes: str) -> dict[str, str]:
    """Return all labels: the request's before the driver's before the project's.

    Raises `Refusal` for an option that the driver does not have.
    """
    rules = profile(request.driver).template
    _refuse_foreign_options(request.driver, request.options)
    runtime = request.container_runtime or defaults.container_runtime
    return {
        **defaults.labels,
        "kube_tag": kubernetes,
        **({"container_runtime": runtime} if runtime else {}),
        **defaults.driver_labels.get(request.driver, {}),
        **({rules.pool_label: request.pool} if request.pool else {}),
        **rules.labels_of(request.options),
        **dict(pair.split("=", 1) for pair in request.labels),
    }


def _refuse_foreign_options(driver: Driver, options: OptionValues) -> None:
    rules = profile(driver).template
    own = {option.name for option in rules.options}
    for option in template_options():
        if option.name in options and option.name not in own:
            owner = next(candidate for candidate in profiles() if option in candidate.template.options)
            raise Refusal(
                f"`{option.flag}` is {owner.title}'s",
                why=rules.instead.why,
                fix=rules.instead.fix.format(flag=option.flag),
            )


def check_labels(driver: Driver, labels: Mapping[str, str], kubernetes: str) -> None:
    """Check that the labels go with the driver and the Kubernetes version. Raises `BadTemplate`."""
    title = profile(driver).title
    for owner in profiles():
        foreign = [name for name in labels if name.startswith(owner.template.label_prefixes)]
        if foreign and owner.driver != driver:
            raise BadTemplate(
                f"The label {foreign[0]} is {owner.title}'s, and this template is for {title}",
                fix=f"Leave `{foreign[0]}` out.",
            )
    for problem in profile(driver).template.check_labels(labels):
        raise BadTemplate(
            problem.what, fix=f"Set it: `{problem.fix}`, or in `template_defaults.drivers.{driver}.labels`."
        )
    version = re.match(r"v?(\d+)\.(\d+)", kubernetes)
    if version is None:
        raise BadTemplate(
            f"`{kubernetes}` is not a Kubernetes version", fix="Say one like `--kubernetes v1.29.5`."
        )
    runtime = labels.get("container_runtime")
    if (int(version[1]), int(version[2])) >= CONTAINERD_FROM and runtime != "containerd":
        raise BadTemplate(
            f"Kubernetes {kubernetes} needs containerd",
            why=f"container_runtime is {runtime or 'not set'}; the kubelet would not start",
            fix="Say `--container-runtime containerd`, or set `template_defaults.container_runtime`.",
        )


def check_ranges(driver: Driver, labels: Mapping[str, str], defaults: Defaults) -> None:
    """Check that the pod range overlaps neither services nor pods of other drivers. Raises `BadTemplate`."""
    rules = profile(driver).template
    pods = _network(labels.get(rules.pool_label, rules.default_pool), rules.pool_label)
    ranges = {"the service range": labels.get("service_cluster_ip_range", SERVICE_RANGE)}
    for neighbour in (neighbour for neighbour in profiles() if neighbour.driver != driver):
        configured = defaults.driver_labels.get(neighbour.driver, {}).get(neighbour.template.pool_label)
        if configured:
            ranges[f"{neighbour.title}'s pod range"] = configured
    for owner, text in ranges.items():
        network = _network(text, owner)
        if pods.version == network.version and pods.overlaps(network):
            raise BadTemplate(
                f"The pod range {pods} overlaps {owner}, {network}",
                why=(
                    "clusters on one router could not tell their pods apart, and no workload could move"
                    " between them"
                ),
                fix="Say another with `--pool`, for example `--pool 10.102.0.0/16`.",
            )


def _network(text: str, owner: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise BadTemplate(
            f"{owner} is not an address range: {text}", why=str(error), fix="Write it like `10.101.0.0/16`."
        ) from error
