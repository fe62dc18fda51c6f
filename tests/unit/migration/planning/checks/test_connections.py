"""Connections that a migration closes or opens."""

from __future__ import annotations

from bot.drivers.driver import Driver
from bot.migration.planning.plan import ClusterSide
from tests.unit.migration.builders import an
from tests.unit.migration.planning.plans import finding_texts, plan

WEB, DB = (
    an("Pod", "web", labels={"app": "web"}, spec={"containers": []}),
    an(
        "Pod",
        "db",
        labels={"app": "db"},
        spec={"containers": [{"name": "c", "ports": [{"containerPort": 5432}]}]},
    ),
)


CLOSED = an(
    "NetworkPolicy",
    "closed",
    spec={"podSelector": {"matchLabels": {"app": "db"}}, "policyTypes": ["Ingress"]},
)


def test_policies_that_were_never_enforced_are_reported_connection_by_connection() -> None:
    planned = plan(WEB, DB, CLOSED)
    cut = {(connection.source, connection.destination): connection for connection in planned.network.closes}
    assert cut["shop/web[Pod]", "shop/db[Pod]"].ports == "All Connections"
    assert cut["shop/web[Pod]", "shop/db[Pod]"].served == "TCP 5432"
    assert "Flannel has never enforced the 1 policy, Calico will" in finding_texts(planned)
    assert not planned.network.opens


def test_isolation_that_is_lost_is_reported_too() -> None:
    planned = plan(WEB, DB, CLOSED, to=Driver("flannel"))
    assert ("shop/web[Pod]", "shop/db[Pod]") in {
        (connection.source, connection.destination) for connection in planned.network.opens
    }
    assert not planned.network.closes
    assert "isolation is lost" in finding_texts(planned)


def test_drivers_that_are_alike_change_nothing() -> None:
    same = plan(WEB, DB, CLOSED, source=ClusterSide(name="dev", driver=Driver("calico")))
    assert not same.network.computed and not same.network.closes
