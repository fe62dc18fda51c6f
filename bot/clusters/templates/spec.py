"""What a new template is made of: words over the driver's defaults over the project's, and the rules.

The rules are Magnum's and the drivers', checked before anything is sent: Magnum answers some of them with
a 500, or not at all until a cluster fails.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from bot.common.problems import Refusal
from bot.drivers.catalog import profile, profiles, template_options
from bot.drivers.driver import Driver
from bot.drivers.template_rules import OptionValues

SERVICE_RANGE = "10.254.0.0/16"  # Magnum's default of service_cluster_ip_range
CONTAINERD_FROM = (1, 24)  # from there on the kubelet does not start with another runtime


class BadTemplate(Refusal):
    """A template cannot be made like this; the text says what to set."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Defaults:
    """What the configuration gives: the project's values, and labels by driver."""

    name: str = "k8s-{kubernetes}-{driver}"
    image: str | None = None
    flavor: str | None = None
    master_flavor: str | None = None
    external_network: str | None = None
    keypair: str | None = None
    kubernetes: str | None = None
    container_runtime: str | None = None
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    driver_labels: Mapping[Driver, Mapping[str, str]] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TemplateRequest:
    """What a person said; None means that it was left out."""

    driver: Driver
    name: str | None = None
    image: str | None = None
    flavor: str | None = None
    master_flavor: str | None = None
    external_network: str | None = None
    keypair: str | None = None
    kubernetes: str | None = None
    container_runtime: str | None = None
    pool: str | None = None
    options: OptionValues = dataclasses.field(default_factory=dict)
    labels: tuple[str, ...] = ()
    public: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class TemplateSpec:
    """A template as it will be sent."""

    name: str
    driver: Driver
    kubernetes: str
    image: str
    flavor: str
    master_flavor: str
    external_network: str
    keypair: str | None
    labels: Mapping[str, str]
    public: bool

    def to_magnum(self) -> dict[str, Any]:
        """The body of Magnum's POST."""
        body: dict[str, Any] = {
            "name": self.name,
            "coe": "kubernetes",
            "network_driver": str(self.driver),
            "image_id": self.image,
            "flavor_id": self.flavor,
            "master_flavor_id": self.master_flavor,
            "external_network_id": self.external_network,
            "labels": dict(self.labels),
            "public": self.public,
            "floating_ip_enabled": True,
            "master_lb_enabled": True,
            "volume_driver": "cinder",
            "docker_storage_driver": "overlay2",
        }
        if self.keypair:
            body["keypair_id"] = self.keypair
        return body


def decide(wish: TemplateRequest, defaults: Defaults, *, project: str) -> TemplateSpec:
    """Put a template together. Raises `BadTemplate` (or a driver's `Refusal`) with what to set."""
    kubernetes = _needed(wish.kubernetes or defaults.kubernetes, "kubernetes", project)
    flavor = _needed(wish.flavor or defaults.flavor, "flavor", project)
    labels = _labels(wish, defaults, kubernetes)
    _check_labels(wish.driver, labels, kubernetes)
    _check_ranges(wish.driver, labels, defaults)
    name = wish.name or defaults.name.format(kubernetes=kubernetes, driver=wish.driver, project=project)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,241}", name):
        raise BadTemplate(f"`{name}` cannot be a template's name", fix="Say another with `--name`.")
    return TemplateSpec(
        name=name,
        driver=wish.driver,
        kubernetes=kubernetes,
        image=_needed(wish.image or defaults.image, "image", project),
        flavor=flavor,
        master_flavor=wish.master_flavor or defaults.master_flavor or flavor,
        external_network=_needed(
            wish.external_network or defaults.external_network, "external_network", project
        ),
        keypair=wish.keypair or defaults.keypair,
        labels=labels,
        public=wish.public,
    )


def _needed(value: str | None, setting: str, project: str) -> str:
    if value:
        return value
    raise BadTemplate(
        f"The {setting.replace('_', ' ')} is missing",
        fix=f"Set `projects.{project}.template_defaults.{setting}`, or say `--{setting.replace('_', '-')}`.",
    )


def _labels(wish: TemplateRequest, defaults: Defaults, kubernetes: str) -> dict[str, str]:
    said = dict(pair.split("=", 1) for pair in wish.labels)
    runtime = wish.container_runtime or defaults.container_runtime
    labels = {**defaults.labels, "kube_tag": kubernetes}
    if runtime:
        labels["container_runtime"] = runtime
    labels |= defaults.driver_labels.get(wish.driver, {})
    rules = profile(wish.driver).template
    own = {option.name for option in rules.options}
    for option in template_options():
        if option.name in wish.options and option.name not in own:
            owner = next(other for other in profiles() if option in other.template.options)
            fix = rules.instead.fix.format(flag=option.flag)
            raise Refusal(f"`{option.flag}` is {owner.title}'s", why=rules.instead.why, fix=fix)
    pool = {rules.pool_label: wish.pool} if wish.pool else {}
    return labels | pool | rules.labels_of(wish.options) | said


def _check_labels(driver: Driver, labels: Mapping[str, str], kubernetes: str) -> None:
    for other in profiles():
        prefixes = other.template.label_prefixes
        foreign = [name for name in labels if other.driver != driver and name.startswith(prefixes)]
        if foreign:
            raise BadTemplate(
                f"The label {foreign[0]} is {other.title}'s, and this template is for"
                f" {profile(driver).title}",
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


def _check_ranges(driver: Driver, labels: Mapping[str, str], defaults: Defaults) -> None:
    own = profile(driver).template
    mine = _network(labels.get(own.pool_label, own.default_pool), own.pool_label)
    others = {"the service range": labels.get("service_cluster_ip_range", SERVICE_RANGE)}
    for other in profiles():
        if other.driver != driver:
            configured = defaults.driver_labels.get(other.driver, {}).get(other.template.pool_label)
            if configured:
                others[f"{other.title}'s pod range"] = configured
    for what, text in others.items():
        theirs = _network(text, what)
        if mine.version == theirs.version and mine.overlaps(theirs):
            raise BadTemplate(
                f"The pod range {mine} overlaps {what}, {theirs}",
                why=(
                    "clusters on one router could not tell their pods apart, and no workload could move"
                    " between them"
                ),
                fix="Say another with `--pool`, for example `--pool 10.102.0.0/16`.",
            )


def _network(text: str, what: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise BadTemplate(
            f"{what} is not an address range: {text}", why=str(error), fix="Write it like `10.101.0.0/16`."
        ) from error
