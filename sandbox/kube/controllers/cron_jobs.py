"""CronJobs: a Job each time the schedule is due, and no more finished Jobs than the history limits allow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox.kube.api import defaults
from sandbox.kube.api.store import Store
from sandbox.kube.controllers.controller import Controller
from sandbox.kube.controllers.cron_schedule import CronSchedule
from sandbox.kube.objects import (
    Object,
    clone,
    has_condition,
    is_live,
    key_of,
    labels_of,
    owner_reference,
    parse_time,
    status_of,
)

CATCH_UP = timedelta(days=1)  # a run that was missed longer ago is not made up for


class CronJobController(Controller):
    """Creates and prunes the Jobs of CronJobs."""

    watches = frozenset({"Job", "CronJob", "Pod"})
    waits_in_background = True

    def __init__(self, store: Store, *, clock: Callable[[], datetime]) -> None:
        super().__init__(store)
        self._clock = clock
        self._kind, self._jobs = store.registry.named("CronJob"), store.registry.named("Job")

    def reconcile(self) -> None:
        """Make one pass over the CronJobs; the next run of any is when this is due again."""
        self.next_due = None
        for cron_job in self._store.all_of(self._kind):
            if is_live(cron_job) and not cron_job["spec"].get("suspend"):
                self._reconcile(cron_job)

    def _reconcile(self, cron_job: Object) -> None:
        status, jobs = dict(status_of(cron_job)), self._store.owned(cron_job, self._jobs)
        now, schedule = self._clock(), CronSchedule.parse(cron_job["spec"]["schedule"])
        last = parse_time(status.get("lastScheduleTime") or cron_job["metadata"]["creationTimestamp"])
        due = schedule.next_after(max(last, now - CATCH_UP))
        if due is not None and due <= now:
            unfinished = any(not status_of(job).get("completionTime") for job in jobs)
            if not (unfinished and cron_job["spec"].get("concurrencyPolicy") == "Forbid"):
                self._create_job(cron_job, due)
            status["lastScheduleTime"] = self._store.now()
            due = schedule.next_after(now)
        if due is not None:
            self._wake_at(due)
        self._prune(cron_job, jobs)
        active = [_job_reference(job) for job in jobs if not has_condition(job, "Complete", "Failed")]
        status.pop("active", None)
        self._store.set_status(self._kind, cron_job, {**status, **({"active": active} if active else {})})

    def _prune(self, cron_job: Object, jobs: list[Object]) -> None:
        """Delete the oldest finished Jobs beyond the history limits."""
        limits = {"Complete": "successfulJobsHistoryLimit", "Failed": "failedJobsHistoryLimit"}
        for type_, field in limits.items():
            finished = [job for job in jobs if is_live(job) and has_condition(job, type_)]
            finished.sort(key=lambda job: (job["metadata"]["creationTimestamp"], job["metadata"]["name"]))
            for job in finished[: max(0, len(finished) - cron_job["spec"].get(field, 3))]:
                self._store.delete(self._jobs, *key_of(job))

    def _create_job(self, cron_job: Object, due: datetime) -> None:
        namespace, name = key_of(cron_job)
        name = f"{name}-{int(due.timestamp()) // 60}"
        if self._store.has(self._jobs, namespace, name):
            return
        template = cron_job["spec"]["jobTemplate"]
        job: Object = {
            "metadata": {
                "name": name,
                "namespace": namespace,
                "ownerReferences": [owner_reference(cron_job)],
                "labels": dict(labels_of({"metadata": {}, **template})),
            },
            "spec": clone(template["spec"]),
        }
        defaults.fill(self._jobs, job)
        self._store.create(self._jobs, job)


def _job_reference(job: Object) -> Object:
    metadata = job["metadata"]
    return {
        "kind": "Job",
        "apiVersion": "batch/v1",
        **{field: metadata[field] for field in ("name", "namespace", "uid")},
    }
