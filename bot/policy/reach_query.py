"""Answers whether one end can reach the other, for pods, workloads and addresses, and why.

A word names a pod or a workload with all its pods. Pods that nothing can tell apart are asked about once, so
that two Deployments with hundreds of pods each are a handful of questions.
"""

from __future__ import annotations

import dataclasses
import difflib
import ipaddress
from collections.abc import Iterable, Sequence

from bot.policy.errors import BadParameters, NoSuchPod
from bot.policy.reach import explanations
from bot.policy.reach.engine import Endpoint, Reachability
from bot.policy.reach.explanations import Explanation
from bot.policy.reach.model import PodRef, Protocol
from bot.policy.results import Story


@dataclasses.dataclass(frozen=True, slots=True)
class Port:
    """One port that is asked about."""

    protocol: Protocol
    number: int


def port_of(said: str | None) -> Port | None:
    """`TCP/80` as a port; None if none was said. Raises `BadParameters` for a range."""
    if said is None:
        return None
    protocol, _, number = said.partition("/")
    if not number.isdigit():
        raise BadParameters(
            "One port at a time",
            why=f"{said} is a range; each of its ports may have another answer",
            fix="Name one port, or none to see all that are open.",
        )
    return Port(Protocol(protocol), int(number))


def end_of(reach: Reachability, said: str) -> tuple[Endpoint, ...]:
    """The pods that a word names, or an address. Raises `NoSuchPod`."""
    try:
        return (ipaddress.ip_address(said),)
    except ValueError:
        namespace, _, name = said.partition("/")
    running = [pod for pod in reach.cluster.pods if not pod.finished]
    here = [pod for pod in running if pod.namespace == namespace]
    one = [pod.ref for pod in here if pod.name == name]
    found = one or sorted(
        pod.ref for pod in here if (pod.owner.namespace, pod.owner.name) == (namespace, name)
    )
    if not found:
        raise _nobody(said, [f"{pod.namespace}/{pod.owner.name}" for pod in running])
    return tuple(found)


def stories(
    reach: Reachability, sources: Sequence[Endpoint], destinations: Sequence[Endpoint], port: Port | None
) -> tuple[Story, ...]:
    """One story for each two classes of pods; those that tell the same in the end are counted together."""
    told: dict[tuple[object, ...], tuple[Explanation, int]] = {}
    for left in _classes(reach, sources):
        for right in _classes(reach, destinations):
            pair = next(((a, b) for a in left for b in right if a != b), None)
            if pair is None:
                continue  # a pod to itself: always allowed, and never the question
            explanation = _explain(reach, *pair, port)
            pairs = len(left) * len(right) - len(set(left) & set(right))
            key = (explanation.allowed, explanation.egress, explanation.ingress, explanation.connections)
            first, count = told.get(key, (explanation, 0))
            told[key] = (first, count + pairs)
    ordered = sorted(told.values(), key=lambda each: (each[0].allowed, -each[1]))
    return tuple(Story(explanation=explanation, pairs=count) for explanation, count in ordered)


def _explain(reach: Reachability, source: Endpoint, destination: Endpoint, port: Port | None) -> Explanation:
    asked = port or Port(Protocol.TCP, 1)
    return explanations.explain(reach, source, destination, protocol=asked.protocol, port=asked.number)


def _classes(reach: Reachability, ends: Iterable[Endpoint]) -> list[list[Endpoint]]:
    """Ends that nothing can tell apart, together. Pods on the host network stand alone: nodes are exempt."""
    alone = {pod.ref for pod in reach.cluster.pods if pod.host_network}
    found: dict[object, list[Endpoint]] = {}
    for end in ends:
        single = not isinstance(end, PodRef) or end in alone
        key: object = end if single else int(reach.class_of[reach.endpoint(end)])
        found.setdefault(key, []).append(end)
    return list(found.values())


def _nobody(said: str, known: list[str]) -> NoSuchPod:
    near = difflib.get_close_matches(said, sorted(set(known)), n=1, cutoff=0.5)
    meant = f"Did you mean `{near[0]}`?" if near else "Name it as NAMESPACE/POD or NAMESPACE/WORKLOAD."
    return NoSuchPod(f"There is no pod or workload {said}", why="none of that name runs", fix=meant)
