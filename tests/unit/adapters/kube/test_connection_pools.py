"""Connections are shared by the pieces of work on one endpoint, and closed when nobody has used them for a
while.
"""

from __future__ import annotations

import dataclasses
import socket

from pydantic import SecretStr

from bot.adapters.kube.client import KubeClient
from bot.adapters.kube.connection import Endpoint
from bot.adapters.kube.connection_pools import ConnectionPools

ENDPOINT = Endpoint(server="https://api:6443", token=SecretStr("one"))


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_two_pieces_of_work_on_one_endpoint_share_a_pool_and_its_tls_context() -> None:
    pools = ConnectionPools()
    first, second = pools.acquire(ENDPOINT), pools.acquire(dataclasses.replace(ENDPOINT))
    assert first is second and first.tls is second.tls


def test_other_credentials_share_nothing() -> None:
    pools = ConnectionPools()
    with_new_token = dataclasses.replace(ENDPOINT, token=SecretStr("two"))
    assert pools.acquire(ENDPOINT) is not pools.acquire(with_new_token)


def test_a_pool_is_kept_for_a_while_after_its_last_use_and_then_made_anew() -> None:
    clock = Clock()
    pools = ConnectionPools(idle_seconds=30, clock=clock)
    first = pools.acquire(ENDPOINT)
    pools.release(ENDPOINT)
    clock.now += 29
    assert pools.acquire(ENDPOINT) is first
    pools.release(ENDPOINT)
    clock.now += 30
    assert pools.acquire(ENDPOINT) is not first


def test_a_pool_in_use_is_never_idle() -> None:
    clock = Clock()
    pools = ConnectionPools(idle_seconds=30, clock=clock)
    first = pools.acquire(ENDPOINT)
    clock.now += 3600
    assert pools.acquire(ENDPOINT) is first


def test_a_client_that_is_closed_twice_gives_its_connections_back_once() -> None:
    clock = Clock()
    pools = ConnectionPools(idle_seconds=30, clock=clock)
    first, second = (KubeClient(ENDPOINT, user_agent="test", seconds=5, pools=pools) for _ in range(2))
    first.close()
    first.close()
    clock.now += 60
    assert pools.acquire(ENDPOINT).tls is second.tls


def test_connections_are_probed_by_the_kernel() -> None:
    options = ConnectionPools().acquire(ENDPOINT).manager.connection_pool_kw["socket_options"]
    assert (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1) in options
    assert (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1) in options
