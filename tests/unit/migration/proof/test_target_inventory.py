"""What the checks read of the target."""

from __future__ import annotations

from bot.migration.objects.kinds import CLAIM, INGRESS
from bot.migration.proof.target_inventory import read_target, unread
from tests.unit.migration.builders import SERVED, an, plan, workload
from tests.unit.migration.memory_kube import FORBIDDEN, MemoryKube

SHOP = an("Namespace", "shop")


def test_what_runs_and_what_leads_to_it_is_read_and_secrets_are_not() -> None:
    kube = MemoryKube(SHOP, workload(name="web"), an("Service", "web"), an("Secret", "s"))
    assert {ref.kind for ref in read_target(kube, SERVED, plan()).objects} == {"Deployment", "Service"}


def test_a_kind_that_may_not_be_listed_is_named_with_the_reason() -> None:
    kube = MemoryKube(SHOP)
    kube.failures = {"/apis/networking.k8s.io/v1/namespaces/shop/ingresses": FORBIDDEN}
    now = read_target(kube, SERVED, plan())
    assert unread(now, INGRESS) == "ingresses of the new cluster may not be listed (HTTP 403: no right)"
    assert unread(now, CLAIM) == ""
