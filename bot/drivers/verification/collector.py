"""Reads everything that the checks need, once, in parallel where that is safe."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from datetime import datetime

from bot.adapters.kube.client import Kube
from bot.adapters.kube.errors import Forbidden, KubeError, NotFound
from bot.adapters.kube.objects import Custom, DaemonSet, Event, NodeObject, PodObject
from bot.adapters.kube.pod_exec import execute
from bot.drivers.facts import ClusterFacts, NodeProbe, NotChecked
from bot.drivers.profile import DriverProfile

DAEMON_SETS = "/apis/apps/v1/daemonsets"
NODES = "/api/v1/nodes"
PODS = "/api/v1/pods"
EVENTS = "/api/v1/events"
DNS_LABEL = "k8s-app=kube-dns"
PROBE_SECONDS = 15.0  # for one command in one pod


def daemon_sets(kube: Kube) -> list[DaemonSet]:
    """All DaemonSets of a cluster. Raises `KubeError`."""
    return kube.all_of(DAEMON_SETS, DaemonSet)


def gather(
    kube: Kube,
    *,
    cluster: str,
    profile: DriverProfile,
    daemon_set: DaemonSet,
    now: datetime,
    executor: Executor,
    stage: Callable[[str], None],
) -> tuple[ClusterFacts, tuple[NotChecked, ...]]:
    """Read the facts of one driver in one cluster, and what could not be read. Raises `KubeError`."""
    stage("reading nodes and pods")
    nodes = executor.submit(kube.all_of, NODES, NodeObject)
    dns = executor.submit(kube.all_of, PODS, PodObject, labels=DNS_LABEL)
    pods = kube.all_of(PODS, PodObject, labels=profile.selector)
    skipped: list[NotChecked] = []
    extra = {found.name: _first_served(kube, found.name, found.paths, skipped) for found in profile.extras}
    reasons = _reasons(kube, [pod for pod in pods if not pod.ready], skipped)
    commands = profile.probes(daemon_set.readiness(profile.container))
    asked = [pod for pod in pods if pod.status.phase == "Running" and pod.node]
    if commands and asked:
        stage(f"asking {len(asked)} nodes for their BGP sessions")
    probes = _probe_all(kube, asked, profile.container, commands, executor) if commands else {}
    facts = ClusterFacts(
        cluster=cluster,
        now=now,
        nodes=tuple(nodes.result()),
        daemon_set=daemon_set,
        pods=tuple(pods),
        dns_pods=tuple(dns.result()),
        reasons=reasons,
        extra=extra,
        probes=probes,
    )
    return facts, tuple(skipped)


def _first_served(
    kube: Kube, name: str, paths: Iterable[str], skipped: list[NotChecked]
) -> tuple[Custom, ...]:
    for path in paths:
        try:
            return tuple(kube.all_of(path, Custom))
        except NotFound:
            continue
        except Forbidden as refused:
            skipped.append(NotChecked(what=name, why=refused.why))
            return ()
    return ()


def _reasons(kube: Kube, troubled: Sequence[PodObject], skipped: list[NotChecked]) -> dict[str, str]:
    """The newest message of each troubled pod's readiness probe, from events."""
    if not troubled:
        return {}
    try:
        events = kube.all_of(EVENTS, Event, fields="involvedObject.kind=Pod,type=Warning")
    except Forbidden as refused:
        skipped.append(NotChecked(what="events", why=refused.why))
        return {}
    names = {pod.name for pod in troubled}
    newest: dict[str, Event] = {}
    for event in events:
        name = event.involved_object.name
        if name in names and (event.last_timestamp or "") >= (
            newest[name].last_timestamp or "" if name in newest else ""
        ):
            newest[name] = event
    return {name: event.message for name, event in newest.items()}


def _probe_all(
    kube: Kube,
    pods: Sequence[PodObject],
    container: str,
    commands: Sequence[tuple[str, ...]],
    executor: Executor,
) -> dict[str, NodeProbe]:
    """Ask every node; when the first is refused for want of a right, the others are not asked."""
    first = _probe(kube, pods[0], container, commands)
    probes = {pods[0].node: first}
    if "HTTP 403" in first.failure:
        return {pod.node: first for pod in pods}
    rest = [(pod.node, executor.submit(_probe, kube, pod, container, commands)) for pod in pods[1:]]
    probes.update({node: future.result() for node, future in rest})
    return probes


def _probe(kube: Kube, pod: PodObject, container: str, commands: Sequence[tuple[str, ...]]) -> NodeProbe:
    failure = ""
    for argv in commands:
        try:
            output = execute(
                kube,
                namespace=pod.metadata.namespace,
                pod=pod.name,
                container=container,
                argv=argv,
                seconds=PROBE_SECONDS,
            )
        except Forbidden as refused:
            return NodeProbe(failure=f"exec on pods is forbidden ({refused.why})")
        except KubeError as error:
            failure = f"{error.what}: {error.why}" if error.why else error.what
            continue
        said = output.stdout if output.stdout.strip() else output.stderr
        if output.code not in (126, 127):  # there is such a command, so what it says counts
            return NodeProbe(output=said)
        failure = f"{argv[0]} is not in the image"
    return NodeProbe(failure=failure)
