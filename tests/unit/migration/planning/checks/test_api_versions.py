"""What a target of another version may not take."""

from __future__ import annotations

import dataclasses

from bot.migration.inventory.served_apis import ApiResource, ApiSurface
from bot.migration.inventory.target_facts import TargetFacts
from bot.migration.objects.fields import Ref
from bot.settings.mappings import Mappings, ObjectSelector
from tests.unit.migration.builders import SERVED, an
from tests.unit.migration.planning.plans import blockers, plan


def test_an_older_target_is_refused() -> None:
    assert "older" in blockers(
        facts=TargetFacts(exists=True, surface=dataclasses.replace(SERVED, version="v1.28.0"))
    )


def test_objects_of_a_version_that_the_target_does_not_serve_block_with_the_reason() -> None:
    old = ApiResource(
        group="policy",
        version="v1beta1",
        kind="PodSecurityPolicy",
        plural="podsecuritypolicies",
        namespaced=False,
    )
    surface = ApiSurface(version="v1.24.0", resources=(*SERVED.resources, old))
    facts = TargetFacts(exists=True, surface=SERVED)
    psp = an("PodSecurityPolicy", "p", api="policy/v1beta1", meta={"namespace": ""})
    text = blockers(psp, surface=surface, facts=facts)
    assert "1 objects of PodSecurityPolicy in policy/v1beta1" in text and "Kubernetes 1.25 removed it" in text
    assert not blockers(
        psp, surface=surface, facts=facts, mappings=Mappings(skip=(ObjectSelector(kind="PodSecurityPolicy"),))
    )


def test_objects_of_a_definition_that_is_copied_are_served() -> None:
    spec = {
        "group": "shop.example",
        "scope": "Namespaced",
        "names": {"kind": "Coupon", "plural": "coupons"},
        "versions": [{"name": "v1"}],
    }
    coupon = ApiResource(group="shop.example", version="v1", kind="Coupon", plural="coupons", namespaced=True)
    planned = plan(
        an("CustomResourceDefinition", "coupons.shop.example", spec=spec),
        an("Coupon", "c", api="shop.example/v1"),
        surface=ApiSurface(version="v1.29.5", resources=(*SERVED.resources, coupon)),
        facts=TargetFacts(exists=True, surface=SERVED),
    )
    assert not planned.blockers
    assert Ref("shop.example", "Coupon", "shop", "c") in planned.by_ref
