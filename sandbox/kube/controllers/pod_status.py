"""The statuses that a kubelet reports of a pod: waiting, running, crashing again and again, and ended."""

from __future__ import annotations

import dataclasses
import hashlib

from sandbox.kube.network_model import Machine
from sandbox.kube.objects import Object, status_of


@dataclasses.dataclass(frozen=True)
class PodContext:
    """A pod on its machine: its address, when its containers started, and the present."""

    pod: Object
    machine: Machine
    address: str
    started: str
    now: str


def running(context: PodContext, *, ready: bool) -> Object:
    """Return the status of a pod whose containers run."""
    status = _base(context, "Running", ready=ready)
    completed = {
        "reason": "Completed",
        "exitCode": 0,
        "startedAt": context.started,
        "finishedAt": context.started,
    }
    status["initContainerStatuses"] = [
        _container_status(container, ready=True, state={"terminated": completed})
        for container in context.pod["spec"].get("initContainers", [])
    ]
    old_statuses = _container_statuses(context.pod)
    status["containerStatuses"] = []
    for container in context.pod["spec"]["containers"]:
        old = old_statuses.get(container["name"], {})
        recovered = bool(old.get("state", {}).get("waiting")) and old.get("restartCount", 0) > 0
        first = context.now if recovered else context.started
        since = old.get("state", {}).get("running", {}).get("startedAt", first)
        status["containerStatuses"].append(
            {
                **_container_status(container, ready=ready, state={"running": {"startedAt": since}}),
                "restartCount": old.get("restartCount", 0),
                "lastState": old.get("lastState", {}),
            }
        )
    return status


def waiting(context: PodContext, reason: str, message: str = "", *, in_init: bool = False) -> Object:
    """Return the status of a pod whose containers do not run yet, with the reason.

    With `in_init` the first init container is the one that waits.
    """
    spec = context.pod["spec"]
    status = _base(context, "Pending", ready=False, initialized=not in_init)
    state = {"waiting": {"reason": reason, "message": message} if message else {"reason": reason}}
    if in_init and spec.get("initContainers"):
        initializing = {"waiting": {"reason": "PodInitializing"}}
        status["initContainerStatuses"] = [
            _container_status(container, ready=False, state=initializing if number else state)
            for number, container in enumerate(spec["initContainers"])
        ]
        state = initializing
    status["containerStatuses"] = [
        _container_status(container, ready=False, state=state) for container in spec["containers"]
    ]
    return status


def crashing(context: PodContext) -> Object:
    """Return the status of a pod whose container ends again and again, as the machine's driver does."""
    status = _base(context, "Running", ready=False)
    old_statuses, metadata = _container_statuses(context.pod), context.pod["metadata"]
    status["containerStatuses"] = []
    for container in context.pod["spec"]["containers"]:
        old = old_statuses.get(container["name"], {})
        crashed_before = bool(old.get("state", {}).get("waiting"))
        message = (
            f"back-off 5m0s restarting failed container={container['name']}"
            f" pod={metadata['name']}_{metadata['namespace']}"
        )
        state = {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
        status["containerStatuses"].append(
            {
                **_container_status(container, ready=False, state=state),
                "restartCount": old.get("restartCount", 0) + (not crashed_before),
                "lastState": old.get("lastState") if crashed_before else _crash(context),
            }
        )
    return status


def ended(status: Object, code: int, now: str) -> Object:
    """Return a running pod's status as it is once its containers have ended with this exit code."""
    succeeded = code == 0
    reason = "Completed" if succeeded else "Error"
    terminated = {"reason": reason, "exitCode": code, "startedAt": now, "finishedAt": now}
    for container_status in status["containerStatuses"]:
        container_status |= {"ready": False, "started": False, "state": {"terminated": terminated}}
    for condition in status["conditions"]:
        if condition["type"] in ("Ready", "ContainersReady"):
            condition |= {"status": "False", "reason": "PodCompleted" if succeeded else "PodFailed"}
    return {**status, "phase": "Succeeded" if succeeded else "Failed"}


def set_condition(obj: Object, type_: str, status: str, *, reason: str, message: str, now: str) -> None:
    """Set one of an object's conditions; its transition time changes with its status only."""
    conditions = obj["status"].setdefault("conditions", [])
    condition = next((condition for condition in conditions if condition["type"] == type_), None)
    if condition is None:
        condition = {"type": type_, "lastTransitionTime": now, "status": ""}
        conditions.append(condition)
    if condition["status"] != status:
        condition |= {"status": status, "lastTransitionTime": now}
    for field, value in (("reason", reason), ("message", message)):
        if value:
            condition[field] = value
        else:
            condition.pop(field, None)


def _base(context: PodContext, phase: str, *, ready: bool, initialized: bool = True) -> Object:
    old = status_of(context.pod)
    conditions = {"status": {"conditions": [dict(condition) for condition in old.get("conditions", [])]}}
    names = ", ".join(container["name"] for container in context.pod["spec"]["containers"])
    unready = "" if ready else f"containers with unready status: [{names}]"
    for type_, is_true, message in (
        ("Initialized", initialized, ""),
        ("Ready", ready, unready),
        ("ContainersReady", ready, unready),
        ("PodScheduled", True, ""),
    ):
        reason = "" if is_true else "ContainersNotReady"
        value = "True" if is_true else "False"
        set_condition(conditions, type_, value, reason=reason, message=message, now=context.now)
    status: Object = {"phase": phase, "hostIP": context.machine.address, "qosClass": "BestEffort"}
    status |= conditions["status"]
    if phase == "Running":
        status |= {"podIP": context.address, "podIPs": [{"ip": context.address}]}
        status["startTime"] = old.get("startTime", context.now)
    return status


def _crash(context: PodContext) -> Object:
    reason = context.machine.driver_crashes
    terminated = {
        "reason": reason,
        "exitCode": 137 if reason == "OOMKilled" else 1,
        "startedAt": context.started,
        "finishedAt": context.now,
    }
    return {"terminated": terminated}


def _container_statuses(pod: Object) -> dict[str, Object]:
    return {status["name"]: status for status in status_of(pod).get("containerStatuses", [])}


def _container_status(container: Object, *, ready: bool, state: Object) -> Object:
    image = container["image"]
    digest = f"{image.rpartition(':')[0]}@sha256:{hashlib.sha256(image.encode()).hexdigest()}"
    return {
        "name": container["name"],
        "image": image,
        "ready": ready,
        "restartCount": 0,
        "started": "running" in state,
        "imageID": "" if "waiting" in state else digest,
        "state": state,
        "lastState": {},
    }
