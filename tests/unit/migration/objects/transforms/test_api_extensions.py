"""Webhooks, definitions and their CA bundles."""

from __future__ import annotations

import pytest

from tests.unit.migration.builders import an
from tests.unit.migration.objects.transforms.results import stripped, warnings_of


@pytest.mark.parametrize("injected", [True, False])
def test_a_ca_that_is_injected_is_dropped_and_a_static_one_is_kept(injected: bool) -> None:
    hook = {"name": "h", "clientConfig": {"service": {"namespace": "shop", "name": "s"}, "caBundle": "Q0E="}}
    marks = {"cert-manager.io/inject-ca-from": "shop/cert"} if injected else {}
    copy = stripped(an("ValidatingWebhookConfiguration", annotations=marks, webhooks=[hook]))
    assert ("caBundle" in copy["webhooks"][0]["clientConfig"]) is not injected


def test_a_webhook_by_url_and_a_conversion_are_reported() -> None:
    assert "https://hook.example" in warnings_of(
        an(
            "MutatingWebhookConfiguration",
            webhooks=[{"name": "h", "clientConfig": {"url": "https://hook.example"}}],
        )
    )
    spec = {"group": "a.example", "conversion": {"strategy": "Webhook", "webhook": {"clientConfig": {}}}}
    assert "converted by a webhook" in warnings_of(an("CustomResourceDefinition", spec=spec))
