"""Cluster templates and drivers, large ones and with texts that Slack would take for markup."""

from __future__ import annotations

from typing import Any

from bot.clusters.driver_comparison import DriverComparison
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
from bot.clusters.templates.spec import Defaults, TemplateSpec
from bot.drivers.catalog import profile, profiles
from bot.drivers.driver import Driver
from tests.unit.slack.examples.requests import NASTY, NOW

CALICO, FLANNEL = Driver("calico"), Driver("flannel")


def template(name: str = "k8s-calico", driver: Driver | None = CALICO, **changes: Any) -> Template:
    values: dict[str, Any] = {
        "id": "7c0f",
        "name": name,
        "driver": driver,
        "network_driver": str(driver or "cilium"),
        "kubernetes": "v1.29.5",
        "image": "fcos",
        "flavor": "m1",
        "master_flavor": "m1",
        "external_network": "public",
        "keypair": "",
        "public": True,
        "hidden": False,
        "labels": {f"label_{number}": "v" * 100 for number in range(60)},
        "created": NOW,
    }
    return Template(**(values | changes))


def spec(**changes: Any) -> TemplateSpec:
    values: dict[str, Any] = {
        "name": "n",
        "driver": FLANNEL,
        "kubernetes": "v1",
        "image": "i",
        "flavor": "f",
        "master_flavor": "m",
        "external_network": "e",
        "keypair": "",
        "public": True,
        "labels": {f"l{number}": "v" * 80 for number in range(80)},
    }
    return TemplateSpec(**(values | changes))


def defaults(**changes: Any) -> Defaults:
    names = ("name", "image", "flavor", "master_flavor", "external_network", "keypair", "kubernetes")
    values: dict[str, Any] = dict.fromkeys((*names, "container_runtime"), "")
    return Defaults(**(values | {"labels": {}, "driver_labels": {}} | changes))


RESULTS: list[object] = [
    DriverComparison(profiles=profiles(), one=None),
    DriverComparison(profiles=profiles(), one=profile(FLANNEL)),
    TemplateCreated(template=template(), project="shop", warning=NASTY, runtime="containerd"),
    TemplatePlanned(spec=spec(), project="shop", warning=NASTY),
    TemplateForm(project="shop", defaults=defaults()),
    TemplateListing(
        project="shop", driver=None, templates=tuple(template(f"t{number}", None) for number in range(250))
    ),
    TemplateListing(project="shop", driver=CALICO, templates=()),
    TemplateDetails(project="shop", template=template(), warning=""),
    *(
        TemplateChanged(project="shop", template=template(name), change=change, was_so=was_so)
        for name in (NASTY, "k8s-calico")
        for change in TemplateChange
        for was_so in (True, False)
    ),
]
