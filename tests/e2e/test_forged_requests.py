"""What is not from Slack, too old, or said before is not taken, and is counted."""

from __future__ import annotations

import pathlib
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator

import pytest
from slack_sdk.signature import SignatureVerifier

from sandbox.slack.model import SIGNING_SECRET, TEAM
from tests.e2e.conftest import Office, office


@pytest.fixture(scope="module")
def over_http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder: pathlib.Path = tmp_path_factory.mktemp("http")
    with office(folder, "http") as running_office:
        yield running_office


def body(
    text: str = "template create calico --name forged", *, team: str = TEAM, trigger: str = "1.2.a"
) -> bytes:
    return urllib.parse.urlencode(
        {
            "team_id": team,
            "channel_id": "C0SHOP",
            "user_id": "U0ANA",
            "user_name": "ana",
            "command": "/xk8s",
            "text": text,
            "trigger_id": trigger,
            "response_url": "http://127.0.0.1:9/none",
            "token": "t",
        }
    ).encode()


def post(
    bot_office: Office,
    data: bytes,
    *,
    secret: str = SIGNING_SECRET,
    age: int = 0,
    signature: str | None = None,
) -> int:
    """Post a command as somebody would who has, or has not, the signing secret."""
    at = str(int(time.time()) - age)
    signed = SignatureVerifier(secret).generate_signature(timestamp=at, body=data)
    request = urllib.request.Request(
        f"http://127.0.0.1:{bot_office.port}/slack/events",
        data=data,
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": str(signed) if signature is None else signature,
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def dropped(bot_office: Office, reason: str) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{bot_office.bot.admin}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    counter = f'xk8s_slack_dropped_total{{reason="{reason}"}}'
    return next((float(line.split()[-1]) for line in lines if line.startswith(counter)), 0.0)


def forged_templates(bot_office: Office) -> int:
    return sum(template["name"] == "forged" for template in bot_office.sandbox.cloud.templates.values())


def test_a_wrong_signature_gets_401_and_is_counted(over_http: Office) -> None:
    assert post(over_http, body(), secret="somebody-elses") == 401
    assert post(over_http, body(), signature="v0=" + "0" * 64) == 401
    assert post(over_http, body(), signature="") == 401
    assert dropped(over_http, "signature") == 3
    assert forged_templates(over_http) == 0


def test_a_request_older_than_five_minutes_gets_401_though_its_signature_is_right(over_http: Office) -> None:
    assert post(over_http, body(), age=301) == 401
    assert post(over_http, body(), age=-301) == 401
    assert dropped(over_http, "stale") == 2
    assert forged_templates(over_http) == 0


def test_a_replayed_request_is_acknowledged_and_done_once(over_http: Office) -> None:
    data = body(trigger="9.9.replay")
    before = dropped(over_http, "repeated")
    assert [post(over_http, data) for _ in range(5)] == [200] * 5
    over_http.hears("Template forged created")
    assert dropped(over_http, "repeated") - before == 4
    assert forged_templates(over_http) == 1


def test_what_another_workspace_sends_is_refused_and_counted(over_http: Office) -> None:
    assert (
        post(over_http, body("template create calico --name foreign", team="T0OTHER", trigger="3.3.x")) == 200
    )
    over_http.until(lambda: dropped(over_http, "other team") == 1)
    assert not any(template["name"] == "foreign" for template in over_http.sandbox.cloud.templates.values())


def test_what_is_too_large_or_no_form_is_refused(over_http: Office) -> None:
    assert post(over_http, b"x" * 1_000_001) == 413
    assert dropped(over_http, "too large") == 1
