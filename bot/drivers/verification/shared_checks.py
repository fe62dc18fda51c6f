"""The checks that every driver shares: its DaemonSet, its pod on every node, the nodes, CoreDNS.

A driver's own readiness is not enough: desiredNumberScheduled leaves out nodes whose taints are not
tolerated, so it is compared with the nodes and not with itself; conditions stay green after a daemon died.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.adapters.kube.objects import ContainerStatus, NodeObject, PodObject
from bot.drivers.facts import CheckResult, ClusterFacts, Finding, Severity
from bot.drivers.profile import DriverProfile
from bot.drivers.verification.report import PodRow

RECENT = timedelta(minutes=15)  # a restart within this is worth a word
UNAVAILABLE_TAINT = "node.kubernetes.io/network-unavailable"
REVISION = "controller-revision-hash"


def pod_rows(facts: ClusterFacts) -> tuple[PodRow, ...]:
    """The table of what is not Running and ready, node by node, and why."""
    by_node = _by_node(facts.pods)
    rows = []
    for node in facts.nodes:
        pods = by_node.get(node.name, [])
        if not pods:
            rows.append(PodRow(node=node.name, pod="", state="no pod", why=_why_none(node)))
        rows += [
            PodRow(node=node.name, pod=pod.name, state=_state(pod), why=_why(pod, facts))
            for pod in pods
            if not pod.ready
        ]
    rows += [
        PodRow(node=pod.node or "–", pod=pod.name, state=_state(pod), why="it is on no node of the cluster")
        for pod in facts.pods
        if pod.node not in {node.name for node in facts.nodes}
    ]
    return tuple(rows)


def shared(facts: ClusterFacts, profile: DriverProfile) -> tuple[CheckResult, ...]:
    """Every check that does not depend on the driver but for its names."""
    return (
        CheckResult(name="a ready pod on every node", findings=tuple(_pods(facts, profile))),
        CheckResult(name="DaemonSet is up to date", findings=tuple(_daemon_set(facts))),
        CheckResult(name="one version everywhere", findings=tuple(_versions(facts))),
        CheckResult(name="no recent restarts", findings=tuple(_restarts(facts))),
        CheckResult(name="nodes are Ready", findings=tuple(_nodes(facts))),
        CheckResult(name="network conditions", findings=tuple(_conditions(facts, profile))),
        CheckResult(name="CoreDNS is ready", findings=tuple(_dns(facts))),
    )


def _pods(facts: ClusterFacts, profile: DriverProfile) -> Iterable[Finding]:
    for row in pod_rows(facts):
        title = f"no {profile.container} pod" if not row.pod else f"{profile.container} is {row.state}"
        yield Finding(
            severity=Severity.ERROR,
            title=title,
            node=row.node,
            detail=row.why,
            advice=f"/xk8s diagnose {facts.cluster} --node {row.node}",
        )


def _by_node(pods: Iterable[PodObject]) -> dict[str, list[PodObject]]:
    found: dict[str, list[PodObject]] = defaultdict(list)
    for pod in pods:
        found[pod.node].append(pod)
    return found


def _why_none(node: NodeObject) -> str:
    taints = [
        f"{taint.key}:{taint.effect}" for taint in node.spec.taints if taint.effect != "PreferNoSchedule"
    ]
    ready = node.condition("Ready")
    if ready is None or ready.status != "True":
        return f"the node is not Ready: {_first_sentence(ready.message) if ready else 'it says nothing'}"
    return (
        f"the node has the taint {', '.join(taints)}"
        if taints
        else "nothing keeps it away: look at the DaemonSet"
    )


def _state(pod: PodObject) -> str:
    for status in (*pod.status.init_container_statuses, *pod.status.container_statuses):
        if status.state.waiting and status.state.waiting.reason not in ("", "PodInitializing"):
            return status.state.waiting.reason
    if pod.status.phase == "Running":
        return "not ready"
    return pod.status.reason or pod.status.phase or "unknown"


def _why(pod: PodObject, facts: ClusterFacts) -> str:
    for status in (*pod.status.init_container_statuses, *pod.status.container_statuses):
        if status.state.waiting and status.state.waiting.reason not in ("", "PodInitializing"):
            return _container_why(status)
    said = facts.reasons.get(pod.name, "")
    if said:
        return said.removeprefix("Readiness probe failed: ").strip()
    condition = next(
        (found for found in pod.status.conditions if found.status != "True" and found.message), None
    )
    return condition.message if condition else pod.status.message or "no reason is given"


def _container_why(status: ContainerStatus) -> str:
    waiting, last = status.state.waiting, status.lastState.terminated
    parts = [f"{status.name}: {waiting.message or waiting.reason}" if waiting else status.name]
    if last is not None:
        parts.append(f"it ended last with {last.reason or 'an error'} (exit code {last.exit_code})")
    if status.restartCount:
        parts.append(f"{status.restartCount} restarts")
    return "; ".join(parts)


def _daemon_set(facts: ClusterFacts) -> Iterable[Finding]:
    metadata, status = facts.daemon_set.metadata, facts.daemon_set.status
    if status.observed_generation < metadata.generation:
        yield Finding(
            severity=Severity.WARNING,
            title=f"{metadata.name} has changes that were not taken up",
            detail=f"generation {metadata.generation}, observed {status.observed_generation}",
            advice="look at kube-controller-manager",
        )
    if status.updated_number_scheduled < status.desired_number_scheduled:
        yield Finding(
            severity=Severity.WARNING,
            title=f"a rollout of {metadata.name} is not finished",
            detail=(
                f"{status.updated_number_scheduled} of {status.desired_number_scheduled} pods are of the"
                " newest revision"
            ),
            advice=f"kubectl -n {metadata.namespace} rollout status daemonset/{metadata.name}",
        )
    if status.number_misscheduled:
        yield Finding(
            severity=Severity.WARNING,
            title=f"{status.number_misscheduled} pods run where they should not",
            detail=f"numberMisscheduled of {metadata.name}",
            advice="compare node labels with the DaemonSet's nodeSelector",
        )


def _versions(facts: ClusterFacts) -> Iterable[Finding]:
    images: Counter[str] = Counter()
    for pod in facts.pods:
        for status in pod.status.container_statuses:
            if status.imageID and status.name in facts.daemon_set.containers:
                images[f"{status.name} {status.imageID}"] += 1
    kinds = Counter(image.split(" ")[0] for image in images)
    for container, number in kinds.items():
        if number > 1:
            yield Finding(
                severity=Severity.WARNING,
                title=f"{number} different images of {container} run",
                detail="the image digests of the pods differ: a rollout is stuck, or a tag was pushed again",
                advice="restart the pods of the older image",
            )


def _restarts(facts: ClusterFacts) -> Iterable[Finding]:
    for pod in facts.pods:
        for status in pod.status.container_statuses:
            last = status.lastState.terminated
            if not pod.ready or last is None or not last.finished_at:
                continue
            ago = facts.now - datetime.fromisoformat(last.finished_at)
            if ago < RECENT:
                yield Finding(
                    severity=Severity.WARNING,
                    title=f"{status.name} restarted",
                    node=pod.node,
                    detail=(
                        f"{int(ago.total_seconds() // 60)} min ago, {last.reason or 'error'} (exit code"
                        f" {last.exit_code}), {status.restartCount} restarts in all"
                    ),
                    advice=f"/xk8s diagnose {facts.cluster} --node {pod.node}",
                )


def _nodes(facts: ClusterFacts) -> Iterable[Finding]:
    for node in facts.nodes:
        ready = node.condition("Ready")
        if ready is None or ready.status != "True":
            state = "does not report" if ready is None or ready.status == "Unknown" else "is NotReady"
            yield Finding(
                severity=Severity.ERROR,
                title=f"the node {state}",
                node=node.name,
                detail=_first_sentence(ready.message) if ready else "it has no Ready condition",
                advice=f"/xk8s diagnose {facts.cluster} --node {node.name}",
            )


def _conditions(facts: ClusterFacts, profile: DriverProfile) -> Iterable[Finding]:
    for node in facts.nodes:
        if any(taint.key == UNAVAILABLE_TAINT for taint in node.spec.taints):
            yield Finding(
                severity=Severity.ERROR,
                title="the network is not set up",
                node=node.name,
                detail=f"the taint {UNAVAILABLE_TAINT} is still there",
                advice=f"/xk8s diagnose {facts.cluster} --node {node.name}",
            )
        found = node.condition("NetworkUnavailable")
        if (
            found is not None
            and found.status == "False"
            and found.reason
            and found.reason != profile.up_reason
        ):
            yield Finding(
                severity=Severity.WARNING,
                title="another network driver was here",
                node=node.name,
                detail=f"NetworkUnavailable has the reason {found.reason}, not {profile.up_reason}",
                advice="look for a leftover configuration in /etc/cni/net.d",
            )


def _dns(facts: ClusterFacts) -> Iterable[Finding]:
    ready = sum(pod.ready for pod in facts.dns_pods)
    if ready == 0:
        yield Finding(
            severity=Severity.ERROR,
            title="no CoreDNS pod is ready",
            detail=(
                f"{len(facts.dns_pods)} pods with k8s-app=kube-dns, none ready: no name resolves in the"
                " cluster"
            ),
            advice=f"/xk8s diagnose {facts.cluster}",
        )
    elif ready < len(facts.dns_pods):
        yield Finding(
            severity=Severity.WARNING,
            title=f"{len(facts.dns_pods) - ready} of {len(facts.dns_pods)} CoreDNS pods are not ready",
            detail="names resolve, with less to spare",
            advice=f"/xk8s diagnose {facts.cluster}",
        )


def _first_sentence(text: str) -> str:
    return text if len(text) <= 200 else text[:199] + "…"
