"""Whole migrations of every kind, to compare what they record with what an earlier version recorded.

DBOS replays recorded steps by their order and names, so a migration that an earlier version began goes on
only if the workflow still takes the same steps, under the same names, and reads the same keys in them.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any

from bot.adapters.kube import writes as kube_writing
from bot.adapters.openstack.magnum_errors import MagnumNotFound
from bot.clusters.lifecycle.provisioner import OPERATION_LABEL, ClusterOrder
from bot.migration.objects import copy_order
from bot.migration.objects.fields import Ref
from bot.migration.planning.builder import build
from bot.migration.planning.survey import survey
from bot.migration.workflow.ports import Json
from bot.settings.mappings import Mappings
from tests.contract.migration.conftest import KEY, Cloud, plan_request, planned
from tests.contract.migration.journeys import Journey, Magnum
from tests.contract.migration.test_addresses import Neutron

ORDER = ClusterOrder(
    name="new",
    template="t",
    template_name="k8s-calico",
    driver="calico",
    kubernetes="v1.28.9",
    nodes=3,
    masters=1,
)


class BuildingMagnum(Magnum):
    """A Magnum that 'builds' the sandbox cluster that is up already."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.labels: Json = {}
        self.deleted: list[str] = []

    def template(self, ref: str) -> Json:
        return {"uuid": ref, "labels": {}}

    def clusters(self) -> list[Json]:
        return [self.cluster(uuid) for uuid in sorted(self.there)]

    def cluster(self, ref: str) -> Json:
        if ref not in self.there:
            raise MagnumNotFound(f"no cluster {ref}")
        built = {
            "uuid": ref,
            "name": ref.removeprefix("uuid-"),
            "status": "CREATE_COMPLETE",
            "node_count": 3,
            "api_address": "https://10.0.0.1:6443",
            "coe_version": "v1.28.9",
        }
        return {**built, "labels": self.labels if ref == "uuid-new" else {}}

    def create_cluster(self, values: Any, *, operation: str) -> str:
        self.there.add("uuid-new")
        self.labels = {OPERATION_LABEL: operation}
        return "uuid-new"

    def delete_cluster(self, cluster: str, *, operation: str) -> None:
        self.deleted.append(cluster)
        super().delete_cluster(cluster, operation=operation)


def moved_into(cloud: Cloud, folder: pathlib.Path) -> Journey:
    """Into a cluster that is there; addresses are kept."""
    mappings = Mappings(addresses="keep")
    journey = Journey(cloud, planned(cloud, plan_request(cloud, mappings=mappings)), folder)
    journey.ports.mappings, journey.ports.floating_ips = mappings, Neutron(cloud.infrastructure.network)
    return journey


def deployed(cloud: Cloud, folder: pathlib.Path) -> Journey:
    """Into a cluster that the migration has built."""
    request = plan_request(cloud)
    target = dataclasses.replace(request.target, id="", template="t", nodes=3, masters=1)
    request = dataclasses.replace(request, target=target)
    plan = build(request, survey(cloud.kube("dev"), None, namespaces=(), kubernetes=target.kubernetes), KEY)
    journey = Journey(cloud, plan, folder, deploy=ORDER)
    journey.magnum = journey.ports.magnum = BuildingMagnum(plan.source.id)
    return journey


def from_a_kubeconfig(cloud: Cloud, folder: pathlib.Path) -> Journey:
    """From a cluster that Magnum does not know, with an operator and a Deployment that runs on both sides."""
    request = plan_request(cloud, early=("shop/catalog",))
    source = dataclasses.replace(request.source, id="kubeconfig:dev")
    plan = planned(cloud, dataclasses.replace(request, source=source))
    operator = Ref("apps", "Deployment", "shop", "cart")
    items = [
        dataclasses.replace(item, stage=copy_order.stage_of(item.ref, frozenset({operator})))
        for item in plan.items
    ]
    items.sort(key=lambda item: item.stage)
    return Journey(cloud, plan.model_copy(update={"operators": (operator,), "items": tuple(items)}), folder)


def _turned_back(word: str, step: str) -> Callable[[Journey], None]:
    def prepare(journey: Journey) -> None:
        journey.at_step[step] = lambda: journey.send_signal(word)

    return prepare


def _source_changes(journey: Journey) -> None:
    """The source changes after the copy, then during a pause while somebody decides."""

    def change(mode: str) -> None:
        path = "/api/v1/namespaces/shop/configmaps/settings"
        kube_writing.patch(journey.ports.clusters.kube("dev"), path, {"data": {"MODE": mode}})

    def unwell() -> None:
        journey.ports.unhealthy = "calico on new: 1 of 3 nodes"

    def mended() -> None:
        journey.ports.unhealthy = ""
        change("third")

    journey.at_step["second look"] = lambda: change("other")
    journey.at_step["look at the target"] = unwell
    journey.after_pause = mended
    journey.on_pause = ["resume"] * 3


def _refused_and_paused(journey: Journey) -> None:
    """Both decisions are refused once, and somebody pauses it three times."""
    journey.approvers.refused |= {"cutover-1", "delete-3"}
    journey.at_step["stop"] = lambda: journey.send_signal("pause")
    journey.at_step["wait until ready"] = lambda: journey.send_signal("pause")
    journey.at_step["consent: done"] = lambda: journey.send_signal("pause")
    journey.on_pause = ["resume"] * 5


def _given_up_while_it_waits_for_a_decision(journey: Journey) -> None:
    journey.at_step["decision"] = lambda: journey.send_signal("cancel")


def _given_up_while_it_is_paused(journey: Journey) -> None:
    journey.on_pause = ["cancel"]
    journey.at_step["copy workloads"] = lambda: journey.send_signal("pause")


SCENARIOS: dict[str, tuple[Callable[[Cloud, pathlib.Path], Journey], Callable[[Journey], None]]] = {
    "whole": (moved_into, lambda _journey: None),
    "deployed": (deployed, lambda _journey: None),
    "from-a-kubeconfig": (from_a_kubeconfig, lambda _journey: None),
    "source-changes": (moved_into, _source_changes),
    "refused-and-paused": (moved_into, _refused_and_paused),
    "cancelled-while-copying": (moved_into, _turned_back("cancel", "copy workloads")),
    "cancelled-while-deciding": (moved_into, _given_up_while_it_waits_for_a_decision),
    "cancelled-while-paused": (deployed, _given_up_while_it_is_paused),
    "cancelled-while-deploying": (deployed, _turned_back("cancel", "deploy: build")),
    "rolled-back-before-the-cut-over": (deployed, _turned_back("rollback", "compare")),
    "rolled-back-while-moving-volumes": (moved_into, _turned_back("rollback", "attach")),
    "rolled-back-after-the-traffic": (moved_into, _turned_back("rollback", "soak")),
}
