"""What becomes of the answers of Services."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec
import pytest

from bot.adapters.kube.client import Reply
from bot.adapters.kube.errors import ServerFailed, Unreachable
from bot.migration.objects.fields import Object
from bot.migration.proof.http_answers import check
from bot.migration.proof.http_probes import HttpProbe, HttpProbes
from bot.migration.proof.http_requests import SILENT, UNREACHED, HttpAnswer, HttpAnswers
from tests.unit.migration.builders import an, inventory
from tests.unit.migration.proof.test_http_probes import WEB, app, service


def status(message: str, code: int = 503) -> Reply:
    return Reply(status=code, data=msgspec.json.encode({"kind": "Status", "message": message, "code": code}))


@dataclasses.dataclass
class Api:
    """Answers the GETs in their order, the last one for ever."""

    replies: list[Reply | None]  # None: nothing comes
    paths: list[str] = dataclasses.field(default_factory=list)

    def get_once(self, path: str, *, seconds: float, most: int) -> Reply:
        self.paths.append(path)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if reply is None:
            raise Unreachable("The cluster's API cannot be reached", why="timed out")
        return reply


PROBE = HttpProbe(service=WEB, port=80, scheme="http", path="/ready")


def before(answer: str) -> HttpAnswers:
    return HttpAnswers(found=(HttpAnswer(service=WEB, port=80, said=answer),))


def compared(
    old: HttpAnswers | None, *replies: Reply | None, enforced: bool = True, policies: tuple[Object, ...] = ()
) -> Any:
    now = inventory(service(), app(), *policies)
    api: Any = Api(list(replies) or [Reply(status=200, data=b"")])
    return check(api, HttpProbes(probes=(PROBE,)), old, now, enforced=enforced, sleep=lambda _seconds: None)


@pytest.mark.parametrize(
    ("old", "status_now", "is_fault"),
    [
        ("2xx", 204, False),
        ("2xx", 404, True),
        ("2xx", 301, True),
        ("4xx", 404, False),
        ("5xx", 200, False),
        ("3xx", 503, True),
    ],
)
def test_another_class_than_on_the_source_is_a_fault_unless_it_is_success(
    old: str, status_now: int, is_fault: bool
) -> None:
    result = compared(before(old), Reply(status=status_now, data=b"some page"))
    assert bool(result.faults) is is_fault and result.checked_count == 1
    if is_fault:
        assert (
            str(result.faults[0])
            == f"Service shop/web, port 80, GET /ready: answers {status_now // 100}xx, expected {old}, as on"
            " the source"
        )


def test_what_answers_otherwise_is_asked_once_more() -> None:
    assert not compared(
        before("2xx"), Reply(status=503, data=b"warming up"), Reply(status=200, data=b"")
    ).faults


def test_an_application_that_fails_is_reported_from_an_api_server_that_finds_nobody() -> None:
    assert "answers 5xx" in str(
        compared(before("2xx"), Reply(status=503, data=b'{"status": "down"}')).faults[0]
    )
    nobody = status('no endpoints available for service "http:web:80"')
    assert "answers no endpoints" in str(compared(before("2xx"), nobody).faults[0])


def test_an_api_server_that_fails_itself_is_no_finding() -> None:
    with pytest.raises(ServerFailed):
        compared(before("2xx"), status("etcdserver: leader changed", 500))


def test_pods_behind_a_policy_that_the_api_server_cannot_reach_are_reported_as_not_checked() -> None:
    shut = status("error trying to reach service: dial tcp 10.100.0.5:8080: i/o timeout")
    policy = an(
        "NetworkPolicy",
        "quiet",
        spec={"podSelector": {"matchLabels": {"app": "x"}}, "policyTypes": ["Ingress"]},
    )
    unrelated = an(
        "NetworkPolicy",
        "other",
        spec={"podSelector": {"matchLabels": {"app": "y"}}, "policyTypes": ["Ingress"]},
    )
    result = compared(before("2xx"), shut, policies=(policy,))
    assert (
        not result.faults
        and "a NetworkPolicy keeps the API server" in result.unchecked[0]
        and result.checked_count == 0
    )
    assert not compared(before("2xx"), None, policies=(policy,)).faults, (
        "the API server dials longer than one waits"
    )
    assert compared(before("2xx"), shut, policies=(unrelated,)).faults, "nothing isolates these pods"
    assert compared(before("2xx"), shut, policies=(policy,), enforced=False).faults, "nothing enforces it"


def test_an_application_that_hangs_is_a_fault_and_no_failure_of_the_api() -> None:
    assert "answers nothing in time, expected 2xx" in str(compared(before("2xx"), None).faults[0])
    assert "within 10 s" in compared(before(SILENT), Reply(status=200, data=b"")).unchecked[0]


def test_who_may_not_ask_is_reported_so_and_asks_no_further() -> None:
    refused = status(
        'services "http:web:80" is forbidden: User "x" cannot get resource "services/proxy"', 403
    )
    result = compared(before("2xx"), refused)
    assert not result.faults and "cannot get resource" in result.unchecked[0]
    assert "the source was not asked" in compared(None).unchecked[0]
    assert "no right" in compared(HttpAnswers(refused="HTTP 403: no right")).unchecked[0]


def test_what_the_source_did_not_answer_is_not_compared() -> None:
    result = compared(before(UNREACHED), Reply(status=500, data=b""))
    assert not result.faults and result.unchecked == (
        "HTTP of shop/web:80: the old API server could not reach it",
    )


def test_what_the_target_no_longer_names_is_reported() -> None:
    api: Any = Api([Reply(status=200, data=b"")])
    result = check(api, HttpProbes(probes=()), before("2xx"), inventory(), enforced=True)
    assert result.unchecked == ("HTTP of shop/web:80: no probe of the new cluster names a path",)
