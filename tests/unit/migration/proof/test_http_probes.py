"""Which Services are asked over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from bot.migration.objects.fields import Object, Ref
from bot.migration.proof.http_probes import HttpProbe, probes
from tests.unit.migration.builders import an, inventory, plan, pods, workload

WEB = Ref("", "Service", "shop", "web")


def service(*ports: Object, **spec: Any) -> Object:
    return an("Service", "web", spec={"selector": {"app": "x"}, "ports": list(ports), **spec})


def app(**container: Any) -> Object:
    template = pods()
    template["spec"]["containers"][0] |= {"ports": [{"name": "http", "containerPort": 8080}], **container}
    return workload(template=template)


def get(path: str = "/ready", port: Any = 8080, **fields: Any) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": port, **fields}}


def asked_urls(service_object: Object, *workloads: Object) -> list[str]:
    result = probes(plan(service_object), inventory(service_object, *workloads))
    return [probe.url.removeprefix("/api/v1/namespaces/shop/services/") for probe in result.probes]


@pytest.mark.parametrize(
    ("port", "container", "expected"),
    [
        ({"port": 80, "targetPort": 8080}, {"readinessProbe": get()}, ["http:web:80/proxy/ready"]),
        (
            {"port": 80, "targetPort": "http"},
            {"readinessProbe": get(port="http")},
            ["http:web:80/proxy/ready"],
        ),
        ({"port": 8080}, {"livenessProbe": get("/alive")}, ["http:web:8080/proxy/alive"]),
        (
            {"port": 8080},
            {"livenessProbe": get("/alive"), "readinessProbe": get()},
            ["http:web:8080/proxy/ready"],
        ),
        (
            {"port": 443, "targetPort": 8080},
            {"readinessProbe": get(scheme="HTTPS")},
            ["https:web:443/proxy/ready"],
        ),
        (
            {"port": 80, "targetPort": 8080},
            {"readinessProbe": get("/a b?key=1&x=%2F")},
            ["http:web:80/proxy/a%20b?key=1&x=%2F"],
        ),
        ({"port": 80, "targetPort": 8080}, {"readinessProbe": get(port=9090)}, []),
        ({"port": 80, "targetPort": 8080}, {"readinessProbe": get(host="elsewhere.example")}, []),
        ({"port": 80, "targetPort": 8080, "protocol": "UDP"}, {"readinessProbe": get()}, []),
        ({"port": 80, "targetPort": 8080}, {"readinessProbe": {"tcpSocket": {"port": 8080}}}, []),
        ({"port": 80, "targetPort": "none"}, {"readinessProbe": get(port="other")}, []),
    ],
    ids=[
        "number",
        "name",
        "liveness",
        "readiness-first",
        "https",
        "escaped",
        "other-port",
        "other-host",
        "udp",
        "tcp",
        "unknown-names",
    ],
)
def test_a_service_is_asked_for_the_path_that_a_probe_of_its_port_names(
    port: Object, container: dict[str, Any], expected: list[str]
) -> None:
    assert asked_urls(service(port), app(**container)) == expected


def test_a_service_of_other_pods_or_of_none_is_not_asked() -> None:
    port = {"port": 80, "targetPort": 8080}
    assert not asked_urls(service(port, selector={"app": "y"}), app(readinessProbe=get()))
    assert not asked_urls(service(port, selector=None), app(readinessProbe=get()))
    assert not probes(plan(), inventory(service(port), app(readinessProbe=get()))).probes, "it is not copied"


def test_a_port_that_serves_http_by_its_name_without_a_probe_is_reported() -> None:
    result = probes(
        plan(service({"name": "http", "port": 80})), inventory(service({"name": "http", "port": 80}), app())
    )
    assert (result.probes, result.ports_without_path) == ((), ("shop/web:80",))


def test_a_query_is_asked_and_never_shown() -> None:
    assert "secret" not in str(HttpProbe(service=WEB, port=80, scheme="http", path="/ready?token=secret"))
