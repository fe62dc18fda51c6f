"""The reachability engine: full size, previews, growth, and a slow implementation beside it in the same run.

Each size runs in a process of its own, one after the other. What is timed begins with pods, namespaces and
policies as values in memory and ends when the set of every pair has been worked out (of roles: what one class
is as a source and another as a destination); reading them from an API or from files is not part of it.
Seconds are those of one core, on which all of it runs.
"""

from __future__ import annotations

import itertools
import json
import pathlib
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from benchmarks import reach_clusters
from benchmarks.chart import Curve, draw
from benchmarks.figures import Line, ratio
from bot.policy.reach.engine import compute
from bot.policy.reach.model import ClusterModel, Protocol
from tests.unit.policy.reach import oracle

PICTURE = pathlib.Path("docs/images/reach-growth.png")
BY_PODS, PODS = (1_000, 5_000, 10_000, 20_000, 50_000, 100_000), 10_000
BY_POLICIES, POLICIES = (100, 500, 1_000, 2_000, 5_000), 1_000
RUNS = 2
SMALL_PODS, SMALL_POLICIES, PROBED_PORTS = 60, 20, (53, 80, 443, 8080)


def measure(_folder: pathlib.Path) -> list[Line]:
    """The sizes that the engine is held to, and the ratio to the slow implementation."""
    usual, large = _run(10_000, 1_000, "previews"), _run(100_000, 5_000)
    return [
        *_size(usual, seconds=1.0, megabytes=500),
        *_previews(usual["previews"]),
        *_size(large, seconds=15.0, megabytes=2_000),
        _compare_with_oracle(),
    ]


def measure_growth(_folder: pathlib.Path) -> list[Line]:
    """Seconds by pods and by policies, drawn into the documentation."""
    by_pods = [_fastest(pods, POLICIES) for pods in BY_PODS]
    by_policies = [_fastest(PODS, policies) for policies in BY_POLICIES]
    draw(
        PICTURE,
        (
            _curve(f"pods, with {POLICIES:,} policies", "pods", by_pods),
            _curve(f"policies, with {PODS:,} pods", "policies", by_policies),
        ),
    )
    return [
        Line(
            title=f"{run['pods']:,} pods and {run['policies']:,} policies",
            bound="drawn",
            figure=f"{run['seconds']:.2f} s, {run['classes']:,} classes, {run['megabytes']:.0f} MB",
            bound_kept=True,
        )
        for run in (*by_pods, *by_policies)
    ]


def _fastest(pods: int, policies: int) -> dict[str, Any]:
    """Of a few runs the fastest: what other processes take is not growth."""
    return min((_run(pods, policies) for _ in range(RUNS)), key=lambda run: float(run["seconds"]))


def _run(pods: int, policies: int, *words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.reach_process", str(pods), str(policies), *words]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result: dict[str, Any] = json.loads(output)
    return result


def _size(run: dict[str, Any], *, seconds: float, megabytes: int) -> list[Line]:
    title = f"{run['pods']:,} pods and {run['policies']:,} policies"
    varied = f"{run['classes']:,} classes, {run['ranges']:,} ranges outside, {run['sets']} different sets"
    pairs = f"{run['pairs'] / 1e6:.1f} million pairs, of which {100 * run['open']:.0f} % may connect"
    return [
        Line(
            title=f"{title}, every pair",
            bound=f"{seconds:g} s",
            bound_kept=run["seconds"] < seconds,
            figure=f"{run['seconds']:.2f} s, {run['clock']:.2f} s by the clock ({varied}; {pairs})",
        ),
        Line(
            title=f"{title}, peak of resident memory",
            bound=f"{megabytes} MB",
            bound_kept=run["megabytes"] < megabytes,
            figure=f"{run['megabytes']:.0f} MB",
        ),
    ]


def _previews(previews: Sequence[tuple[float, int]]) -> list[Line]:
    seconds, changes = [seconds for seconds, _ in previews], [lines for _, lines in previews]
    return [
        Line(
            title=f"preview of one policy there, the slowest of {len(seconds)}, with all its lines",
            bound="0.1 s",
            figure=f"{max(seconds):.3f} s (up to {max(changes):,} lines)",
            bound_kept=max(seconds) < 0.1,
        )
    ]


def _compare_with_oracle() -> Line:
    """The same questions to both: every pair of pods on a few ports."""
    cluster = reach_clusters.cluster(pods=SMALL_PODS, policies=SMALL_POLICIES)
    manifests = [reach_clusters.as_manifest(policy) for policy in cluster.policies]
    started = time.perf_counter()
    engine_answers = _ask_engine(cluster)
    between = time.perf_counter()
    oracle_answers = [
        oracle.allowed(cluster, manifests, source, destination, protocol, port)
        for source, destination in itertools.product(cluster.pods, repeat=2)
        for protocol in Protocol
        for port in PROBED_PORTS
    ]
    ended = time.perf_counter()
    if engine_answers != oracle_answers:
        raise AssertionError("the two implementations do not agree")
    return ratio(
        f"{SMALL_PODS} pods and {SMALL_POLICIES} policies, against the slow implementation (ms)",
        1000 * (between - started),
        1000 * (ended - between),
        0.2,
    )


def _ask_engine(cluster: ClusterModel) -> list[bool]:
    reach = compute(cluster)
    answers = []
    for source, destination in itertools.product(cluster.pods, repeat=2):
        connections = reach.connections(source.ref, destination.ref)
        answers += [connections.contains(protocol, port) for protocol in Protocol for port in PROBED_PORTS]
    return answers


def _curve(title: str, axis: str, runs: Sequence[dict[str, Any]]) -> Curve:
    return Curve(
        title=title,
        axis=axis,
        points=tuple((run[axis], run["seconds"]) for run in runs),
        notes=tuple(f"{run['classes']:,} classes" for run in runs),
    )
