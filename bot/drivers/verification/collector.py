"""Reads everything that the checks need from one cluster: each list once, and in parallel where that is safe.

What may not be read is not an error: it becomes a `NotChecked` of the report.
"""

import dataclasses
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import datetime

from bot.adapters.kube.client import KubeClient
from bot.adapters.kube.errors import Forbidden, KubeError, NotFound
from bot.adapters.kube.objects import CustomResource, DaemonSet, Event, NodeObject, PodObject
from bot.adapters.kube.pod_exec import execute
from bot.drivers.facts import ClusterFacts, NotChecked, ProbeResult
from bot.drivers.profile import DriverProfile, ResourceList
from bot.drivers.verification.detection import RunningDriver

DAEMON_SETS = "/apis/apps/v1/daemonsets"
NODES = "/api/v1/nodes"
PODS = "/api/v1/pods"
EVENTS = "/api/v1/events"
DNS_LABEL = "k8s-app=kube-dns"
PROBE_SECONDS = 15.0  # for one command in one pod
NO_SUCH_COMMAND = (126, 127)  # exit codes of a shell or runtime that cannot run it

Commands = Sequence[tuple[str, ...]]


def daemon_sets(kube: KubeClient) -> list[DaemonSet]:
    """Read all DaemonSets of a cluster. Raises `KubeError`."""
    return kube.list_all(DAEMON_SETS, DaemonSet)


@dataclasses.dataclass(kw_only=True)
class Collector:
    """Reads the facts of one driver in one cluster; `skipped` collects what could not be read."""

    kube: KubeClient
    running: RunningDriver
    executor: Executor  # for reads beside the main one, and for commands in pods
    on_stage: Callable[[str], None]
    skipped: list[NotChecked] = dataclasses.field(default_factory=list)

    def collect(self, *, cluster: str, now: datetime) -> ClusterFacts:
        """Read everything. Raises `KubeError`."""
        self.on_stage("reading nodes and pods")
        profile = self.running.profile
        nodes = self.executor.submit(self.kube.list_all, NODES, NodeObject)
        dns = self.executor.submit(self.kube.list_all, PODS, PodObject, labels=DNS_LABEL)
        pods = self.kube.list_all(PODS, PodObject, labels=profile.selector)
        return ClusterFacts(
            cluster=cluster,
            now=now,
            daemon_set=self.running.daemon_set,
            pods=tuple(pods),
            resources={resource.name: self._first_served(resource) for resource in profile.resources},
            reasons=self._readiness_messages([pod for pod in pods if not pod.ready]),
            probes=self._probe_nodes(profile, pods),
            nodes=tuple(nodes.result()),
            dns_pods=tuple(dns.result()),
        )

    def _first_served(self, resource: ResourceList) -> tuple[CustomResource, ...]:
        for path in resource.paths:
            try:
                return tuple(self.kube.list_all(path, CustomResource))
            except NotFound:
                continue
            except Forbidden as error:
                self.skipped.append(NotChecked(what=resource.name, why=error.why))
                return ()
        return ()

    def _readiness_messages(self, pods: Sequence[PodObject]) -> dict[str, str]:
        """Return the newest message of each pod's failing probes, from events."""
        if not pods:
            return {}
        try:
            events = self.kube.list_all(EVENTS, Event, fields="involvedObject.kind=Pod,type=Warning")
        except Forbidden as error:
            self.skipped.append(NotChecked(what="events", why=error.why))
            return {}
        names = {pod.name for pod in pods}
        oldest_first = sorted(events, key=lambda event: event.last_timestamp or "")
        return {
            event.involved_object.name: event.message
            for event in oldest_first
            if event.involved_object.name in names
        }

    def _probe_nodes(self, profile: DriverProfile, pods: Sequence[PodObject]) -> dict[str, ProbeResult]:
        """Run the driver's command on every node; if the first is forbidden, the others are not asked."""
        reachable = [pod for pod in pods if pod.status.phase == "Running" and pod.node]
        readiness = self.running.daemon_set.readiness(profile.container)
        commands = profile.probe.commands(readiness) if profile.probe else ()
        if not profile.probe or not commands or not reachable:
            return {}
        self.on_stage(f"asking {len(reachable)} nodes for their {profile.probe.subject}s")
        first, *remaining = reachable
        result = self._probe(first, commands)
        if "HTTP 403" in result.failure:
            return {pod.node: result for pod in reachable}
        results = [(pod.node, self.executor.submit(self._probe, pod, commands)) for pod in remaining]
        return {first.node: result, **{node: future.result() for node, future in results}}

    def _probe(self, pod: PodObject, commands: Commands) -> ProbeResult:
        failure = ""
        for argv in commands:
            try:
                output = execute(
                    self.kube,
                    namespace=pod.metadata.namespace,
                    pod=pod.name,
                    container=self.running.profile.container,
                    argv=argv,
                    seconds=PROBE_SECONDS,
                )
            except Forbidden as error:
                return ProbeResult(failure=f"exec on pods is forbidden ({error.why})")
            except KubeError as error:
                failure = f"{error.what}: {error.why}" if error.why else error.what
                continue
            if output.code not in NO_SUCH_COMMAND:
                return ProbeResult(output=output.stdout if output.stdout.strip() else output.stderr)
            failure = f"{argv[0]} is not in the image"
        return ProbeResult(failure=failure)
