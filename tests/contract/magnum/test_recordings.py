"""The sandbox's Magnum answers every recorded exchange as the real one did.

The recordings 001 to 093 are one session. They are replayed in order against the sandbox; ids that the
real server made are mapped to those the sandbox made, by name, and what a client reads must be equal:
status, the version headers, the keys of bodies, and every word of an error.
"""

from __future__ import annotations

import json
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sandbox.kube.pki import CertificateAuthority
from sandbox.loopback import Loopback
from sandbox.openstack.cloud import ADMIN, MEMBER, READER, Cloud, CloudUser, ClusterOrder
from sandbox.openstack.keystone import keystone_app
from sandbox.openstack.magnum.app import MagnumApp

RECORDINGS = pathlib.Path(__file__).parents[2] / "recordings" / "magnum"
SESSION = sorted(RECORDINGS.glob("0*.json"))
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
READERS = {"011", "032"}  # who asked is not in the recordings: these were a reader's,
OTHERS = {"071"}  # this one another member's,
ADMINS = {"029", "030", "031", "064", "065", "093"}  # and these an administrator's
OTHER_PROJECT = {"010", "061", "089", "090"}  # asked by another project, or after what is not recorded
GONE_BEFORE = {"008"}  # a path with a space, which clients quote


class Running:
    address = "https://172.24.4.10:6443"

    def __init__(self, name: str) -> None:
        self._authority = CertificateAuthority(name)

    @property
    def authority_pem(self) -> str:
        return self._authority.pem

    def sign(self, csr_pem: str) -> str:
        return self._authority.sign(csr_pem)

    def node_health(self) -> dict[str, str]:
        return {"n.Ready": "True", "api": "ok"}

    async def stop(self) -> None:
        """Nothing runs."""


class Builder:
    async def build(self, order: ClusterOrder) -> Running:
        return Running(order.name)


class Session:
    """The sandbox, and the session so far."""

    def __init__(self, loopback: Loopback) -> None:
        self.cloud = Cloud(Builder(), seconds_to_build=0.0)  # type: ignore[arg-type]  # no more than is asked
        self.cloud.users = [
            CloudUser(id=role, name=role, password="p", role=role) for role in (MEMBER, READER, ADMIN)
        ] + [CloudUser(id="other", name="other", password="p", role=MEMBER)]
        self.magnum = loopback.serve(MagnumApp(self.cloud)).url
        self.keystone = loopback.serve(keystone_app(self.cloud, {"container-infra": f"{self.magnum}/v1"})).url
        self.ids: dict[str, str] = {}
        self.tokens: dict[str, str] = {}

    def token(self, user: str) -> str:
        if user not in self.tokens:
            identity = {"methods": ["password"], "password": {"user": {"name": user, "password": "p"}}}
            answer = requests.post(
                f"{self.keystone}/v3/auth/tokens", json={"auth": {"identity": identity}}, timeout=5
            )
            self.tokens[user] = answer.headers["X-Subject-Token"]
        return self.tokens[user]

    def mapped(self, text: str) -> str:
        return UUID.sub(lambda match: self.ids.get(match[0], match[0]), text)

    def send(self, recording: dict[str, Any], user: str) -> requests.Response:
        request = recording["request"]
        body = request["body"]
        data = self.mapped(json.dumps(body)) if body is not None else None
        headers = {"X-Auth-Token": self.token(user), "Content-Type": "application/json"}
        return requests.request(
            request["method"],
            self.magnum + self.mapped(request["path"]),
            data=data,
            headers=headers,
            timeout=5,
        )


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    loopback = Loopback()
    loopback.start()
    yield Session(loopback)
    loopback.stop()


def number(path: pathlib.Path) -> str:
    return path.name[:3]


