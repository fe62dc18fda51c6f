"""Magnum through openstacksdk: its session, authentication and catalogue, and the few calls we need.

Every request carries the operation that causes it as its global request id (`X-Openstack-Request-Id:
req-<uuid>`), so that OpenStack's logs can be joined with the audit log.

The calls are made on the SDK's proxy as plain requests, because its resource classes lose what matters
here: a cluster's faults, health and status_reason, and the `detail` of every error.
"""

from __future__ import annotations

import copy
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr

from bot.adapters.openstack.connection import LONGEST_PAUSE, RETRIED, SECONDS, TRIES, connection
from bot.adapters.openstack.magnum_errors import (
    MagnumError,
    MagnumUnauthorized,
    MagnumUnreachable,
    from_answer,
)
from bot.common.wording import reason

PAGE = 500
DEFAULT_NETWORK_DRIVER = "flannel"  # of a Kubernetes template that names none (magnum 20.0.2)
AUTH_SECRETS = frozenset({"password", "token", "application_credential_secret", "passcode", "client_secret"})

Json = dict[str, Any]


class MagnumCloud:
    """One cloud's Magnum, as one entry of clouds.yaml sees it. Connects at the first call; thread-safe."""

    def __init__(
        self,
        cloud: str,
        *,
        learn: Callable[[SecretStr], None] = lambda _secret: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`learn` is told the secrets of the cloud's entry, so that they can be hidden."""
        self.cloud = cloud
        self._sleep = sleep
        self._session = _Session(cloud, learn)
        self._operation = ""

    def caused_by(self, operation: str) -> MagnumCloud:
        """The same cloud and session for one operation, whose id every request carries."""
        bound = copy.copy(self)
        bound._operation = operation
        return bound

    def templates(self) -> list[Json]:
        """Every cluster template that the project sees. Raises `MagnumError`."""
        return self._pages("/clustertemplates", "clustertemplates", doing="list templates")

    def template(self, ref: str) -> Json:
        """One template by name or UUID. Raises `MagnumNotFound`, `MagnumConflict` for a name of several."""
        return self._read(f"/clustertemplates/{ref}", doing=f"show the template {ref}")

    def create_template(self, values: Mapping[str, Any], *, operation: str) -> Json:
        """Create a template. Sent once: Magnum makes duplicates. Raises `MagnumError`."""
        return self._send(
            "POST", "/clustertemplates", dict(values), doing="create the template", operation=operation
        )

    def clusters(self) -> list[Json]:
        """Every cluster of the project, with its address. Raises `MagnumError`."""
        return self._pages("/clusters/detail", "clusters", doing="list clusters")

    def cluster(self, ref: str) -> Json:
        """One cluster by name or UUID, in full. Raises `MagnumNotFound`, `MagnumConflict`."""
        return self._read(f"/clusters/{ref}", doing=f"show the cluster {ref}")

    def create_cluster(self, values: Mapping[str, Any], *, operation: str) -> str:
        """Order a cluster and return its UUID. Sent once: Magnum makes duplicates. Raises `MagnumError`."""
        made = self._send("POST", "/clusters", dict(values), doing="create the cluster", operation=operation)
        return str(made["uuid"])

    def delete_cluster(self, cluster: str, *, operation: str) -> None:
        """Order a deletion, by UUID; it follows. Raises `MagnumNotFound` and other `MagnumError`."""
        self._order("DELETE", f"/clusters/{cluster}", None, doing="delete the cluster", operation=operation)

    def update_template(self, template: str, patch: Sequence[Json], *, operation: str) -> Json:
        """Change a template by JSON patch, by UUID; return it. Raises `MagnumError`."""
        doing = "change the template"
        return self._json(
            self._order(
                "PATCH", f"/clustertemplates/{template}", list(patch), doing=doing, operation=operation
            ),
            doing,
        )

    def delete_template(self, template: str, *, operation: str) -> None:
        """Delete a template, by UUID. Raises `MagnumNotFound` and other `MagnumError`."""
        self._order(
            "DELETE", f"/clustertemplates/{template}", None, doing="delete the template", operation=operation
        )

    def authority(self, cluster: str) -> str:
        """The CA certificate of a cluster (PEM). Raises `MagnumError`."""
        return str(self._read(f"/certificates/{cluster}", doing="give the cluster's CA certificate")["pem"])

    def sign(self, cluster: str, csr: str) -> str:
        """A certificate for a CSR, signed by the cluster's CA (PEM). Raises `MagnumError`."""
        body = {"cluster_uuid": cluster, "csr": csr}
        return str(self._send("POST", "/certificates", body, doing="sign a certificate", operation="")["pem"])

    def _pages(self, path: str, key: str, *, doing: str) -> list[Json]:
        found: list[Json] = []
        marker = ""
        while True:
            query = f"?limit={PAGE}" + (f"&marker={marker}" if marker else "")
            page = self._read(f"{path}{query}", doing=doing)
            found += page.get(key, [])
            following = page.get("next")
            if not following:
                return found
            marker = parse_qs(urlsplit(following).query)["marker"][0]

    def _read(self, path: str, *, doing: str) -> Json:
        for attempt in range(TRIES):
            status, body, headers = self._request("GET", path, None, doing=doing, operation="")
            if status < 400:
                return self._json(body, doing)
            if status not in RETRIED or attempt == TRIES - 1:
                break
            after = headers.get("Retry-After", "")
            self._sleep(min(float(after) if after.isdigit() else 0.3 * 2**attempt, LONGEST_PAUSE))
        raise from_answer(status, body, doing=doing, request_id=headers.get("x-openstack-request-id", ""))

    def _send(self, method: str, path: str, body: Json, *, doing: str, operation: str) -> Json:
        return self._json(self._order(method, path, body, doing=doing, operation=operation), doing)

    def _order(
        self, method: str, path: str, body: Json | list[Json] | None, *, doing: str, operation: str
    ) -> Any:
        status, answer, headers = self._request(method, path, body, doing=doing, operation=operation)
        if status >= 400:
            raise from_answer(
                status, answer, doing=doing, request_id=headers.get("x-openstack-request-id", "")
            )
        return answer

    def _json(self, body: Any, doing: str) -> Json:
        if not isinstance(body, dict):
            raise MagnumError(
                f"Magnum did not {doing}",
                why="its answer is not what the API promises",
                fix=f"Check the endpoint of the cloud {self.cloud} in clouds.yaml.",
            )
        return body

    def _request(
        self, method: str, path: str, body: Json | list[Json] | None, *, doing: str, operation: str
    ) -> tuple[int, Any, Mapping[str, str]]:
        from keystoneauth1 import exceptions as keystone
        from requests import exceptions as http

        cause = operation or self._operation
        try:
            answer = self._session.proxy().request(
                path,
                method,
                json=body,
                raise_exc=False,
                timeout=SECONDS,
                connect_retries=0,
                global_request_id=global_request_id(cause) if cause else None,
            )
        except keystone.Unauthorized as error:
            raise MagnumUnauthorized(
                f"Keystone does not accept the credentials of the cloud {self.cloud}",
                why=reason(error),
                fix="Check this cloud in clouds.yaml: user, password or application credential.",
            ) from error
        except (keystone.ClientException, http.RequestException) as error:
            raise MagnumUnreachable(
                f"Magnum did not {doing}: it does not answer",
                why=reason(error),
                fix=(
                    f"Check that the cloud {self.cloud} is up, and its auth_url and endpoints in clouds.yaml."
                ),
            ) from error
        try:
            return answer.status_code, answer.json(), answer.headers
        except ValueError:
            return answer.status_code, answer.text, answer.headers


class _Session:
    """The SDK's proxy for one entry of clouds.yaml: made once, at the first call; thread-safe."""

    def __init__(self, cloud: str, learn: Callable[[SecretStr], None]) -> None:
        self._cloud = cloud
        self._learn = learn
        self._proxy: Any = None
        self._lock = threading.Lock()

    def proxy(self) -> Any:
        """Connect if that was not done yet. Raises `MagnumUnreachable`."""
        with self._lock:
            if self._proxy is None:
                self._proxy = self._connect()
            return self._proxy

    def _connect(self) -> Any:
        made = connection(self._cloud, MagnumUnreachable)
        given = made.config.config.get("auth") or {}
        for name in AUTH_SECRETS & given.keys():
            self._learn(SecretStr(str(given[name])))
        return made.container_infrastructure_management


def global_request_id(operation: str) -> str:
    """An operation's id in the form that OpenStack takes from callers: `req-` and a UUID."""
    try:
        return f"req-{uuid.UUID(operation)}"
    except ValueError:  # an operation within another has an id of its own form
        return f"req-{uuid.uuid5(uuid.NAMESPACE_URL, f'xk8s:{operation}')}"
