"""Policies that will do something else than their authors think."""

from __future__ import annotations

import pytest

from bot.migration.objects.fields import Object
from tests.unit.migration.builders import an
from tests.unit.migration.planning.checks.test_connections import CLOSED, DB, WEB
from tests.unit.migration.planning.plans import finding_texts, plan


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"podSelector": {"matchLabels": {"app": "bd"}}, "policyTypes": ["Ingress"]}, "selects no pod"),
        (
            {"podSelector": {}, "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "wbe"}}}]}]},
            "allows nothing",
        ),
        (
            {
                "podSelector": {},
                "egress": [{"to": [{"ipBlock": {"cidr": "10.254.0.10/32"}}]}],
                "policyTypes": ["Egress"],
            },
            "names the service address 10.254.0.10/32",
        ),
    ],
)
def test_policies_that_will_do_something_else_than_meant_are_reported(spec: Object, words: str) -> None:
    assert words in finding_texts(plan(WEB, DB, an("NetworkPolicy", "p", spec=spec)))


def test_a_node_port_behind_a_policy_that_allows_pods_only_is_reported() -> None:
    service = an(
        "Service",
        "db",
        spec={"type": "NodePort", "selector": {"app": "db"}, "ports": [{"port": 5432, "nodePort": 30001}]},
    )
    node = an("Node", "n", status={"addresses": [{"type": "InternalIP", "address": "10.0.1.11"}]})
    pods_only = an(
        "NetworkPolicy",
        "p",
        spec={"podSelector": {"matchLabels": {"app": "db"}}, "ingress": [{"from": [{"podSelector": {}}]}]},
    )
    by_node = an(
        "NetworkPolicy",
        "q",
        spec={
            "podSelector": {"matchLabels": {"app": "db"}},
            "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.1.0/24"}}]}],
        },
    )
    assert "Service shop/db will not be reached from outside" in finding_texts(
        plan(DB, service, node, pods_only)
    )
    assert "will not be reached" not in finding_texts(plan(DB, service, node, pods_only, by_node))


def test_a_host_port_behind_a_policy_is_reported() -> None:
    exposed = an(
        "Pod",
        "agent",
        labels={"app": "db"},
        spec={"containers": [{"name": "c", "ports": [{"containerPort": 80, "hostPort": 80}]}]},
    )
    assert "1 workload with host ports isolated" in finding_texts(plan(exposed, CLOSED))


def test_a_webhook_backend_that_the_api_server_cannot_reach_is_reported() -> None:
    hook = {
        "name": "guard.example",
        "clientConfig": {"service": {"namespace": "shop", "name": "db", "port": 443}},
    }
    service = an(
        "Service", "db", spec={"selector": {"app": "db"}, "ports": [{"port": 443, "targetPort": 8443}]}
    )
    node = an("Node", "n", status={"addresses": [{"type": "InternalIP", "address": "10.0.1.11"}]})
    planned = plan(DB, service, node, CLOSED, an("ValidatingWebhookConfiguration", "w", webhooks=[hook]))
    assert "webhook guard.example will not be reached by the API server" in finding_texts(planned)
