"""Which namespaces a cluster-scoped object serves."""

from __future__ import annotations

from bot.migration.inventory.namespace_scope import namespaces_served
from bot.migration.objects.fields import Object
from tests.unit.migration.builders import an, inventory

ROLE = an("ClusterRole", "r", rules=[])
ROLE_REF = {"kind": "ClusterRole", "name": "r"}


def account(namespace: str) -> dict[str, str]:
    return {"kind": "ServiceAccount", "name": "sa", "namespace": namespace}


def served(obj: Object, *related: Object) -> set[str] | None:
    namespaces = namespaces_served(obj, inventory(obj, *related))
    return None if namespaces is None else set(namespaces)


def test_a_binding_serves_the_namespaces_of_its_accounts() -> None:
    binding = an("ClusterRoleBinding", "b", roleRef=ROLE_REF, subjects=[account("a"), account("b")])
    assert served(binding) == {"a", "b"}


def test_a_binding_of_people_or_of_nobody_may_serve_any() -> None:
    people = an(
        "ClusterRoleBinding", "b", roleRef=ROLE_REF, subjects=[account("a"), {"kind": "Group", "name": "ops"}]
    )
    assert served(people) is None
    assert served(an("ClusterRoleBinding", "b", roleRef=ROLE_REF)) is None


def test_a_cluster_role_serves_where_it_is_bound() -> None:
    in_shop = an("RoleBinding", "b", roleRef=ROLE_REF, subjects=[{"kind": "Group", "name": "ops"}])
    whole = an("ClusterRoleBinding", "b", roleRef=ROLE_REF, subjects=[account("a")])
    assert served(ROLE, in_shop, whole) == {"shop", "a"}
    assert served(ROLE) is None, "nobody has it yet"
    own_role = an("RoleBinding", "other", roleRef={"kind": "Role", "name": "r"}, subjects=[account("a")])
    assert served(ROLE, own_role) is None, "that is a Role of the same name"


def test_a_webhook_serves_the_namespaces_of_its_backends() -> None:
    inside = {"name": "h", "clientConfig": {"service": {"namespace": "shop", "name": "s"}}}
    outside = {"name": "u", "clientConfig": {"url": "https://x"}}
    assert served(an("MutatingWebhookConfiguration", "w", webhooks=[inside])) == {"shop"}
    assert served(an("MutatingWebhookConfiguration", "w", webhooks=[inside, outside])) is None
    assert served(an("MutatingWebhookConfiguration", "w")) is None


def test_an_aggregated_api_serves_the_namespace_of_its_service_and_other_kinds_any() -> None:
    spec = {"service": {"namespace": "shop", "name": "metrics"}}
    assert served(an("APIService", "v1.m", spec=spec)) == {"shop"}
    assert served(an("StorageClass", "fast")) is None
