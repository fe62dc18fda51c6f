"""Plans of a source that a test describes by its objects."""

from __future__ import annotations

from typing import Any

from bot.drivers.driver import Driver
from bot.migration.inventory.target_facts import TargetFacts
from bot.migration.objects.digest_keys import DigestKeys
from bot.migration.objects.fields import Object
from bot.migration.planning.builder import PlanRequest, build
from bot.migration.planning.findings import Weight
from bot.migration.planning.plan import ClusterSide, MigrationPlan
from bot.migration.planning.survey import Survey
from bot.policy.cluster_state import ClusterState
from bot.policy.reach import model, parser
from tests.unit.migration.builders import SERVED, an, inventory

KEY = b"a key"


HOME = an("Namespace", "shop")


def policies_of(objects: tuple[Object, ...]) -> tuple[model.Policy, ...]:
    return tuple(parser.parse_policy(dict(obj.items())) for obj in objects if obj["kind"] == "NetworkPolicy")


def pods_of(objects: tuple[Object, ...]) -> tuple[model.Pod, ...]:
    return tuple(
        model.Pod(
            namespace=obj["metadata"]["namespace"],
            name=obj["metadata"]["name"],
            labels=obj["metadata"].get("labels", {}),
        )
        for obj in objects
        if obj["kind"] == "Pod"
    )


def plan(*objects: Object, **request: Any) -> MigrationPlan:
    return planned_by(DigestKeys(keys=(KEY,)), *objects, **request)


def planned_by(
    keys: DigestKeys,
    *objects: Object,
    facts: TargetFacts | None = None,
    to: Driver = Driver("calico"),
    **request: Any,
) -> MigrationPlan:
    everything = (HOME, *objects)
    source_inventory = inventory(*everything, surface=request.pop("surface", SERVED))
    survey = Survey(
        inventory=source_inventory,
        target=facts or TargetFacts(exists=False, surface=SERVED),
        unknown_addons=request.pop("unknown_addons", ()),
        network=ClusterState(
            cluster=model.ClusterModel(
                pods=pods_of(everything),
                policies=policies_of(everything),
                namespaces=(model.Namespace("shop"),),
            ),
            policies={},
        ),
    )
    source = ClusterSide(
        name="dev", driver=Driver("calico") if to == Driver("flannel") else Driver("flannel"), id="u1"
    )
    defaults: dict[str, Any] = {
        "migration": "m1",
        "source": source,
        "target": ClusterSide(name="new", driver=to, template="t"),
        "same_project": True,
    }
    return build(PlanRequest(**{**defaults, **request}), survey, keys.current, mark=keys.mark)


def finding_texts(planned: MigrationPlan, weight: Weight = Weight.WARNING) -> str:
    return "\n".join(f"{finding.what} {finding.why} {finding.fix}" for finding in planned.of(weight))


def blockers(*objects: Object, **request: Any) -> str:
    return finding_texts(plan(*objects, **request), Weight.BLOCKER)
