"""A sandbox cluster's API server over real HTTPS, and a way to ask it with a token."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from sandbox.infrastructure import Infrastructure
from sandbox.kube.cluster import ClusterSpec, SandboxCluster
from sandbox.kube.controllers.kubelet import Timings
from sandbox.loopback import Loopback

MASTER, NOBODY = "master-token", "nobody-token"


class Api:
    """One cluster's API."""

    def __init__(
        self,
        *,
        nodes: int = 0,
        name: str = "contract",
        infrastructure: Infrastructure | None = None,
        loopback: Loopback | None = None,
    ) -> None:
        self._nodes = nodes
        self._name = name
        self._infrastructure = infrastructure
        self.replayed = 0  # how many of the recorded exchanges this server has seen
        self.loopback = loopback or Loopback()
        if loopback is None:
            self.loopback.start()
        self.cluster: SandboxCluster = self.loopback.run(self._made())
        context = ssl.create_default_context(cadata=self.cluster.authority.pem)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        self.pool = urllib3.PoolManager(ssl_context=context, maxsize=8)

    async def _made(self) -> SandboxCluster:
        spec = ClusterSpec(uuid=self._name, name=self._name, driver="flannel", masters=0, nodes=self._nodes)
        cluster = SandboxCluster(
            spec, timings=Timings(start=0.0, stop=0.0, attach=0.05), infrastructure=self._infrastructure
        )
        cluster.authenticator.add_token(MASTER, "admin", ["system:masters"])
        cluster.authenticator.add_token(
            NOBODY, "system:serviceaccount:bazaar:default", ["system:serviceaccounts"]
        )
        await cluster.start(self.loopback)
        await cluster.settled()
        return cluster

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        token: str | None = MASTER,
    ) -> urllib3.BaseHTTPResponse:
        all_headers = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        all_headers.setdefault("User-Agent", "Python-urllib/3.11")
        return self.pool.request(
            method, self.cluster.address + path, body=body, headers=all_headers, timeout=10, retries=False
        )

    def settle(self) -> None:
        """Wait until the controllers have nothing left to do."""
        self.loopback.run(self.cluster.settled())

    def json(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        import json

        headers = {"Content-Type": "application/json", **more.pop("headers", {})}
        data = json.dumps(body).encode() if body is not None else None
        return self.ask(method, path, body=data, headers=headers, **more).json()


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    served = Api()
    yield served
    served.loopback.stop()


@pytest.fixture(scope="module")
def running() -> Iterator[Api]:
    """A cluster with two nodes, on which pods run."""
    api = Api(nodes=2)
    yield api
    api.loopback.stop()
