"""The logs of containers: a few lines that follow from the pod's spec and status."""

from __future__ import annotations

from sandbox.kube.api import errors
from sandbox.kube.objects import Object, by_name, status_of


def lines(pod: Object, query: dict[str, str]) -> str:
    """Return the log of one container. Raises `ApiError` 400."""
    name, names = pod["metadata"]["name"], [container["name"] for container in pod["spec"]["containers"]]
    container = query.get("container") or (names[0] if len(names) == 1 else "")
    if not container:
        raise errors.bad_request(f"a container name must be specified for pod {name}, choose one of: {names}")
    if container not in names:
        raise errors.bad_request(f"container {container} is not valid for pod {name}")
    state = by_name(status_of(pod).get("containerStatuses", []), container).get("state") or {}
    if "waiting" in state or not state:
        why = (state.get("waiting") or {}).get("reason", "ContainerCreating")
        raise errors.bad_request(f'container "{container}" in pod "{name}" is waiting to start: {why}')
    started = (state.get("running") or state.get("terminated") or {}).get("startedAt", "")
    spec = by_name(pod["spec"]["containers"], container)
    log = [f"starting {spec['image']}"]
    log += [f"listening on :{port['containerPort']}" for port in spec.get("ports") or []]
    if "terminated" in state:
        log.append(f"exit code {state['terminated'].get('exitCode', 0)}")
    if "tailLines" in query:
        log = log[-int(query["tailLines"]) :] if int(query["tailLines"]) else []
    stamp = f"{started} " if query.get("timestamps") in ("true", "1") else ""
    return "".join(f"{stamp}{line}\n" for line in log)
