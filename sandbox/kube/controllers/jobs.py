"""Jobs: pods until enough have succeeded, or too many have failed. CronJobs: a Job each time it is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox.kube.api import defaults
from sandbox.kube.api.store import Store
from sandbox.kube.api.writes import Writer
from sandbox.kube.controllers.owned_pods import Object, Pods, is_live, reference
from sandbox.kube.controllers.schedule import Schedule


class Jobs:
    """The controllers of Jobs and CronJobs."""

    watches = frozenset({"Job", "CronJob", "Pod"})
    patient = True

    def __init__(self, store: Store, writer: Writer, *, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._jobs, self._cron_jobs = store.registry.named("Job"), store.registry.named("CronJob")
        self._writer = writer
        self._pods = Pods(store, writer)
        self.next_due: datetime | None = None

    def sync(self) -> None:
        """Look at every Job and CronJob once; `next_due` is when the next CronJob is due."""
        self.next_due = None
        for cron_job in self._store.all_of(self._cron_jobs):
            if is_live(cron_job):
                self._cron_job(cron_job)
        for job in self._store.all_of(self._jobs):
            if is_live(job):
                self._job(job)

    def _job(self, job: Object) -> None:
        spec, status = job["spec"], job.get("status") or {}
        if any(
            c["type"] in ("Complete", "Failed") and c["status"] == "True"
            for c in status.get("conditions", [])
        ):
            return
        pods = self._pods.of(job)
        succeeded = sum(pod.get("status", {}).get("phase") == "Succeeded" for pod in pods)
        failed = sum(pod.get("status", {}).get("phase") == "Failed" for pod in pods)
        active = [
            pod
            for pod in pods
            if is_live(pod) and pod.get("status", {}).get("phase") in ("Pending", "Running")
        ]
        made: Object = {
            "startTime": status.get("startTime", self._store.now()),
            "succeeded": succeeded,
            "failed": failed,
        }
        if spec.get("suspend"):
            for pod in active:
                self._pods.delete(pod)
            made["conditions"] = [self._condition("Suspended", "JobSuspended", "Job suspended")]
        elif succeeded >= spec["completions"]:
            made |= {"completionTime": self._store.now(), "conditions": [self._condition("Complete", "", "")]}
        elif failed > spec["backoffLimit"]:
            message = "Job has reached the specified backoff limit"
            made["conditions"] = [self._condition("Failed", "BackoffLimitExceeded", message)]
        else:
            wanted = min(spec["parallelism"], spec["completions"] - succeeded)
            for _ in range(wanted - len(active)):
                self._pods.make(job)
            made |= {"active": wanted, "ready": sum(pod["status"]["phase"] == "Running" for pod in active)}
        self._pods.report(self._jobs, job, made)

    def _condition(self, kind: str, reason: str, message: str) -> Object:
        now = self._store.now()
        said = {"reason": reason, "message": message} if reason else {}
        return {"type": kind, "status": "True", "lastProbeTime": now, "lastTransitionTime": now, **said}

    def _cron_job(self, cron_job: Object) -> None:
        spec, status = cron_job["spec"], dict(cron_job.get("status") or {})
        jobs = self._store.owned(cron_job, self._jobs)
        if spec.get("suspend"):
            return
        last = _time(
            status.get("lastScheduleTime") or cron_job["metadata"]["creationTimestamp"], self._clock()
        )
        due = Schedule.parse(spec["schedule"]).next_after(last)
        if due is not None and due <= self._clock():
            running = [job for job in jobs if not (job.get("status") or {}).get("completionTime")]
            if not (running and spec.get("concurrencyPolicy") == "Forbid"):
                self._start(cron_job, due)
            status["lastScheduleTime"] = self._store.now()
            due = Schedule.parse(spec["schedule"]).next_after(self._clock())
        if due is not None:
            self.next_due = due if self.next_due is None else min(self.next_due, due)
        self._prune(cron_job, jobs)
        active = [job for job in jobs if not _over(job)]
        status["active"] = [
            {
                "kind": "Job",
                "apiVersion": "batch/v1",
                "name": j["metadata"]["name"],
                "namespace": j["metadata"]["namespace"],
                "uid": j["metadata"]["uid"],
            }
            for j in active
        ]
        if not status["active"]:
            del status["active"]
        self._pods.report(self._cron_jobs, cron_job, status)

    def _prune(self, cron_job: Object, jobs: list[Object]) -> None:
        """Only so many finished Jobs are kept."""
        for kind, field in (("Complete", "successfulJobsHistoryLimit"), ("Failed", "failedJobsHistoryLimit")):
            over = [job for job in jobs if _over(job) == kind and is_live(job)]
            over.sort(
                key=lambda job: str(job["metadata"]["creationTimestamp"]) + str(job["metadata"]["name"])
            )
            keep = cron_job["spec"].get(field, 3)
            for job in over[: max(0, len(over) - keep)]:
                self._store.delete(self._jobs, job["metadata"]["namespace"], job["metadata"]["name"])

    def _start(self, cron_job: Object, due: datetime) -> None:
        template = cron_job["spec"]["jobTemplate"]
        name = f"{cron_job['metadata']['name']}-{int(due.timestamp()) // 60}"
        namespace = cron_job["metadata"]["namespace"]
        if self._store.has(self._jobs, namespace, name):
            return
        metadata = {
            "name": name,
            "namespace": namespace,
            "ownerReferences": [reference(cron_job)],
            "labels": dict((template.get("metadata") or {}).get("labels") or {}),
        }
        made: Object = {"metadata": metadata, "spec": _copied(template["spec"])}
        defaults.fill(self._jobs, made)
        self._store.create(self._jobs, made)


def _over(job: Object) -> str:
    """`Complete` or `Failed` once a Job has ended."""
    for condition in (job.get("status") or {}).get("conditions", []):
        if condition["type"] in ("Complete", "Failed") and condition["status"] == "True":
            return str(condition["type"])
    return ""


def _copied(spec: Object) -> Object:
    template = spec["template"]
    metadata = template.get("metadata") or {}
    fresh = {**template, "metadata": {**metadata, "labels": dict(metadata.get("labels") or {})}}
    return {**spec, "template": {**fresh, "spec": dict(template["spec"])}}


def _time(said: str, now: datetime) -> datetime:
    at = datetime.strptime(said, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=now.tzinfo)
    return max(at, now - timedelta(days=1))  # what was missed longer ago is not made up for
