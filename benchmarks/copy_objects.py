"""Copying 2,000 objects into a cluster, against `kubectl apply --server-side -f` of the same objects on the
same server.

Ours reads them from another cluster and transforms them first, which is counted; kubectl gets a file that is
ready. The objects of the two differ in their namespaces only, so that both make new ones on one server.

A real API server answers a write when etcd has it on disk, and is not on the same machine: each answer of the
target waits 10 ms, or 2 ms as on the quickest disks, during which it serves others. Without any wait the
sandbox computes on one core, which two clients cannot share out; that figure is printed beside, without a
bound. kubectl's own limit of 50 requests a second is off, because the server says that it keeps order by
itself (API Priority and Fairness).
"""

from __future__ import annotations

import base64
import contextlib
import json
import pathlib
import shutil
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pydantic import SecretStr

from benchmarks import processes
from benchmarks.figures import Line
from bot.adapters.kube import writes as kube_writing
from bot.adapters.kube.client import KubeClient, Reply
from bot.adapters.kube.connection import Endpoint
from bot.drivers.driver import Driver
from bot.migration.copy import copier, target_objects
from bot.migration.inventory.api_discovery import discover
from bot.migration.inventory.served_apis import common_apis
from bot.migration.planning.builder import PlanRequest, build
from bot.migration.planning.plan import ClusterSide, MigrationPlan
from bot.migration.planning.survey import read_source, survey
from bot.settings.mappings import Mappings

OBJECTS, NAMESPACES, RUNS = 2000, 10, 3
MOST_AT_ONCE, BOUND = 8, 3.0
ANSWERING = 0.01  # seconds until a real API server has answered a write
QUICKEST = 0.002  # seconds that no etcd with its disk and network is under
KEY = b"benchmark"
Object = dict[str, Any]


class Counting(KubeClient):
    """A client that knows how many of its requests were under way at once."""

    under_way = most = requests = 0
    _lock = threading.Lock()

    def exchange(self, *arguments: Any, **named: Any) -> Reply:
        with self._lock:
            self.under_way += 1
            self.requests += 1
            self.most = max(self.most, self.under_way)
        try:
            return super().exchange(*arguments, **named)
        finally:
            with self._lock:
                self.under_way -= 1


def measure(folder: pathlib.Path) -> list[Line]:
    """Both in turn, three times with each answering time and once without."""
    kubectl = shutil.which("kubectl")
    name = "kubectl apply --server-side" if kubectl else "one apply after the other"
    without, most = _runs(folder / "bare", kubectl, delay=0.0, runs=1)
    lines = []
    for delay in (ANSWERING, QUICKEST):
        both, most_then = _runs(folder / f"{1000 * delay:.0f}ms", kubectl, delay=delay, runs=RUNS)
        lines.append(
            _compared(f"{OBJECTS} objects against {name}, answers after {1000 * delay:.0f} ms", both)
        )
        most = max(most, most_then)
    return [
        *lines,
        Line(
            title="the same on a server of one busy core",
            figure=(
                f"{without[0][1] / without[0][0]:.1f} times ({without[0][0]:.1f} s against"
                f" {without[0][1]:.1f} s)"
            ),
            bound="none",
            bound_kept=True,
        ),
        Line(
            title="requests at once",
            figure=str(most),
            bound=f"at most {MOST_AT_ONCE}",
            bound_kept=most <= MOST_AT_ONCE,
        ),
    ]


def _compared(title: str, both: list[tuple[float, float]]) -> Line:
    ours, theirs = (statistics.median(seconds) for seconds in zip(*both, strict=True))
    return Line(
        title=f"{title}, median of {len(both)}",
        figure=f"{theirs / ours:.1f} times as fast ({ours:.1f} s against {theirs:.1f} s)",
        bound=f"at least {BOUND:.0f} times",
        bound_kept=theirs >= BOUND * ours,
    )


def _runs(
    folder: pathlib.Path, kubectl: str | None, *, delay: float, runs: int
) -> tuple[list[tuple[float, float]], int]:
    """Seconds of ours and of the peer in each run, and the most requests of ours at once."""
    folder.mkdir()
    timings, most = [], 0
    with _servers(folder, delay) as reached:
        for number in range(runs):
            source, target = _client(reached["source"]), _client(reached["target"])
            _seed(source, _objects(f"ours-{number}"))
            ours = _copy(source, target, [f"ours-{number}-{n}" for n in range(NAMESPACES)])
            peer = _objects(f"peer-{number}")
            theirs = (
                _kubectl(kubectl, folder, reached["target"], peer) if kubectl else _one_by_one(target, peer)
            )
            timings.append((ours, theirs))
            most = max(most, target.most)
    return timings, most


@contextlib.contextmanager
def _servers(folder: pathlib.Path, delay: float) -> Iterator[dict[str, dict[str, str]]]:
    arguments = ["benchmarks.api_servers", str(folder), str(delay)]
    with processes.running(arguments, environment={}, log=folder / "servers.log"):
        at = folder / "clusters.json"
        processes.wait_until(at.exists, name="the API servers")
        yield json.loads(at.read_text())