def prepare(session: Session, name: str) -> None:
    """State that the recorded session had and did not make in a recorded exchange."""
    cloud = session.cloud
    by_name = {body["name"]: body for body in cloud.templates.values()}

    def another(template: str) -> dict[str, Any]:
        import uuid as uuids

        copy = {**by_name["k8s-1.29-prod"], "uuid": str(uuids.uuid4()), "name": template, "labels": {}}
        cloud.templates[copy["uuid"]] = copy
        return copy

    if name == "025":
        another("t-tags")
        session.ids["2db1d2e6-5125-42de-851f-d41ae7c7f900"] = another("t-tags")["uuid"]
    if name == "056":
        for _ in range(2):
            body = {
                "name": "byname",
                "cluster_template_id": session.ids["7129fe01-8b0c-4b00-bab4-d8fa1b6f444d"],
            }
            requests.post(
                f"{session.magnum}/v1/clusters",
                json=body,
                headers={"X-Auth-Token": session.token(MEMBER)},
                timeout=5,
            )
    if name == "077":
        first, second = another("pg-0"), another("pg-1")
        session.ids["d0857c07-b83e-4cff-9c93-20db433911e4"] = by_name["k8s-1.29-prod"]["uuid"]
        session.ids["907e62b6-86aa-434f-a4b6-3838fa5190e0"] = second["uuid"]
        assert first["uuid"] != second["uuid"]
    if name == "091":
        session.ids["727beb34-1ca9-47f0-9636-7efdfc9c1c3d"] = another("late")["uuid"]
        session.ids["b8bfceac-6b49-4d9c-b629-b2b96bbbcb1c"] = another("later")["uuid"]


def who(name: str) -> str:
    if name in READERS:
        return READER
    if name in OTHERS:
        return "other"
    return ADMIN if name in ADMINS else MEMBER


def learn(session: Session, recorded: Any, answered: Any) -> None:
    """Remember which id of ours stands for which recorded one."""
    if (
        isinstance(recorded, dict)
        and isinstance(answered, dict)
        and "uuid" in recorded
        and "uuid" in answered
    ):
        session.ids[recorded["uuid"]] = answered["uuid"]


def errors(body: Any) -> list[dict[str, Any]]:
    return list(body["errors"]) if isinstance(body, dict) and "errors" in body else []


@pytest.mark.parametrize(
    "path", [path for path in SESSION if number(path) not in OTHER_PROJECT], ids=lambda path: path.stem[:60]
)
def test_an_exchange_is_answered_as_it_was_recorded(session: Session, path: pathlib.Path) -> None:
    name, recording = number(path), json.loads(path.read_text())
    prepare(session, name)
    answer = session.send(recording, who(name))
    expected = recording["response"]
    assert answer.status_code == int(expected["status"].split()[0]), answer.text
    for header in ("OpenStack-API-Version", "OpenStack-API-Minimum-Version", "OpenStack-API-Maximum-Version"):
        if header in expected["headers"]:
            assert answer.headers[header] == expected["headers"][header]
    assert "x-openstack-request-id" in answer.headers
    if expected["body"] in (None, ""):
        assert answer.text == ""
        return
    answered = answer.json()
    learn(session, expected["body"], answered)
    for recorded_error, error in zip(errors(expected["body"]), errors(answered), strict=True):
        recorded_error = json.loads(session.mapped(json.dumps(recorded_error)))
        for part in ("status", "title", "detail"):
            assert error[part] == recorded_error[part]
        assert set(error) == set(recorded_error)
    if not errors(expected["body"]):
        assert set(expected["body"]) - {"next"} <= set(answered), "a key that a client may read is missing"


def test_no_recording_is_left_out_without_a_reason() -> None:
    assert {number(path) for path in SESSION} >= OTHER_PROJECT
    assert len(SESSION) == 93


@pytest.mark.parametrize(
    "path", sorted(RECORDINGS.glob("body-cluster_get*.json")), ids=lambda path: path.stem
)
def test_a_cluster_has_the_fields_that_real_ones_have(session: Session, path: pathlib.Path) -> None:
    recorded = json.loads(path.read_text())
    cluster = next(iter(session.cloud.clusters.values()))
    headers = {"X-Auth-Token": session.token(MEMBER)}
    body = requests.get(f"{session.magnum}/v1/clusters/{cluster['uuid']}", headers=headers, timeout=5).json()
    assert set(recorded) - {"faults"} <= set(body)
