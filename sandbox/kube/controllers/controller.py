"""The base of all controllers."""

from __future__ import annotations

from datetime import datetime

from sandbox.kube.api.store import Store


class Controller:
    """Reconciles the objects of some kinds.

    `watches` names the kinds whose changes call for a pass; None stands for every kind. `next_due` is the
    moment at which time alone calls for one. A cluster counts as settled while a controller that
    `waits_in_background` waits for that moment, as for the next run of a CronJob.
    """

    watches: frozenset[str] | None = None
    waits_in_background = False

    def __init__(self, store: Store) -> None:
        self._store = store
        self.next_due: datetime | None = None

    def reconcile(self) -> None:
        """Make one pass over all objects."""
        raise NotImplementedError

    def _wake_at(self, moment: datetime) -> None:
        self.next_due = moment if self.next_due is None else min(self.next_due, moment)
