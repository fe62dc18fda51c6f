"""The proxy of Services in the sandbox: a pod behind it answers, or the API server says why none can."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.kubernetes.conftest import NOBODY, Api
from tests.contract.kubernetes.test_controllers import BASE, CONTAINER, pods, until

AT = f"{BASE}/proxied/services"
HTTP = {
    **CONTAINER,
    "ports": [{"name": "http", "containerPort": 8080}, {"name": "redis", "containerPort": 6379}],
    "readinessProbe": {"httpGet": {"path": "/ready?deep=1", "port": "http"}},
    "livenessProbe": {"httpGet": {"path": "/alive", "port": 8081}},
}


@pytest.fixture(scope="module")
def web(running: Api) -> Api:
    running.json("POST", BASE, {"metadata": {"name": "proxied"}})
    ports = [
        {"name": "http", "port": 80, "targetPort": "http"},
        {"name": "admin", "port": 81, "targetPort": 8081},
        {"name": "redis", "port": 6379},
        {"name": "closed", "port": 82, "targetPort": 9999},
    ]
    for name in ("web", "nobody"):
        spec = {"selector": {"app": name}, "ports": ports}
        running.json("POST", AT, {"metadata": {"name": name}, "spec": spec})
    pod = {"metadata": {"name": "web", "labels": {"app": "web"}}, "spec": {"containers": [HTTP]}}
    running.json("POST", f"{BASE}/proxied/pods", pod)
    until(lambda: get(running, "web:http", "ready")[0] == 200)
    return running


def get(api: Api, service: str, path: str, **more: Any) -> tuple[int, str]:
    answer = api.ask("GET", f"{AT}/{service}/proxy/{path}", **more)
    return answer.status, answer.data.decode()


@pytest.mark.parametrize("service", ["web:http", "http:web:http", "http:web:80", "web:80"])
def test_a_port_is_named_or_numbered_with_or_without_a_scheme(web: Api, service: str) -> None:
    assert get(web, service, "ready?deep=1") == (200, "ok\n")
    assert get(web, service, "other")[0] == 404


def test_a_pod_answers_what_its_files_say(web: Api) -> None:
    pod = pods(web, "proxied")["web"]
    web.loopback.call(web.cluster._programs.run, pod, "c", ["sh", "-c", "echo 500 > /www/alive"])
    assert get(web, "http:web:81", "alive")[0] == 500
    web.loopback.call(web.cluster._programs.run, pod, "c", ["rm", "/www/alive"])
    assert get(web, "http:web:81", "alive")[0] == 200


@pytest.mark.parametrize(
    ("service", "why"),
    [
        ("http:nobody:80", 'no endpoints available for service "http:nobody:80"'),
        ("http:web:83", 'no service port 83 found for service "web"'),
        ("http:web:82", "connect: connection refused"),
        ("http:web:redis", "malformed HTTP response"),
    ],
)
def test_where_no_pod_can_answer_the_api_server_says_503_and_why(web: Api, service: str, why: str) -> None:
    status = web.json("GET", f"{AT}/{service}/proxy/")
    assert (status["kind"], status["code"], status["reason"]) == (
        "Status",
        503,
        "ServiceUnavailable",
    ) and why in status["message"]


def test_a_service_that_is_none_and_a_request_that_is_none(web: Api) -> None:
    assert get(web, "http:none:80", "")[0] == 404
    assert get(web, "ftp:web:80", "")[0] == 400


def test_the_right_is_for_the_proxy_of_that_service(web: Api) -> None:
    status, text = get(web, "http:web:80", "ready", token=NOBODY)
    assert (
        status == 403
        and 'cannot get resource \\"services/proxy\\"' in text
        and 'services \\"http:web:80\\"' in text
    )


def test_a_readiness_probe_over_http_is_asked_by_the_kubelet(web: Api) -> None:
    pod = {"metadata": {"name": "sick"}, "spec": {"containers": [HTTP]}}
    web.json("POST", f"{BASE}/proxied/pods", pod)
    until(lambda: ready(web, "sick"))
    sick = pods(web, "proxied")["sick"]
    web.loopback.call(web.cluster._programs.run, sick, "c", ["sh", "-c", "echo 503 > /www/ready"])
    web.loopback.call(web.cluster.resync)
    until(lambda: not ready(web, "sick"))


def ready(api: Api, name: str) -> bool:
    conditions = pods(api, "proxied")[name]["status"].get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
