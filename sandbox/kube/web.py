"""The web servers in the containers: a container listens on the ports that it or its probes name.

One answers 200 on `/` and on the paths that probes name, and 404 elsewhere. A file `/www/PATH` in the
container says otherwise: its first word is the status.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.kube.shell import Files

Object = dict[str, Any]
Answer = tuple[int, str]  # status and body
PROBES = ("readinessProbe", "livenessProbe", "startupProbe")


class NotHttp(Exception):
    """Something listens there that speaks another protocol."""


def listening(pod: Object, port: int) -> Object | None:
    """The container that listens on a port."""
    for container in pod["spec"]["containers"]:
        declared = {each.get("containerPort") for each in container.get("ports") or []}
        if port in declared or any(number(container, get["port"]) == port for get in _gets(container)):
            return dict(container)
    return None


def answer(container: Object, port: int, path: str, files: Files) -> Answer:
    """What a container's web server answers to a GET. Raises `NotHttp`."""
    asked = [get for get in _gets(container) if number(container, get["port"]) == port]
    names = [
        each.get("name", "") for each in container.get("ports") or [] if each.get("containerPort") == port
    ]
    if not asked and not any(name.startswith("http") or name == "web" for name in names):
        raise NotHttp
    bare = path.partition("?")[0]
    said = files.read(f"/www{bare}")
    if said is not None:
        return int(said.split()[0]), said
    known = {get.get("path", "/").partition("?")[0] for get in asked} | {"/"}
    return (200, "ok\n") if bare in known else (404, "404 page not found\n")


def _gets(container: Object) -> Iterator[Object]:
    for probe in PROBES:
        get = (container.get(probe) or {}).get("httpGet")
        if get:
            yield get


def number(container: Object, port: Any) -> int:
    """A probe's port as a number."""
    if isinstance(port, int):
        return port
    named = (each for each in container.get("ports") or [] if each.get("name") == port)
    return int(next(named, {"containerPort": 0})["containerPort"])
