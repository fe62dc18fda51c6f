"""The web servers in the containers: a container listens on the ports that it or its probes name.

A web server answers 200 on `/` and on the paths that probes name, and 404 elsewhere. A file `/www/PATH` in
the container overrides that: its first word is the status.
"""

from __future__ import annotations

from typing import Any

from sandbox.kube.objects import Object
from sandbox.kube.shell import Files

Answer = tuple[int, str]  # status and body
PROBES = ("readinessProbe", "livenessProbe", "startupProbe")


class NotHttp(Exception):
    """Something listens there that speaks another protocol."""


def listening(pod: Object, port: int) -> Object | None:
    """Return the container of a pod that listens on a port."""
    for container in pod["spec"]["containers"]:
        declared = {declared.get("containerPort") for declared in container.get("ports") or []}
        if port in declared or _probes(container, port):
            return dict(container)
    return None


def answer(container: Object, port: int, path: str, files: Files) -> Answer:
    """Answer a GET as the container's web server does. Raises `NotHttp`."""
    probes = _probes(container, port)
    names = [
        declared.get("name", "")
        for declared in container.get("ports") or []
        if declared.get("containerPort") == port
    ]
    if not probes and not any(name.startswith("http") or name == "web" for name in names):
        raise NotHttp
    path = path.partition("?")[0]
    text = files.read(f"/www{path}")
    if text is not None:
        return int(text.split()[0]), text
    paths = {probe.get("path", "/").partition("?")[0] for probe in probes} | {"/"}
    return (200, "ok\n") if path in paths else (404, "404 page not found\n")


def port_number(container: Object, port: Any) -> int:
    """Return the number of a probe's port, which may be a name; 0 for a name that the container lacks."""
    if isinstance(port, int):
        return port
    named = (declared for declared in container.get("ports") or [] if declared.get("name") == port)
    return int(next(named, {"containerPort": 0})["containerPort"])


def _probes(container: Object, port: int) -> list[Object]:
    """Return the httpGet actions of a container's probes on a port."""
    actions = [(container.get(probe) or {}).get("httpGet") for probe in PROBES]
    return [action for action in actions if action and port_number(container, action["port"]) == port]
