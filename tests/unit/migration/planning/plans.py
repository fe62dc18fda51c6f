"""Plans of a source that a test describes by its objects."""

from __future__ import annotations

from typing import Any

from bot.drivers.driver import Driver
from bot.migration.inventory.target_facts import TargetFacts
from bot.migration.objects.digest_keys import DigestKeys
from bot.migration.objects.manifest import Object
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
    return tuple(
        parser.parse_policy(dict(each.items())) for each in objects if each["kind"] == "NetworkPolicy"
    )


def pods_of(objects: tuple[Object, ...]) -> tuple[model.Pod, ...]:
    return tuple(
        model.Pod(
            namespace=each["metadata"]["namespace"],
            name=each["metadata"]["name"],
            labels=each["metadata"].get("labels", {}),
        )
        for each in objects
        if each["kind"] == "Pod"
    )


def plan(*objects: Object, **asked: Any) -> MigrationPlan:
    return planned_by(DigestKeys(known=(KEY,)), *objects, **asked)


def planned_by(
    keys: DigestKeys,
    *objects: Object,
    facts: TargetFacts | None = None,
    to: Driver = Driver.CALICO,
    **asked: Any,
) -> MigrationPlan:
    everything = (HOME, *objects)
    read = inventory(*everything, surface=asked.pop("surface", SERVED))
    survey = Survey(
        inventory=read,
        target=facts or TargetFacts(exists=False, surface=SERVED),
        unknown_addons=asked.pop("unknown_addons", ()),
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
        name="dev", driver=Driver.CALICO if to is Driver.FLANNEL else Driver.FLANNEL, id="u1"
    )
    given: dict[str, Any] = {
        "migration": "m1",
        "source": source,
        "target": ClusterSide(name="new", driver=to, template="t"),
        "same_project": True,
    }
    return build(PlanRequest(**{**given, **asked}), survey, keys.current, mark=keys.mark)


def finding_texts(made: MigrationPlan, weight: Weight = Weight.WARNING) -> str:
    return "\n".join(f"{each.what} {each.why} {each.fix}" for each in made.of(weight))


def blockers(*objects: Object, **asked: Any) -> str:
    return finding_texts(plan(*objects, **asked), Weight.BLOCKER)
