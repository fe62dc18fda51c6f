"""Magnum of one cloud: templates, clusters and certificates (https://docs.openstack.org/api-ref/container-infra).

Every request carries the operation that causes it as its global request id (`X-Openstack-Request-Id:
req-<uuid>`), so that OpenStack's logs can be joined with the audit log. Reads are repeated while a proxy is
restarting; whatever creates something is sent once, because Magnum makes duplicates.
"""

from __future__ import annotations

import copy
import functools
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr

from bot.adapters.openstack.connection import BACKOFF, RETRIED, CloudConnection, body_of
from bot.adapters.openstack.magnum_errors import (
    MagnumError,
    MagnumUnauthorized,
    MagnumUnreachable,
    from_answer,
)
from bot.adapters.retries import TryAgain, retried, retry_after
from bot.common.wording import reason

PAGE = 500
DEFAULT_NETWORK_DRIVER = "flannel"  # of a Kubernetes template that names none (magnum 20.0.2)
SERVICE = "container_infrastructure_management"  # the SDK's name of Magnum

Json = dict[str, Any]


class MagnumCloud:
    """The Magnum of one entry of clouds.yaml. Connects at the first call; thread-safe.

    Every method raises `MagnumError`; those that it names are for the caller to tell apart.
    """

    def __init__(
        self,
        cloud: str,
        *,
        learn: Callable[[SecretStr], None] = lambda _secret: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`learn` is called with the secrets of the cloud's entry, so that they can be hidden."""
        self.cloud = cloud
        self._sleep = sleep
        self._connection = CloudConnection(cloud, unusable=MagnumUnreachable, learn=learn)
        self._operation = ""

    def caused_by(self, operation: str) -> MagnumCloud:
        """Return the same cloud for one operation, whose id every request then carries."""
        bound = copy.copy(self)
        bound._operation = operation
        return bound

    def templates(self) -> list[Json]:
        """Return every cluster template that the project sees."""
        return self._pages("/clustertemplates", "clustertemplates", doing="list templates")

    def template(self, ref: str) -> Json:
        """Return a template by name or UUID. Raises `MagnumNotFound`, `MagnumConflict` for a name of two."""
        return self._read(f"/clustertemplates/{ref}", doing=f"show the template {ref}")

    def create_template(self, values: Mapping[str, Any], *, operation: str) -> Json:
        """Create a template and return it."""
        doing = "create the template"
        return self._object(
            self._write("POST", "/clustertemplates", dict(values), doing=doing, operation=operation), doing
        )

    def update_template(self, template: str, patch: Sequence[Json], *, operation: str) -> Json:
        """Change a template, by UUID, with a JSON patch, and return it."""
        path, doing = f"/clustertemplates/{template}", "change the template"
        return self._object(self._write("PATCH", path, list(patch), doing=doing, operation=operation), doing)

    def delete_template(self, template: str, *, operation: str) -> None:
        """Delete a template, by UUID. Raises `MagnumNotFound`."""
        path = f"/clustertemplates/{template}"
        self._write("DELETE", path, None, doing="delete the template", operation=operation)

    def clusters(self) -> list[Json]:
        """Return every cluster of the project, with its address."""
        return self._pages("/clusters/detail", "clusters", doing="list clusters")

    def cluster(self, ref: str) -> Json:
        """Return a cluster by name or UUID. Raises `MagnumNotFound`, `MagnumConflict` for a name of two."""
        return self._read(f"/clusters/{ref}", doing=f"show the cluster {ref}")

    def create_cluster(self, values: Mapping[str, Any], *, operation: str) -> str:
        """Order a cluster and return its UUID. It is built after this returns."""
        doing = "create the cluster"
        answer = self._write("POST", "/clusters", dict(values), doing=doing, operation=operation)
        return str(self._object(answer, doing)["uuid"])

    def delete_cluster(self, cluster: str, *, operation: str) -> None:
        """Order the deletion of a cluster, by UUID. It goes after this returns. Raises `MagnumNotFound`."""
        self._write("DELETE", f"/clusters/{cluster}", None, doing="delete the cluster", operation=operation)

    def authority(self, cluster: str) -> str:
        """Return the CA certificate of a cluster (PEM)."""
        return str(self._read(f"/certificates/{cluster}", doing="give the cluster's CA certificate")["pem"])

    def sign(self, cluster: str, csr: str) -> str:
        """Return a certificate for a CSR, signed by the cluster's CA (PEM)."""
        body, doing = {"cluster_uuid": cluster, "csr": csr}, "sign a certificate"
        return str(self._object(self._write("POST", "/certificates", body, doing=doing), doing)["pem"])

    def _pages(self, path: str, key: str, *, doing: str) -> list[Json]:
        items: list[Json] = []
        marker = ""
        while True:
            query = f"?limit={PAGE}" + (f"&marker={marker}" if marker else "")
            page = self._read(f"{path}{query}", doing=doing)
            items += page.get(key, [])
            next_page = page.get("next")
            if not next_page:
                return items
            marker = parse_qs(urlsplit(next_page).query)["marker"][0]

    def _read(self, path: str, *, doing: str) -> Json:
        request_id = self._request_id()
        attempt = functools.partial(self._attempt, "GET", path, None, doing=doing, request_id=request_id)
        return self._object(retried(attempt, BACKOFF, sleep=self._sleep), doing)

    def _write(self, method: str, path: str, body: Any, *, doing: str, operation: str = "") -> Any:
        try:
            return self._attempt(method, path, body, doing=doing, request_id=self._request_id(operation))
        except TryAgain as failure:
            raise failure.error from None

    def _attempt(self, method: str, path: str, body: Any, *, doing: str, request_id: str) -> Any:
        from keystoneauth1 import exceptions as keystone
        from requests import exceptions as http

        try:
            answer = self._connection.request(SERVICE, method, path, body, request_id=request_id)
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
        status, headers = answer.status_code, answer.headers
        if status < 400:
            return body_of(answer)
        request_id = headers.get("x-openstack-request-id", "")
        problem = from_answer(status, body_of(answer), doing=doing, request_id=request_id)
        if status in RETRIED:
            raise TryAgain(problem, pause=retry_after(headers.get("Retry-After")))
        raise problem

    def _request_id(self, operation: str = "") -> str:
        cause = operation or self._operation
        return global_request_id(cause) if cause else ""

    def _object(self, body: Any, doing: str) -> Json:
        if not isinstance(body, dict):
            raise MagnumError(
                f"Magnum did not {doing}",
                why="its answer is not what the API promises",
                fix=f"Check the endpoint of the cloud {self.cloud} in clouds.yaml.",
            )
        return body


def global_request_id(operation: str) -> str:
    """Return an operation's id in the form that OpenStack takes from callers: `req-` and a UUID."""
    try:
        return f"req-{uuid.UUID(operation)}"
    except ValueError:  # an operation within another has an id that is no UUID
        return f"req-{uuid.uuid5(uuid.NAMESPACE_URL, f'xk8s:{operation}')}"
