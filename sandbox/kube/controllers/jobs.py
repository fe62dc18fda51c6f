"""Jobs: pods until enough of them have succeeded, or too many have failed."""

from __future__ import annotations

from sandbox.kube.api.store import Store
from sandbox.kube.controllers.controller import Controller
from sandbox.kube.controllers.pods import PodControl
from sandbox.kube.objects import Object, has_condition, is_live, phase_of, status_of


class JobController(Controller):
    """Creates and deletes the pods of Jobs."""

    watches = frozenset({"Job", "CronJob", "Pod"})

    def __init__(self, store: Store, pods: PodControl) -> None:
        super().__init__(store)
        self._kind = store.registry.named("Job")
        self._pods = pods

    def reconcile(self) -> None:
        """Make one pass over the Jobs that have not ended."""
        for job in self._store.all_of(self._kind):
            if is_live(job) and not has_condition(job, "Complete", "Failed"):
                self._store.set_status(self._kind, job, self._reconcile(job))

    def _reconcile(self, job: Object) -> Object:
        """Create or delete pods, and return the new status."""
        spec, pods = job["spec"], self._pods.owned_by(job)
        phases = [phase_of(pod) for pod in pods]
        succeeded, failed = phases.count("Succeeded"), phases.count("Failed")
        active = [pod for pod in pods if is_live(pod) and phase_of(pod) in ("Pending", "Running")]
        start = status_of(job).get("startTime", self._store.now())
        status: Object = {"startTime": start, "succeeded": succeeded, "failed": failed}
        if spec.get("suspend"):
            for pod in active:
                self._pods.delete(pod)
            status["conditions"] = [self._condition("Suspended", "JobSuspended", "Job suspended")]
        elif succeeded >= spec["completions"]:
            status["completionTime"] = self._store.now()
            status["conditions"] = [self._condition("Complete")]
        elif failed > spec["backoffLimit"]:
            message = "Job has reached the specified backoff limit"
            status["conditions"] = [self._condition("Failed", "BackoffLimitExceeded", message)]
        else:
            desired = min(spec["parallelism"], spec["completions"] - succeeded)
            for _ in range(desired - len(active)):
                self._pods.create(job)
            status |= {"active": desired, "ready": sum(phase_of(pod) == "Running" for pod in active)}
        return status

    def _condition(self, type_: str, reason: str = "", message: str = "") -> Object:
        now = self._store.now()
        why = {"reason": reason, "message": message} if reason else {}
        return {"type": type_, "status": "True", "lastProbeTime": now, "lastTransitionTime": now, **why}
