"""What looks like a secret, and what is known to be one, is hidden; what is none stays readable."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.common.redaction import HIDDEN, MOST_KNOWN, Redactor

PEM = (
    "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n"
    "c2VjcmV0LWtleS1tYXRlcmlhbC1vbi10aGlzLWxpbmU0\n-----END PRIVATE KEY-----"
)
SECRET = """apiVersion: v1
kind: Secret
metadata:
  name: db
data:
  password: aHVudGVyMmh1bnRlcjI=
  more: c2Vjb25kLXNlY3JldA==
type: Opaque
"""
KUBECONFIG = """users:
- name: admin
  user:
    client-certificate-data: LS0tLS1CRUdJTiBDRVJU
    client-key-data: LS0tLS1CRUdJTiBQUklWQVRF
    token: abcdef.0123456789abcdef
"""


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("token xoxb-1234-5678-abcDEF is wrong", "xoxb-1234-5678-abcDEF"),
        ("xapp-1-A0123-456-deadbeef", "deadbeef"),
        ("refresh xoxe.xoxp-1-Mi0yLTEyMzQ", "Mi0yLTEyMzQ"),
        ("Authorization: Bearer sha256~Zm9vYmFyYmF6", "Zm9vYmFyYmF6"),
        ("curl -H 'Authorization: Basic dXNlcjpwYXNz'", "dXNlcjpwYXNz"),
        ("jwt eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlIn0.c2ln", "c2ln"),
        ("X-Auth-Token: 8f2c1d4e5a6b7c8d9e0f1a2b3c4d5e6f", "8f2c1d4e5a6b"),
        ("gAAAAABmZm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4", "Zm9vYmFyYmF6"),
        (PEM, "c2VjcmV0LWtleS1tYXRlcmlhbC1vbi10aGlzLWxpbmU0"),
        (repr(PEM), "c2VjcmV0LWtleS1tYXRlcmlhbC1vbi10aGlzLWxpbmU0"),
        (PEM[:90], PEM[30:80]),
        (
            "-----BEGIN CERTIFICATE REQUEST-----\nMIICijCCAXICAQ\n-----END CERTIFICATE REQUEST-----",
            "MIICijCCAXICAQ",
        ),
        (KUBECONFIG, "LS0tLS1CRUdJTiBQUklWQVRF"),
        (KUBECONFIG, "0123456789abcdef"),
        (SECRET, "aHVudGVyMmh1bnRlcjI="),
        (SECRET, "c2Vjb25kLXNlY3JldA=="),
        (json.dumps({"kind": "Secret", "stringData": {"a": "plain-secret"}}), "plain-secret"),
        (json.dumps(json.dumps({"kind": "Secret", "data": {"a": "plain-secret"}})), "plain-secret"),
        ("postgresql://xk8s:hunter2@db:5432/xk8s", "hunter2"),
        ('{"password": "a\\"quoted one"}', "quoted one"),
        ("OS_PASSWORD=correcthorse", "correcthorse"),
        ("application_credential_secret: staple-battery", "staple-battery"),
        ("https://hooks.slack.com/commands/T1/123/abcdef", "abcdef"),
        ("wss://wss-primary.slack.com/link/?ticket=1-2-3&app_id=4", "1-2-3"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, secret: str) -> None:
    assert secret in text
    hidden = Redactor().hide(text)
    assert secret not in hidden and HIDDEN in hidden
    assert Redactor().hide(hidden) == hidden, "hidden once is hidden for good"


@pytest.mark.parametrize(
    "text",
    [
        "calico-node not ready on node-17: BIRD is not ready",
        "secrets is forbidden: User cannot list resource secrets",
        "the token is expired, log in again",
        "HTTP 401: invalid bearer token",
        "Secret/db was copied",
        "imagePullSecrets: [regcred]",
        "req-7f3a0000-0000",
        "set `XK8S_AUDIT_KEY` and start again",
        "kind: Secret is not copied without a choice",
        "kube_tag=v1.29.5",
        '{"kind":"ConfigMap","data":{"a":"b"}}',
        "key: value",
        "https://shop.example/path?page=2",
    ],
)
def test_what_is_none_stays_readable(text: str) -> None:
    assert Redactor().hide(text) == text


@given(
    secret=st.text(
        st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zs")), min_size=12, max_size=60
    )
)
def test_a_known_secret_is_hidden_in_every_form_in_which_it_travels(secret: str) -> None:
    redactor = Redactor([SecretStr(secret)])
    for form in (
        secret,
        json.dumps(secret),
        quote(secret, safe=""),
        base64.b64encode(secret.encode()).decode(),
        repr(secret),
    ):
        assert secret not in redactor.hide(f"before {form} after")
    assert redactor.hide(f"a {secret} b") == f"a {HIDDEN} b"


def test_a_key_is_hidden_line_by_line_and_as_a_kubeconfig_has_it() -> None:
    redactor = Redactor([SecretStr(PEM)])
    for line in PEM.splitlines()[1:-1]:
        assert line not in redactor.hide(f"half of it: {line}")
    encoded = base64.b64encode(f"{PEM}\n".encode()).decode()
    assert encoded[:40] not in redactor.hide(f"data {encoded}")


def test_the_password_of_a_known_address_is_hidden_alone_too() -> None:
    redactor = Redactor([SecretStr("postgresql://xk8s:p%40ssw0rd-1@db/xk8s")])
    assert "p@ssw0rd-1" not in redactor.hide('FATAL: password "p@ssw0rd-1" is not right')


def test_a_value_too_short_to_be_told_from_a_word_is_left_to_its_shape() -> None:
    assert Redactor([SecretStr("pod")]).hide("the pod") == "the pod"


def test_data_is_hidden_wherever_it_is() -> None:
    redactor = Redactor([SecretStr("hunter2hunter2")])
    data = {
        "blocks": [{"text": {"text": "it is hunter2hunter2"}}],
        "n": 1,
        "none": None,
        "tuple": ("hunter2hunter2",),
        "file": b"raw hunter2hunter2",
        "image": b"\x89PNG\xff",
        "token": "short",
        "object": {"kind": "Secret", "data": {"key": "dmFsdWU="}, "metadata": {"name": "db"}},
    }
    hidden = redactor.hide_in(data)
    assert "hunter2" not in str(hidden) and "dmFsdWU" not in str(hidden) and "short" not in str(hidden)
    assert isinstance(hidden, dict)
    assert hidden["image"] == b"\x89PNG\xff" and hidden["n"] == 1
    assert hidden["object"] == {"kind": "Secret", "data": {"key": HIDDEN}, "metadata": {"name": "db"}}


def test_what_is_known_is_bounded_and_the_newest_stay() -> None:
    redactor = Redactor(SecretStr(f"secret-number-{n:06}") for n in range(MOST_KNOWN))
    newest = f"secret-number-{MOST_KNOWN - 1:06}"
    assert newest not in redactor.hide(newest)


def test_secrets_of_the_environment_are_learned_by_the_names_of_their_variables() -> None:
    redactor = Redactor()
    redactor.learn_environment(
        {"OS_PASSWORD": "open-sesame-1", "SLACK_BOT_TOKEN": "plain-looking", "HOME": "/home/ana-long"}
    )
    assert redactor.hide("open-sesame-1 plain-looking /home/ana-long") == f"{HIDDEN} {HIDDEN} /home/ana-long"
