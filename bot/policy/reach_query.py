"""Answers whether one end can reach the other, for pods, workloads and addresses, and why.

A word names a pod, or a workload with all its pods. Pods that no policy can tell apart are asked about once,
so that a question about two Deployments with hundreds of pods each takes only a few explanations.
"""

import dataclasses
import difflib
import ipaddress
import itertools
from collections.abc import Iterable, Sequence

from bot.policy.errors import InvalidParameters, PodNotFound
from bot.policy.reach.engine import Endpoint, Reachability
from bot.policy.reach.explanations import Explanation, explain
from bot.policy.reach.model import PodRef, Protocol
from bot.policy.results import PairExplanation


@dataclasses.dataclass(frozen=True, slots=True)
class QueriedPort:
    """The one port that a question is about."""

    protocol: Protocol
    number: int


# Explained where no port is named: only the isolation at both ends matters then.
ANY_PORT = QueriedPort(Protocol.TCP, 1)


def parse_port(text: str | None) -> QueriedPort | None:
    """Parse a port such as `TCP/80`; None without a text. Raises `InvalidParameters` for a range of ports."""
    if text is None:
        return None
    protocol, _, number = text.partition("/")
    if not number.isdigit():
        raise InvalidParameters(
            "One port at a time",
            why=f"{text} is a range; each of its ports may have another answer",
            fix="Name one port, or none to see all that are open.",
        )
    return QueriedPort(Protocol(protocol), int(number))


def find_ends(reach: Reachability, word: str) -> tuple[Endpoint, ...]:
    """Return the pods that a word `NAMESPACE/NAME` names, or the address that it is. Raises `PodNotFound`."""
    try:
        return (ipaddress.ip_address(word),)
    except ValueError:
        namespace, _, name = word.partition("/")
    running = reach.pod_index.pods
    pods = [pod for pod in running if pod.namespace == namespace and pod.name == name] or [
        pod for pod in running if (pod.owner.namespace, pod.owner.name) == (namespace, name)
    ]
    if not pods:
        raise _no_such_pod(word, {f"{pod.namespace}/{pod.owner.name}" for pod in running})
    return tuple(sorted(pod.ref for pod in pods))


def explain_pairs(
    reach: Reachability,
    sources: Sequence[Endpoint],
    destinations: Sequence[Endpoint],
    port: QueriedPort | None,
) -> tuple[PairExplanation, ...]:
    """Explain every pair of a source and a destination; pairs with the same explanation are counted together.

    Refused connections come first, and of those the explanation of the most pairs.
    """
    port = port or ANY_PORT
    counted: dict[tuple[object, ...], tuple[Explanation, int]] = {}
    for source_pods in _group_alike(reach, sources):
        for destination_pods in _group_alike(reach, destinations):
            ends = itertools.product(source_pods, destination_pods)
            pair = next(((source, end) for source, end in ends if source != end), None)
            if pair is None:
                continue  # a pod to itself: always allowed, and never the question
            explanation = explain(reach, *pair, protocol=port.protocol, port=port.number)
            pairs = len(source_pods) * len(destination_pods) - len(set(source_pods) & set(destination_pods))
            key = (explanation.allowed, explanation.egress, explanation.ingress, explanation.connections)
            first, count = counted.get(key, (explanation, 0))
            counted[key] = (first, count + pairs)
    ordered = sorted(counted.values(), key=lambda item: (item[0].allowed, -item[1]))
    return tuple(PairExplanation(explanation=explanation, pairs=count) for explanation, count in ordered)


def _group_alike(reach: Reachability, ends: Iterable[Endpoint]) -> list[list[Endpoint]]:
    """Group ends that no policy tells apart; a host-network pod is alone, because of the pods of its node."""
    groups: dict[object, list[Endpoint]] = {}
    for end in ends:
        alone = not isinstance(end, PodRef) or reach.pod(end).host_network
        key: object = end if alone else int(reach.class_of[reach.endpoint_number(end)])
        groups.setdefault(key, []).append(end)
    return list(groups.values())


def _no_such_pod(word: str, names: Iterable[str]) -> PodNotFound:
    near = difflib.get_close_matches(word, sorted(names), n=1, cutoff=0.5)
    fix = f"Did you mean `{near[0]}`?" if near else "Name it as NAMESPACE/POD or NAMESPACE/WORKLOAD."
    return PodNotFound(f"There is no pod or workload {word}", why="none of that name runs", fix=fix)
