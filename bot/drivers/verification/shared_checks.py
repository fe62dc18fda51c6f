"""The checks that every driver shares: its DaemonSet, its pod on every node, the nodes, CoreDNS.

A driver's own readiness is not enough. `desiredNumberScheduled` leaves out nodes whose taints are not
tolerated, so the pods are compared with the nodes and not with that number; and node conditions stay green
after the daemon that wrote them has died.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from bot.drivers.facts import CheckResult, ClusterFacts, Finding, error, warning
from bot.drivers.profile import DriverProfile
from bot.drivers.verification.pod_status import not_ready_message, pod_rows

RECENT = timedelta(minutes=15)  # a restart that is older than this is not reported
UNAVAILABLE_TAINT = "node.kubernetes.io/network-unavailable"


def pod_on_every_node(facts: ClusterFacts, profile: DriverProfile) -> Iterable[Finding]:
    """Find nodes without a pod of the driver, and pods that are not running and ready."""
    for row in pod_rows(facts):
        title = f"{profile.container} is {row.state}" if row.pod else f"no {profile.container} pod"
        yield error(title, row.why, node=row.node, advice=facts.diagnose(row.node))


def rollout(facts: ClusterFacts, _profile: DriverProfile) -> Iterable[Finding]:
    """Find a rollout of the DaemonSet that was not started or not finished, and misplaced pods."""
    metadata, status = facts.daemon_set.metadata, facts.daemon_set.status
    name, updated, desired = metadata.name, status.updated_number_scheduled, status.desired_number_scheduled
    if status.observed_generation < metadata.generation:
        detail = f"generation {metadata.generation}, observed {status.observed_generation}"
        title = f"{name} has changes that were not taken up"
        yield warning(title, detail, advice="look at kube-controller-manager")
    if updated < desired:
        detail = f"{updated} of {desired} pods are of the newest revision"
        advice = f"kubectl -n {metadata.namespace} rollout status daemonset/{name}"
        yield warning(f"a rollout of {name} is not finished", detail, advice=advice)
    if status.number_misscheduled:
        title = f"{status.number_misscheduled} pods run where they should not"
        advice = "compare node labels with the DaemonSet's nodeSelector"
        yield warning(title, f"numberMisscheduled of {name}", advice=advice)


def images(facts: ClusterFacts, _profile: DriverProfile) -> Iterable[Finding]:
    """Find containers of the DaemonSet that run from different images on different nodes."""
    digests = {
        (status.name, status.imageID): None
        for pod in facts.pods
        for status in pod.status.container_statuses
        if status.imageID and status.name in facts.daemon_set.containers
    }
    for container, number in Counter(name for name, _ in digests).items():
        if number > 1:
            detail = "the image digests of the pods differ: a rollout is stuck, or a tag was pushed again"
            title = f"{number} different images of {container} run"
            yield warning(title, detail, advice="restart the pods of the older image")


def recent_restarts(facts: ClusterFacts, _profile: DriverProfile) -> Iterable[Finding]:
    """Find containers of ready pods that have ended a short time ago."""
    containers = ((pod, status) for pod in facts.pods for status in pod.status.container_statuses)
    for pod, status in containers:
        last = status.lastState.terminated
        if not pod.ready or last is None or not last.finished_at:
            continue
        age = facts.now - datetime.fromisoformat(last.finished_at)
        if age < RECENT:
            detail = (
                f"{int(age.total_seconds() // 60)} min ago, {last.reason or 'error'} (exit code"
                f" {last.exit_code}), {status.restartCount} restarts in all"
            )
            yield warning(f"{status.name} restarted", detail, node=pod.node, advice=facts.diagnose(pod.node))


def nodes_ready(facts: ClusterFacts, _profile: DriverProfile) -> Iterable[Finding]:
    """Find nodes that are not Ready, or whose kubelet has stopped to report."""
    for node in facts.nodes:
        ready = node.condition("Ready")
        if ready is None or ready.status != "True":
            state = "does not report" if ready is None or ready.status == "Unknown" else "is NotReady"
            detail = not_ready_message(node) if ready else "it has no Ready condition"
            yield error(f"the node {state}", detail, node=node.name, advice=facts.diagnose(node.name))


def network_conditions(facts: ClusterFacts, profile: DriverProfile) -> Iterable[Finding]:
    """Find nodes whose network was never set up, and conditions that another driver has left behind."""
    for node in facts.nodes:
        if any(taint.key == UNAVAILABLE_TAINT for taint in node.spec.taints):
            title, detail = "the network is not set up", f"the taint {UNAVAILABLE_TAINT} is still there"
            yield error(title, detail, node=node.name, advice=facts.diagnose(node.name))
        condition = node.condition("NetworkUnavailable")
        if condition and condition.status == "False" and condition.reason not in ("", profile.up_reason):
            detail = f"NetworkUnavailable has the reason {condition.reason}, not {profile.up_reason}"
            advice = "look for a leftover configuration in /etc/cni/net.d"
            yield warning("another network driver was here", detail, node=node.name, advice=advice)


def core_dns(facts: ClusterFacts, _profile: DriverProfile) -> Iterable[Finding]:
    """Find CoreDNS pods that are not ready: an error only if none is."""
    total, ready = len(facts.dns_pods), sum(pod.ready for pod in facts.dns_pods)
    if ready == 0:
        detail = f"{total} pods with k8s-app=kube-dns, none ready: no name resolves in the cluster"
        yield error("no CoreDNS pod is ready", detail, advice=facts.diagnose())
    elif ready < total:
        title = f"{total - ready} of {total} CoreDNS pods are not ready"
        yield warning(title, "names resolve, with less to spare", advice=facts.diagnose())


SHARED_CHECKS: tuple[tuple[str, Callable[[ClusterFacts, DriverProfile], Iterable[Finding]]], ...] = (
    ("a ready pod on every node", pod_on_every_node),
    ("DaemonSet is up to date", rollout),
    ("one version everywhere", images),
    ("no recent restarts", recent_restarts),
    ("nodes are Ready", nodes_ready),
    ("network conditions", network_conditions),
    ("CoreDNS is ready", core_dns),
)


def run_shared_checks(facts: ClusterFacts, profile: DriverProfile) -> tuple[CheckResult, ...]:
    """Apply every shared check to the facts of one cluster."""
    return tuple(CheckResult(name=name, findings=tuple(find(facts, profile))) for name, find in SHARED_CHECKS)
