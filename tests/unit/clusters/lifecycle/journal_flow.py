"""Workflows played without DBOS: steps are recorded in a journal, and a run can be cut off at any of its
effects.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.adapters.durable.flow import Json, ProcessStopping
from bot.adapters.durable.recorded_flow import RecordedFlow
from bot.adapters.openstack.magnum_errors import MagnumError, MagnumNotFound, MagnumUnreachable
from bot.clusters.lifecycle.ports import LifecycleTimeouts, ProjectCloud
from bot.common.problems import Problem
from bot.drivers.verification.report import Verdict, VerificationReport

OPERATION = "7f3a" + "0" * 28
LIMITS = LifecycleTimeouts(
    create=timedelta(minutes=90), delete=timedelta(minutes=60), verify=timedelta(minutes=10)
)

UNREACHABLE = MagnumUnreachable("Magnum does not answer", why="connection reset")


class Clock:
    """A clock that moves when somebody waits."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def is_set(self) -> bool:
        return False

    def wait(self, seconds: float) -> bool:
        self.now += timedelta(seconds=seconds)
        return False


class Journal:
    """What was recorded of the steps, across runs."""

    def __init__(self) -> None:
        self.kept: dict[int, tuple[str, Json]] = {}


class RecordedReports:
    """A reporter that records what a workflow reports."""

    def __init__(self) -> None:
        self.states: list[Any] = []
        self.changes: list[tuple[str, Any]] = []
        self.ends: list[Json] = []

    def report_progress(self, operation: str, state: object) -> None:
        self.states.append(state)

    def report_state(self, operation: str, name: str, state: object) -> None:
        self.changes.append((name, state))

    def report_outcome(self, operation: str, outcome: Json) -> None:
        self.ends.append(outcome)


class JournalRun:
    """One run over a journal; `cut` counts down the effects until the run is cut off."""

    def __init__(
        self, journal: Journal, clock: Clock, *, cut: int | None = None, lost_at: int | None = None
    ) -> None:
        self.told = RecordedReports()
        self.journal = journal
        self._at = 0
        self._fences = 0
        self._lost_at = lost_at
        self.cut = cut
        self.flow = RecordedFlow(
            operation=OPERATION,
            project="shop",
            reporter=self.told,
            record=self._record,
            stopping=clock,  # type: ignore[arg-type]
            owns=self._owned,
        )

    def point(self) -> None:
        """A place where the process may die."""
        if self.cut is not None:
            if self.cut == 0:
                raise ProcessStopping
            self.cut -= 1

    def _owned(self) -> bool:
        self._fences += 1
        return self._lost_at is None or self._fences < self._lost_at

    def _record(self, name: str, do: Callable[[], Json]) -> Json:
        at, self._at = self._at, self._at + 1
        if at in self.journal.kept:
            kept_name, recorded = self.journal.kept[at]
            assert kept_name == name, "the steps of a workflow come in one order"
            return recorded
        self.point()
        output = do()
        self.point()
        self.journal.kept[at] = (name, output)
        return output


class Cloud:
    """A Magnum of a few lines: it makes duplicates, and is late."""

    def __init__(self, clock: Clock, point: Callable[[], None] = lambda: None) -> None:
        self.found: dict[str, Json] = {}
        self.clock = clock
        self.point = point
        self.after_build: Json = {"status": "CREATE_COMPLETE", "api_address": "https://10.0.0.1:6443"}
        self.seconds_to_build = 60.0
        self.cast_seconds = 0.0
        self.ordered = 0
        self.deleted: list[str] = []
        self.forgotten: list[str] = []
        self.refuse: list[MagnumError] = []
        self.lose_answers = 0

    def template(self, ref: str) -> Json:
        return {"uuid": ref, "labels": {"calico_tag": "v3.26.4", "grafana_admin_passwd": "s3cret"}}

    def clusters(self) -> list[Json]:
        return [self._shown(body) for body in self.found.values() if self._visible(body)]

    def cluster(self, ref: str) -> Json:
        body = self.found.get(ref)
        if body is None or not self._visible(body):
            raise MagnumNotFound(f"no cluster {ref}")
        return self._shown(body)

    def create_cluster(self, values: Mapping[str, Any], *, operation: str) -> str:
        self.point()
        if self.refuse:
            raise self.refuse.pop(0)
        cluster = str(uuid.uuid4())
        self.ordered += 1
        self.found[cluster] = {
            **values,
            "uuid": cluster,
            "at": self.clock.now,
            "created_at": self.clock.now.isoformat(),
        }
        self.point()
        if self.lose_answers:
            self.lose_answers -= 1
            raise UNREACHABLE
        return cluster

    def delete_cluster(self, cluster: str, *, operation: str) -> None:
        self.point()
        if self.refuse:
            raise self.refuse.pop(0)
        if cluster not in self.found:
            raise MagnumNotFound(f"no cluster {cluster}")
        self.deleted.append(cluster)
        self.found[cluster]["deleted_at"] = self.clock.now
        self.point()

    def _visible(self, body: Json) -> bool:
        deleted = body.get("deleted_at")
        if deleted is not None and self.clock.now - deleted > timedelta(seconds=30) and "stuck" not in body:
            return False
        return bool(self.clock.now - body["at"] >= timedelta(seconds=self.cast_seconds))

    def _shown(self, body: Json) -> Json:
        deleted = body.get("deleted_at")
        if deleted is not None:
            age = self.clock.now - deleted
            if age < timedelta(seconds=3):
                return {**body, **self.after_build}  # the cast is on its way
            if "stuck" in body and age > timedelta(seconds=20):
                return {
                    **body,
                    "status": "DELETE_FAILED",
                    "status_reason": body["stuck"],
                    "updated_at": "later",
                }
            return {**body, "status": "DELETE_IN_PROGRESS", "updated_at": "now"}
        built = self.clock.now - body["at"] >= timedelta(seconds=self.seconds_to_build)
        return {**body, **(self.after_build if built else {"status": "CREATE_IN_PROGRESS"})}


def report(verdict: Verdict, clock: Clock) -> VerificationReport:
    """A report with one verdict."""
    unreachable = VerificationReport(
        verdict=Verdict.UNREACHABLE,
        cluster="dev",
        cluster_id="id",
        project="shop",
        asked=None,
        problem="connection refused",
        advice="wait",
        at=clock.now,
        seconds=0.1,
    )
    return dataclasses.replace(
        unreachable, verdict=verdict, nodes=3, nodes_ok=3 if verdict is Verdict.HEALTHY else 1
    )


def project_cloud(cloud: Cloud, verdicts: list[Verdict]) -> ProjectCloud:
    """A cloud in which verifications give these verdicts in turn, the last one for ever."""

    def verify(cluster: str, driver: object) -> VerificationReport:
        verdict = verdicts.pop(0) if len(verdicts) > 1 else verdicts[0]
        if verdict is Verdict.UNKNOWN:
            raise Problem("Magnum is out of reach")
        return report(verdict, cloud.clock)

    return ProjectCloud(name="xloud", magnum=cloud, verify=verify, forget=cloud.forgotten.append)
