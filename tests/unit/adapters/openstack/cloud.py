"""An openstacksdk connection of which tests write down the answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import requests


class Proxy:
    """A service's proxy: the requests it has got, and the answers it will give."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, Any]] = []
        self.request_ids: list[str | None] = []
        self.answers: list[requests.Response | Exception] = []

    def request(self, path: str, method: str, *, json: Any, **options: Any) -> requests.Response:
        assert (
            options["raise_exc"] is False and options["timeout"] == 30.0 and options["connect_retries"] == 0
        )
        self.requests.append((method, path, json))
        self.request_ids.append(options["global_request_id"])
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Config:
    """The entry of clouds.yaml, as the SDK has read it."""

    def __init__(self, auth: Mapping[str, str]) -> None:
        self.config = {"auth": dict(auth)}


class Connection:
    """What `openstack.connect` returns: any service, with the same proxy."""

    def __init__(self, auth: Mapping[str, str] | None = None) -> None:
        self.config = Config(auth or {})
        self.proxy = Proxy()

    def __getattr__(self, service: str) -> Proxy:
        return self.proxy


def answer(status: int, body: Any = None, **headers: str) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.headers.update({name.replace("_", "-"): text for name, text in headers.items()})
    response._content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return response
