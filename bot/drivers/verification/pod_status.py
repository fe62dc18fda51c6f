"""Why a pod is not running and ready, in one line: from its containers, events, conditions and node."""

from collections import defaultdict

from bot.adapters.kube.objects import ContainerStatus, NodeObject, PodObject
from bot.drivers.facts import ClusterFacts
from bot.drivers.verification.report import PodRow

LONGEST = 200  # characters of a kubelet's message


def pod_rows(facts: ClusterFacts) -> tuple[PodRow, ...]:
    """Return the driver's pods that are not running and ready, node by node, and the nodes without one."""
    by_node: dict[str, list[PodObject]] = defaultdict(list)
    for pod in facts.pods:
        by_node[pod.node].append(pod)
    rows = []
    for node in facts.nodes:
        if node.name not in by_node:
            rows.append(PodRow(node=node.name, pod="", state="no pod", why=_why_no_pod(node)))
        rows += [
            PodRow(node=node.name, pod=pod.name, state=_state(pod), why=_why(pod, facts))
            for pod in by_node.get(node.name, ())
            if not pod.ready
        ]
    nodes = {node.name for node in facts.nodes}
    rows += [
        PodRow(node=pod.node or "–", pod=pod.name, state=_state(pod), why="it is on no node of the cluster")
        for pod in facts.pods
        if pod.node not in nodes
    ]
    return tuple(rows)


def not_ready_message(node: NodeObject) -> str:
    """Return the kubelet's message about a node that is not Ready, cut short; empty without a condition."""
    ready = node.condition("Ready")
    text = ready.message if ready else ""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _why_no_pod(node: NodeObject) -> str:
    ready = node.condition("Ready")
    if ready is None or ready.status != "True":
        return f"the node is not Ready: {not_ready_message(node) if ready else 'it says nothing'}"
    taints = [
        f"{taint.key}:{taint.effect}" for taint in node.spec.taints if taint.effect != "PreferNoSchedule"
    ]
    if taints:
        return f"the node has the taint {', '.join(taints)}"
    return "nothing keeps it away: look at the DaemonSet"


def _waiting_container(pod: PodObject) -> ContainerStatus | None:
    """Return the first container that waits for something other than its init containers."""
    for status in (*pod.status.init_container_statuses, *pod.status.container_statuses):
        if status.state.waiting and status.state.waiting.reason not in ("", "PodInitializing"):
            return status
    return None


def _state(pod: PodObject) -> str:
    container = _waiting_container(pod)
    if container is not None and container.state.waiting is not None:
        return container.state.waiting.reason
    if pod.status.phase == "Running":
        return "not ready"
    return pod.status.reason or pod.status.phase or "unknown"


def _why(pod: PodObject, facts: ClusterFacts) -> str:
    container = _waiting_container(pod)
    if container is not None:
        return _container_why(container)
    message = facts.reasons.get(pod.name, "")
    if message:
        return message.removeprefix("Readiness probe failed: ").strip()
    messages = (condition.message for condition in pod.status.conditions if condition.status != "True")
    return next(filter(None, messages), pod.status.message or "no reason is given")


def _container_why(container: ContainerStatus) -> str:
    waiting, last = container.state.waiting, container.lastState.terminated
    parts = [f"{container.name}: {waiting.message or waiting.reason}" if waiting else container.name]
    if last is not None:
        parts.append(f"it ended last with {last.reason or 'an error'} (exit code {last.exit_code})")
    if container.restartCount:
        parts.append(f"{container.restartCount} restarts")
    return "; ".join(parts)
