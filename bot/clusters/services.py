"""Cinder and Neutron through openstacksdk, for the few calls that moving disks and addresses needs.

Requests are plain ones on the SDK's proxies, as for Magnum: authentication and the service catalogue are the
SDK's, what is asked and answered is visible here. Reads are repeated when a proxy is restarting; writes are
sent once, and whoever calls looks before trying again.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from bot.problems import Problem

SECONDS = 30.0  # for one request
TRIES = 4  # of a read
RETRIED = frozenset({429, 502, 503})
LONGEST_PAUSE = 8.0

Json = dict[str, Any]


class CloudServiceError(Problem):
    """Cinder or Neutron did not do what was asked."""


class NoSuchResource(CloudServiceError):
    """The cloud has no such volume, address or port (404)."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Disk:
    """A volume as Cinder has it."""

    id: str
    status: str  # `available`, `in-use`, `detaching`, …
    servers: tuple[str, ...] = ()  # UUIDs of the servers that it is attached to


@dataclasses.dataclass(frozen=True, kw_only=True)
class FloatingIP:
    """A floating IP as Neutron has it. `port` is empty if it is attached to nothing."""

    id: str
    address: str
    port: str
    description: str


class CloudServices:
    """The disks and addresses of one project, as one entry of clouds.yaml sees them. Thread-safe."""

    def __init__(self, cloud: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.cloud = cloud
        self._sleep = sleep
        self._connection: Any = None
        self._lock = threading.Lock()

    # --- Cinder

    def disk(self, volume: str) -> Disk:
        """A volume and where it is attached. Raises `NoSuchResource`, `CloudServiceError`."""
        found = self._read("block_storage", f"/volumes/{volume}", doing=f"show the volume {volume}")["volume"]
        servers = tuple(each["server_id"] for each in found.get("attachments") or [] if each.get("server_id"))
        return Disk(id=found["id"], status=found["status"], servers=servers)

    # --- Neutron

    def find(self, address: str) -> FloatingIP | None:
        """A floating IP of the project by its address. Raises `CloudServiceError`."""
        return self._first({"floating_ip_address": address}, f"find the address {address}")

    def on(self, port: str) -> FloatingIP | None:
        """The floating IP that is attached to a port. Raises `CloudServiceError`."""
        return self._first({"port_id": port}, f"find the address of port {port}")

    def describe(self, floating_ip: str, text: str) -> None:
        """Set the description of a floating IP. Raises `CloudServiceError`."""
        self._update(floating_ip, {"description": text})

    def attach(self, floating_ip: str, port: str) -> None:
        """Attach a floating IP to a port; an empty one detaches it. Raises `CloudServiceError`."""
        self._update(floating_ip, {"port_id": port or None})

    def _first(self, query: Mapping[str, str], doing: str) -> FloatingIP | None:
        found = self._read("network", f"/floatingips?{urlencode(query)}", doing=doing)["floatingips"]
        if not found:
            return None
        return FloatingIP(
            id=found[0]["id"], address=found[0]["floating_ip_address"], port=found[0].get("port_id") or "",
            description=found[0].get("description") or "",
        )  # fmt: skip

    def _update(self, floating_ip: str, values: Json) -> None:
        self._request(
            "network", "PUT", f"/floatingips/{floating_ip}", {"floatingip": values}, doing="change a floating IP"
        )

    # --- requests

    def _read(self, service: str, path: str, *, doing: str) -> Json:
        for attempt in range(TRIES):
            try:
                return self._request(service, "GET", path, None, doing=doing)
            except _Again as again:
                if attempt == TRIES - 1:
                    raise again.problem from None
                self._sleep(min(again.pause or 0.3 * 2**attempt, LONGEST_PAUSE))
        raise AssertionError("unreachable")  # pragma: no cover

    def _request(self, service: str, method: str, path: str, body: Json | None, *, doing: str) -> Json:
        from keystoneauth1 import exceptions as keystone
        from requests import exceptions as http

        try:
            proxy = getattr(self._connected(), service)
            answer = proxy.request(path, method, json=body, raise_exc=False, timeout=SECONDS, connect_retries=0)
        except (keystone.ClientException, http.RequestException) as error:
            raise CloudServiceError(
                f"The cloud {self.cloud} did not {doing}", why=_short(str(error) or type(error).__name__),
                fix="Check this cloud in clouds.yaml, and that it is up.",
            ) from error  # fmt: skip
        try:
            said = answer.json()
        except ValueError:
            said = {}
        if answer.status_code < 400:
            return dict(said)
        kind = NoSuchResource if answer.status_code == 404 else CloudServiceError
        problem = kind(
            f"The cloud {self.cloud} did not {doing}", why=f"HTTP {answer.status_code}: {_message(said)}",
            fix="Look at it with the openstack command, then resume.",
        )  # fmt: skip
        if method == "GET" and answer.status_code in RETRIED:
            after = answer.headers.get("Retry-After", "")
            raise _Again(problem, float(after) if after.isdigit() else 0.0)
        raise problem

    def _connected(self) -> Any:
        with self._lock:
            if self._connection is None:
                import openstack  # 0.2 s and 22 MB, so only here
                from openstack.exceptions import ConfigException

                try:
                    self._connection = openstack.connect(cloud=self.cloud, app_name="xk8s")
                except ConfigException as error:
                    raise CloudServiceError(
                        f"There is no usable cloud {self.cloud}", why=_short(str(error)),
                        fix=f"Add {self.cloud} to clouds.yaml (OS_CLIENT_CONFIG_FILE says where it is).",
                    ) from error  # fmt: skip
            return self._connection


class _Again(Exception):
    def __init__(self, problem: CloudServiceError, pause: float) -> None:
        super().__init__(problem.what)
        self.problem = problem
        self.pause = pause


def _message(said: Any) -> str:
    """The sentence in an error: Cinder and Nova wrap it in the name of the fault, Neutron in `NeutronError`."""
    inner = next((value for value in said.values() if isinstance(value, dict)), {}) if isinstance(said, dict) else {}
    return _short(str(inner.get("message") or "no reason given"))


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 300 else text[:299] + "…"
