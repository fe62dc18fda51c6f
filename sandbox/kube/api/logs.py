"""What the containers of a pod have written: a few lines that follow from what the pod is."""

from __future__ import annotations

from typing import Any

from sandbox.kube.api import errors

Object = dict[str, Any]


def lines(pod: Object, query: dict[str, str]) -> str:
    """The log of one container. Raises `ApiError` 400."""
    name, names = pod["metadata"]["name"], [container["name"] for container in pod["spec"]["containers"]]
    wanted = query.get("container") or (names[0] if len(names) == 1 else "")
    if not wanted:
        raise errors.bad_request(f"a container name must be specified for pod {name}, choose one of: {names}")
    if wanted not in names:
        raise errors.bad_request(f"container {wanted} is not valid for pod {name}")
    status: Object = next(
        (s for s in pod.get("status", {}).get("containerStatuses", []) if s["name"] == wanted), {}
    )
    state = status.get("state") or {}
    if "waiting" in state or not state:
        why = (state.get("waiting") or {}).get("reason", "ContainerCreating")
        raise errors.bad_request(f'container "{wanted}" in pod "{name}" is waiting to start: {why}')
    started = (state.get("running") or state.get("terminated") or {}).get("startedAt", "")
    container = next(each for each in pod["spec"]["containers"] if each["name"] == wanted)
    said = [f"starting {container['image']}"]
    said += [f"listening on :{port['containerPort']}" for port in container.get("ports") or []]
    if "terminated" in state:
        said.append(f"exit code {state['terminated'].get('exitCode', 0)}")
    if "tailLines" in query:
        said = said[-int(query["tailLines"]) :] if int(query["tailLines"]) else []
    stamp = f"{started} " if query.get("timestamps") in ("true", "1") else ""
    return "".join(f"{stamp}{line}\n" for line in said)
