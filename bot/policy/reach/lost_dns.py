"""Pods that can no longer resolve names: what a policy that isolates egress does most often by mistake."""

import dataclasses

import numpy as np

from bot.policy.reach.joint_classes import JointClasses
from bot.policy.reach.model import Pod, PodRef, Protocol

DNS_NAMESPACE, DNS_PORT = "kube-system", 53
DNS_LABEL = ("k8s-app", "kube-dns")  # CoreDNS has it too, also as Magnum installs it


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class LostDns:
    """A pod that could ask one of the cluster's DNS pods on port 53 of these protocols, and no longer can."""

    pod: PodRef
    protocols: tuple[Protocol, ...]


def find_lost_dns(classes: JointClasses) -> tuple[LostDns, ...]:
    """Return the pods that lose DNS between two states, sorted by name.

    A DNS pod itself, and a host-network pod on the node of one, always get an answer.
    """
    servers = [number for number, pod in enumerate(classes.pods) if _serves_dns(pod)]
    nodes = {classes.pods[number].node for number in servers} - {""}
    if not servers:
        return ()
    every_pod = np.arange(classes.pod_class_count)
    before, after = classes.connections(every_pod, np.unique(classes.of_pod[servers]))
    lost: dict[PodRef, tuple[Protocol, ...]] = {}
    for protocol in (Protocol.TCP, Protocol.UDP):
        reaches_dns = classes.before.sets.containing(protocol, DNS_PORT)
        could, can = np.any(reaches_dns[before], axis=1), np.any(reaches_dns[after], axis=1)
        for pod in classes.pods_in(np.logical_and(could, np.logical_not(can))):
            still_runs = pod.ref in classes.after.pod_index.number_of
            if still_runs and not _serves_dns(pod) and not (pod.host_network and pod.node in nodes):
                lost[pod.ref] = (*lost.get(pod.ref, ()), protocol)
    return tuple(sorted(LostDns(pod, protocols) for pod, protocols in lost.items()))


def _serves_dns(pod: Pod) -> bool:
    key, value = DNS_LABEL
    return pod.namespace == DNS_NAMESPACE and pod.labels.get(key) == value
