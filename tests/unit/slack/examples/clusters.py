"""Clusters, their verification, creation and deletion, with texts that Slack would take for markup."""

from __future__ import annotations

import dataclasses
from typing import Any

from bot.clusters.cluster import Cluster, ClusterListing
from bot.clusters.lifecycle.results import (
    ClusterBuilding,
    ClusterBuilt,
    ClusterCreated,
    ClusterDeleted,
    ClusterDeleting,
    ClusterVerifying,
)
from bot.clusters.service import ClusterDetails, ClusterOverview
from bot.common.problems import Problem
from bot.drivers.driver import Driver
from bot.drivers.facts import Finding, NotChecked, Session, Severity
from bot.drivers.verification.report import (
    PodRow,
    Verdict,
    VerificationProgress,
    VerificationReport,
    VerificationSummary,
)
from tests.unit.slack.examples.requests import NASTY, NOW


def cluster(name: str = "prod-eu", status: str = "CREATE_FAILED", **changes: Any) -> Cluster:
    values: dict[str, Any] = {
        "id": "c1",
        "name": name,
        "project": "shop",
        "driver": Driver("calico"),
        "status": status,
        "status_reason": NASTY * 40,
        "faults": {f"default-worker-{number}": NASTY * 10 for number in range(40)},
        "nodes": 3,
        "masters": 1,
        "created": NOW,
    }
    return Cluster(**(values | changes))


def report(nodes: int = 300, text: str = NASTY, **changes: Any) -> VerificationReport:
    values: dict[str, Any] = {
        "cluster": "prod-eu",
        "cluster_id": "c1",
        "project": "shop",
        "asked": Driver("calico"),
        "running": "calico",
        "verdict": Verdict.DEGRADED,
        "nodes": nodes,
        "nodes_ok": 1,
        "passed": 3,
        "problem": "",
        "advice": "",
        "at": NOW,
        "seconds": 0.4,
        "sessions": nodes,
        "findings": tuple(
            Finding(
                severity=Severity.ERROR,
                title=text,
                node=f"node-{number}",
                detail=text * 5,
                advice=f"do this; /xk8s diagnose c --node n{number}",
            )
            for number in range(nodes)
        ),
        "not_checked": tuple(NotChecked(what="BGP", why=text * 20) for _ in range(20)),
        "pods": tuple(
            PodRow(node=f"node-{number}", pod=f"calico-node-{number}", state="not ready", why=text * 10)
            for number in range(nodes)
        ),
        "sessions_down": tuple(
            Session(node=f"n{number}", peer="10.0.0.1", kind="mesh", state="start", since="08:00", info=text)
            for number in range(nodes)
        ),
    }
    return VerificationReport(**(values | changes))


def healthy_report(**changes: Any) -> VerificationReport:
    values: dict[str, Any] = {
        "verdict": Verdict.HEALTHY,
        "nodes_ok": 3,
        "findings": (),
        "not_checked": (),
        "pods": (),
        "sessions_down": (),
    }
    return report(3, **(values | changes))


def created(**changes: Any) -> ClusterCreated:
    values: dict[str, Any] = {
        "project": "shop",
        "id": "c1",
        "name": NASTY,
        "template": NASTY,
        "driver": Driver("calico"),
        "kubernetes": "v1.29.5",
        "nodes": 3,
        "masters": 1,
        "api_address": "https://10.0.0.1:6443",
        "build_seconds": 660,
        "report": report(),
    }
    return ClusterCreated(**(values | changes))


STATES: list[object] = [
    ClusterBuilding(
        name=NASTY, template=NASTY, nodes=3, masters=1, status="", seconds=5, at=NOW, trouble=NASTY * 90
    ),
    ClusterBuilt(name=NASTY, nodes=3, masters=1, driver="calico", api_address="", seconds=660),
    ClusterVerifying(name=NASTY, driver="calico", seconds=5, at=NOW, report=report()),
    ClusterDeleting(name=NASTY, status="DELETE_IN_PROGRESS", seconds=5, at=NOW),
    VerificationProgress(
        asked=None, clusters=300, done=((NASTY, Verdict.HEALTHY),) * 300, doing=((NASTY, NASTY),) * 300
    ),
]
RESULTS: list[object] = [
    ClusterOverview(
        project="shop",
        listed=ClusterListing(
            clusters=tuple(cluster(f"c{number}") for number in range(250)), unread=Problem("x", why=NASTY)
        ),
    ),
    ClusterDetails(cluster=cluster()),
    created(),
    created(report=dataclasses.replace(report(3), verdict=Verdict.HEALTHY, findings=())),
    created(nodes=300, masters=3, api_address=NASTY, build_seconds=60.0),
    *(
        ClusterDeleted(project="shop", id="c1", name=NASTY, seconds=seconds, was_gone=was_gone)
        for seconds in (1.0, 600.0)
        for was_gone in (True, False)
    ),
    VerificationSummary(asked=Driver("calico"), reports=(report(),), missing=(), single=True),
    VerificationSummary(
        asked=None, reports=tuple(report(nodes=30) for _ in range(30)), missing=(NASTY,), single=False
    ),
]
