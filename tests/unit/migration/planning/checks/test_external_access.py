"""What changes for those who connect from outside."""

from __future__ import annotations

from bot.migration.planning.plan import AddressRecipe
from bot.settings.mappings import Mappings
from tests.unit.migration.builders import an
from tests.unit.migration.planning.plans import blockers, finding_texts, plan


def test_an_address_that_changes_is_reported_and_one_that_moves_too() -> None:
    service = an(
        "Service",
        "web",
        spec={"type": "LoadBalancer", "ports": []},
        status={"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}},
    )
    planned = plan(service)
    assert "the address of shop/web changes it is 203.0.113.7 today" in finding_texts(planned)
    same_address = plan(service, mappings=Mappings(addresses="keep"))
    assert [balancer.recipe for balancer in same_address.balancers] == [AddressRecipe.SAME_ADDRESS]
    assert "moves to the new cluster" in finding_texts(same_address)


def test_a_webhook_without_its_backend_blocks() -> None:
    hook = {"name": "h", "clientConfig": {"service": {"namespace": "shop", "name": "guard"}}}
    webhook = an("ValidatingWebhookConfiguration", "w", webhooks=[hook])
    assert "calls shop/guard, which is not copied" in blockers(webhook)
    assert not blockers(webhook, an("Service", "guard", spec={"selector": {"a": "b"}}))
