"""The statuses that a kubelet reports of a pod: waiting, running, and ending again and again."""

from __future__ import annotations

import hashlib
from typing import Any

from sandbox.kube.fabric import Machine

Object = dict[str, Any]


def _base(
    pod: Object,
    machine: Machine,
    phase: str,
    now: str,
    *,
    ready: bool,
    address: str = "",
    initialized: bool = True,
) -> Object:
    status: Object = {"phase": phase, "hostIP": machine.address, "qosClass": "BestEffort"}
    kept = {"status": {"conditions": [dict(c) for c in pod.get("status", {}).get("conditions", [])]}}
    names = ", ".join(container["name"] for container in pod["spec"]["containers"])
    why = "" if ready else f"containers with unready status: [{names}]"
    for kind, good, message in (
        ("Initialized", initialized, ""),
        ("Ready", ready, why),
        ("ContainersReady", ready, why),
        ("PodScheduled", True, ""),
    ):
        condition(kept, kind, "True" if good else "False", "" if good else "ContainersNotReady", message, now)
    status["conditions"] = kept["status"]["conditions"]
    if phase == "Running":
        status["podIP"] = address
        status["podIPs"] = [{"ip": status["podIP"]}]
        status["startTime"] = pod.get("status", {}).get("startTime", now)
    return status


def running(pod: Object, machine: Machine, address: str, started: str, now: str, *, ready: bool) -> Object:
    """The status of a pod whose containers run."""
    status = _base(pod, machine, "Running", now, ready=ready, address=address)
    before = {each["name"]: each for each in pod.get("status", {}).get("containerStatuses", [])}
    status["initContainerStatuses"] = [
        _container(
            c,
            ready=True,
            state={
                "terminated": {
                    "reason": "Completed",
                    "exitCode": 0,
                    "startedAt": started,
                    "finishedAt": started,
                }
            },
        )
        for c in pod["spec"].get("initContainers", [])
    ]
    status["containerStatuses"] = []
    for container in pod["spec"]["containers"]:
        old = before.get(container["name"], {})
        recovered = bool(old.get("state", {}).get("waiting")) and old.get("restartCount", 0) > 0
        since = old.get("state", {}).get("running", {}).get("startedAt", now if recovered else started)
        shown = _container(container, ready=ready, state={"running": {"startedAt": since}})
        shown |= {"restartCount": old.get("restartCount", 0), "lastState": old.get("lastState", {})}
        status["containerStatuses"].append(shown)
    return status


def waiting(
    pod: Object, machine: Machine, reason: str, message: str, now: str, *, in_init: bool = False
) -> Object:
    """The status of a pod whose containers do not run yet, with the reason; `in_init`: the first init
    container is why.
    """
    status = _base(pod, machine, "Pending", now, ready=False, initialized=not in_init)
    waiting = {"waiting": {"reason": reason, "message": message} if message else {"reason": reason}}
    inits = pod["spec"].get("initContainers", [])
    if in_init and inits:
        status["initContainerStatuses"] = [
            _container(
                c, ready=False, state=waiting if n == 0 else {"waiting": {"reason": "PodInitializing"}}
            )
            for n, c in enumerate(inits)
        ]
        waiting = {"waiting": {"reason": "PodInitializing"}}
    status["containerStatuses"] = [
        _container(c, ready=False, state=waiting) for c in pod["spec"]["containers"]
    ]
    return status


def crashing(pod: Object, machine: Machine, address: str, started: str, now: str) -> Object:
    """The status of a pod whose container ends again and again, as the machine's driver does."""
    status = _base(pod, machine, "Running", now, ready=False, address=address)
    before = {each["name"]: each for each in pod.get("status", {}).get("containerStatuses", [])}
    reason = machine.driver_crashes
    status["containerStatuses"] = []
    for container in pod["spec"]["containers"]:
        old = before.get(container["name"], {})
        already = bool(old.get("state", {}).get("waiting"))
        wait = (
            f"back-off 5m0s restarting failed container={container['name']}"
            f" pod={pod['metadata']['name']}_{pod['metadata']['namespace']}"
        )
        shown = _container(
            container, ready=False, state={"waiting": {"reason": "CrashLoopBackOff", "message": wait}}
        )
        code = 137 if reason == "OOMKilled" else 1
        last = (
            old.get("lastState")
            if already
            else {"terminated": {"reason": reason, "exitCode": code, "startedAt": started, "finishedAt": now}}
        )
        shown |= {"restartCount": old.get("restartCount", 0) + (0 if already else 1), "lastState": last}
        status["containerStatuses"].append(shown)
    return status


def _container(container: Object, *, ready: bool, state: Object) -> Object:
    image = container["image"]
    return {
        "name": container["name"],
        "image": image,
        "ready": ready,
        "restartCount": 0,
        "started": "running" in state,
        "imageID": (
            f"{image.rpartition(':')[0]}@sha256:{hashlib.sha256(image.encode()).hexdigest()}"
            if "waiting" not in state
            else ""
        ),
        "state": state,
        "lastState": {},
    }


def condition(obj: Object, kind: str, status: str, reason: str, message: str, now: str) -> None:
    """Set one of an object's conditions; its time changes with its status only."""
    conditions = obj["status"].setdefault("conditions", [])
    found = next((each for each in conditions if each["type"] == kind), None)
    if found is None:
        found = {"type": kind, "lastTransitionTime": now, "status": ""}
        conditions.append(found)
    if found["status"] != status:
        found |= {"status": status, "lastTransitionTime": now}
    for field, value in (("reason", reason), ("message", message)):
        if value:
            found[field] = value
        else:
            found.pop(field, None)
