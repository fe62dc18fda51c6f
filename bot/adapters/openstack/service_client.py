"""Requests to the services of one cloud other than Magnum.

Reads are repeated while a proxy is restarting. Writes are sent once, and the caller looks before trying
again.
"""

import functools
import time
from collections.abc import Callable
from typing import Any

from bot.adapters.openstack.connection import BACKOFF, RETRIED, CloudConnection, body_of
from bot.adapters.retries import TryAgain, retried, retry_after
from bot.common.problems import Problem
from bot.common.wording import one_line, reason

Json = dict[str, Any]


class CloudServiceError(Problem):
    """A service of the cloud did not do what was asked."""


class CloudRefused(CloudServiceError):
    """The service refuses (4xx): not allowed, not now, no quota. Asking again changes nothing."""


class CloudForbidden(CloudRefused):
    """The credentials may not do this (403)."""


class CloudNotFound(CloudRefused):
    """The cloud has no such volume, address, port or load balancer (404)."""


class NoSuchService(CloudServiceError):
    """The cloud's catalogue has no such service."""


class Requests:
    """Requests to the services of one project. Thread-safe."""

    def __init__(self, cloud: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.cloud = cloud
        self._sleep = sleep
        self._connection = CloudConnection(cloud, unusable=CloudServiceError)

    def read(self, service: str, path: str, *, doing: str) -> Json:
        """Send a GET, repeatedly while a proxy is restarting; `service` is the SDK's name of it.

        Raises the same errors as `request`.
        """
        attempt = functools.partial(self._attempt, service, "GET", path, None, doing=doing)
        return retried(attempt, BACKOFF, sleep=self._sleep)

    def request(self, service: str, method: str, path: str, body: Json | None, *, doing: str) -> Json:
        """Send a request once; `doing` says in an error what was not done.

        Raises `CloudForbidden`, `CloudNotFound`, `CloudRefused`, `NoSuchService` or `CloudServiceError`.
        """
        try:
            return self._attempt(service, method, path, body, doing=doing)
        except TryAgain as failure:
            raise failure.error from None

    def _attempt(self, service: str, method: str, path: str, body: Json | None, *, doing: str) -> Json:
        from keystoneauth1 import exceptions as keystone
        from requests import exceptions as http

        try:
            answer = self._connection.request(service, method, path, body)
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
        content, status = body_of(answer), answer.status_code
        if status < 400:
            return dict(content) if isinstance(content, dict) else {}
        problem = _kind(status)(
            f"The cloud {self.cloud} did not {doing}",
            why=f"HTTP {status}: {_message(content)}",
            fix="Look at it with the openstack command, then resume.",
        )
        if status in RETRIED:
            raise TryAgain(problem, pause=retry_after(answer.headers.get("Retry-After")))
        raise problem


def _kind(status: int) -> type[CloudServiceError]:
    if status in (403, 404):
        return CloudForbidden if status == 403 else CloudNotFound
    return CloudRefused if status < 500 and status not in RETRIED else CloudServiceError


def _message(content: Any) -> str:
    """The sentence of an error: Cinder and Nova wrap it in the fault's name, Neutron in `NeutronError`."""
    fields = content.values() if isinstance(content, dict) else ()
    inner = next((field for field in fields if isinstance(field, dict)), {})
    return one_line(str(inner.get("message") or "no reason given"))
