"""Connections to Kubernetes APIs that outlive one piece of work, as client-go caches its transports.

A TLS handshake costs more than most requests; a migration, whose steps are pieces of work of their own, would
make hundreds of them.
"""

import dataclasses
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Final

import urllib3
from urllib3.connection import HTTPConnection

from bot.adapters.kube.connection import Endpoint

IDLE_SECONDS = 30.0  # less than Octavia (50 s) and kube-apiserver (90 s) keep a connection without traffic
KEPT = 32  # connections of one endpoint that are kept; more may be open at once
_PROBES = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}  # seconds, seconds, times
# what a firewall has forgotten without a word is noticed, and not found out by a request that hangs
_KEEP_ALIVE: Final = (
    *HTTPConnection.default_socket_options,
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in _PROBES.items()
        if hasattr(socket, name)
    ),
)


@dataclasses.dataclass
class ConnectionPool:
    """The connections to one endpoint, with its TLS context."""

    manager: urllib3.PoolManager
    tls: ssl.SSLContext
    users: int = 0
    idle_since: float = 0.0


class ConnectionPools:
    """One pool for each endpoint; credentials are part of an endpoint, so none are shared. Thread-safe."""

    def __init__(
        self, *, idle_seconds: float = IDLE_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """A pool that nobody has used for `idle_seconds` is closed before the next one is acquired."""
        self._idle_seconds = idle_seconds
        self._clock = clock
        self._pools: dict[Endpoint, ConnectionPool] = {}
        self._lock = threading.Lock()

    def acquire(self, endpoint: Endpoint) -> ConnectionPool:
        """Return the pool of an endpoint, until `release`. Raises `ssl.SSLError` for bad certificates."""
        with self._lock:
            self._close_idle()
            pool = self._pools.get(endpoint)
            if pool is None:
                pool = self._pools[endpoint] = _open(endpoint)
            pool.users += 1
            return pool

    def release(self, endpoint: Endpoint) -> None:
        """Give back what `acquire` returned."""
        with self._lock:
            pool = self._pools[endpoint]
            pool.users -= 1
            pool.idle_since = self._clock()
            self._close_idle()

    def _close_idle(self) -> None:
        now = self._clock()
        for endpoint, pool in list(self._pools.items()):
            if pool.users == 0 and now - pool.idle_since >= self._idle_seconds:
                pool.manager.clear()
                del self._pools[endpoint]


def _open(endpoint: Endpoint) -> ConnectionPool:
    tls = endpoint.tls()
    manager = urllib3.PoolManager(
        maxsize=KEPT,
        block=False,
        retries=False,
        ssl_context=tls,
        server_hostname=endpoint.server_name,
        assert_hostname=endpoint.server_name,
        socket_options=_KEEP_ALIVE,
    )
    return ConnectionPool(manager=manager, tls=tls)