def _client(reached: dict[str, str]) -> Counting:
    where = Endpoint(server=reached["server"], ca_pem=reached["ca"], token=SecretStr(reached["token"]))
    return Counting(where, user_agent="xk8s/benchmark (operation 0)", seconds=600)


def _objects(prefix: str) -> list[Object]:
    """What teams have, in about the numbers in which they have it."""
    objects: list[Object] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"{prefix}-{n}"}}
        for n in range(NAMESPACES)
    ]
    number = 0
    while len(objects) < OBJECTS:
        namespace, name = f"{prefix}-{number % NAMESPACES}", f"app-{number}"
        objects += [obj for obj in _app(name, namespace) if len(objects) < OBJECTS]
        number += 1
    return objects[:OBJECTS]


def _app(name: str, namespace: str) -> list[Object]:
    meta = {"name": name, "namespace": namespace, "labels": {"app": name}}
    selector = {"matchLabels": {"app": name}}
    container = {
        "name": "app",
        "image": f"registry.example/{name}:1.0",
        "ports": [{"containerPort": 8080, "name": "http"}],
        "env": [{"name": f"SETTING_{n}", "value": "x" * 20} for n in range(10)],
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}},
    }
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [container], "serviceAccountName": name},
    }
    rbac = "rbac.authorization.k8s.io"
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "Role",
            "metadata": meta,
            "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}],
        },
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": meta,
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": meta,
            "data": {f"key-{n}": "y" * 100 for n in range(10)},
        },
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": meta,
            "type": "Opaque",
            "data": {"password": base64.b64encode(name.encode()).decode()},
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": meta,
            "spec": {
                "podSelector": selector,
                "policyTypes": ["Ingress"],
                "ingress": [{"ports": [{"port": 8080, "protocol": "TCP"}]}],
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": meta,
            "spec": {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}]},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": meta,
            "spec": {"replicas": 0, "selector": selector, "template": template},
        },
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": meta,
            "spec": {"minAvailable": 1, "selector": selector},
        },
    ]


def _seed(source: KubeClient, objects: list[Object]) -> None:
    kinds = {
        (api_resource.api_version, api_resource.kind): api_resource
        for api_resource in discover(source).resources
    }

    def make(obj: Object) -> None:
        resource = kinds[obj["apiVersion"], obj["kind"]]
        kube_writing.create(source, resource.collection(obj["metadata"].get("namespace", "")), obj)

    for namespace in objects[:NAMESPACES]:
        make(namespace)
    with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        list(pool.map(make, objects[NAMESPACES:]))


def _copy(source: KubeClient, target: Counting, namespaces: list[str]) -> float:
    """A plan is made before: it is approved before the copy begins."""
    request = PlanRequest(
        migration="bench",
        source=ClusterSide(name="source", driver=Driver("flannel"), id="source"),
        target=ClusterSide(name="target", driver=Driver("calico"), id="target"),
    )
    plan: MigrationPlan = build(request, survey(source, target, namespaces=namespaces), KEY)
    mappings = Mappings()
    started = time.perf_counter()
    surface = discover(source)
    inventory = read_source(source, surface, common_apis(surface, surface), plan.namespaces)
    record = copier.copy(
        copier.build_writer(target, plan, mappings, surface=discover(target), key=KEY),
        plan,
        inventory,
        target_objects.build(plan, inventory, mappings),
    )
    seconds = time.perf_counter() - started
    copied = sum(obj.ref.namespace in namespaces or obj.ref.name in namespaces for obj in record.written)
    if record.failures or copied < OBJECTS:
        raise RuntimeError(f"{copied} of {OBJECTS} objects were copied, {len(record.failures)} failed")
    return seconds


def _kubectl(kubectl: str, folder: pathlib.Path, reached: dict[str, str], objects: list[Object]) -> float:
    export, config = folder / "export.yaml", folder / "kubeconfig"
    export.write_text("".join(f"---\n{json.dumps(obj)}\n" for obj in objects))
    authority = base64.b64encode(reached["ca"].encode()).decode()
    config.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "c",
                "clusters": [
                    {
                        "name": "c",
                        "cluster": {"server": reached["server"], "certificate-authority-data": authority},
                    }
                ],
                "users": [{"name": "u", "user": {"token": reached["token"]}}],
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            }
        )
    )
    command = [
        kubectl,
        "--kubeconfig",
        str(config),
        "--cache-dir",
        str(folder / "cache"),
        "apply",
        "--server-side",
        "--validate=false",
        "-f",
        str(export),
    ]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    applied = done.stdout.count("serverside-applied")
    if applied < OBJECTS:
        raise RuntimeError(f"kubectl applied {applied} of {OBJECTS} objects: {done.stderr[:500]}")
    return seconds


def _one_by_one(target: KubeClient, objects: list[Object]) -> float:
    """What kubectl does, where there is none: one apply after the other over one connection, without its
    own limit.
    """
    kinds = {
        (api_resource.api_version, api_resource.kind): api_resource
        for api_resource in discover(target).resources
    }
    started = time.perf_counter()
    for obj in objects:
        meta = obj["metadata"]
        resource = kinds[obj["apiVersion"], obj["kind"]]
        path = f"{resource.collection(meta.get('namespace', ''))}/{meta['name']}"
        kube_writing.apply(target, path, obj, manager="peer")
    return time.perf_counter() - started
