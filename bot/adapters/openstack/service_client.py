"""Requests to the services of one cloud beside Magnum, through openstacksdk.

Authentication and the service catalogue are the SDK's, what is asked and answered is visible here. Reads are
repeated when a proxy is restarting; writes are sent once, and whoever calls looks before trying again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from bot.adapters.openstack.connection import LONGEST_PAUSE, RETRIED, SECONDS, TRIES, connection
from bot.common.problems import Problem
from bot.common.wording import one_line, reason

Json = dict[str, Any]


class CloudServiceError(Problem):
    """A service of the cloud did not do what was asked."""


class CloudRefused(CloudServiceError):
    """It says no (4xx): not allowed, not now, no quota. To ask again changes nothing."""


class CloudForbidden(CloudRefused):
    """The credentials may not do this (403)."""


class CloudNotFound(CloudRefused):
    """The cloud has no such volume, address, port or load balancer (404)."""


class NoSuchService(CloudServiceError):
    """The cloud's catalogue has no such service."""


class Requests:
    """Requests to one project's services, as one entry of clouds.yaml sees them. Thread-safe."""

    def __init__(self, cloud: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.cloud = cloud
        self._sleep = sleep
        self._connection: Any = None
        self._lock = threading.Lock()

    def read(self, service: str, path: str, *, doing: str) -> Json:
        """A GET, repeated while a proxy is restarting; `service` is the SDK's name. Raises
        `CloudServiceError`.
        """
        for attempt in range(TRIES):
            try:
                return self.request(service, "GET", path, None, doing=doing)
            except _Again as again:
                if attempt == TRIES - 1:
                    raise again.problem from None
                self._sleep(min(again.pause or 0.3 * 2**attempt, LONGEST_PAUSE))
        raise AssertionError("unreachable")  # pragma: no cover

    def request(self, service: str, method: str, path: str, body: Json | None, *, doing: str) -> Json:
        """One request, sent once. Raises `NotAllowed`, `CloudNotFound`, `CloudRefused`,
        `NoSuchService`, `CloudServiceError`.
        """
        from keystoneauth1 import exceptions as keystone
        from requests import exceptions as http

        try:
            proxy = getattr(self._connected(), service)
            answer = proxy.request(
                path, method, json=body, raise_exc=False, timeout=SECONDS, connect_retries=0
            )
        except keystone.EndpointNotFound as error:
            raise NoSuchService(
                f"The cloud {self.cloud} has no {service.replace('_', ' ')} service",
                why=reason(error),
                fix="Ask for it to be added to the catalogue, if there is one.",
            ) from error
        except (keystone.ClientException, http.RequestException) as error:
            raise CloudServiceError(
                f"The cloud {self.cloud} did not {doing}",
                why=reason(error),
                fix="Check this cloud in clouds.yaml, and that it is up.",
            ) from error
        try:
            said = answer.json()
        except ValueError:
            said = {}
        if answer.status_code < 400:
            return dict(said)
        kind = _kind(answer.status_code)
        problem = kind(
            f"The cloud {self.cloud} did not {doing}",
            why=f"HTTP {answer.status_code}: {_message(said)}",
            fix="Look at it with the openstack command, then resume.",
        )
        if method == "GET" and answer.status_code in RETRIED:
            after = answer.headers.get("Retry-After", "")
            raise _Again(problem, float(after) if after.isdigit() else 0.0)
        raise problem

    def _connected(self) -> Any:
        with self._lock:
            if self._connection is None:
                self._connection = connection(self.cloud, CloudServiceError)
            return self._connection


class _Again(Exception):
    def __init__(self, problem: CloudServiceError, pause: float) -> None:
        super().__init__(problem.what)
        self.problem = problem
        self.pause = pause


def _kind(status: int) -> type[CloudServiceError]:
    if status in (403, 404):
        return CloudForbidden if status == 403 else CloudNotFound
    return CloudRefused if status < 500 and status not in RETRIED else CloudServiceError


def _message(said: Any) -> str:
    """The sentence in an error: Cinder and Nova wrap it in the name of the fault, Neutron in
    `NeutronError`.
    """
    inner = (
        next((value for value in said.values() if isinstance(value, dict)), {})
        if isinstance(said, dict)
        else {}
    )
    return one_line(str(inner.get("message") or "no reason given"))
