"""Which driver really runs: what the DaemonSets show, never what a template promised."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from bot.adapters.kube.objects import DaemonSet
from bot.drivers.catalog import profiles
from bot.drivers.profile import DriverProfile


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunningDriver:
    """One driver's DaemonSet."""

    profile: DriverProfile
    daemon_set: DaemonSet


def running_drivers(daemon_sets: Iterable[DaemonSet]) -> tuple[RunningDriver, ...]:
    """Every driver whose DaemonSet is there, in any namespace; more than one is a conflict.

    `canal` (Calico's policies over Flannel's network) shows as both in one DaemonSet.
    """
    found = []
    for profile in profiles():
        for daemon_set in daemon_sets:
            labelled = profile.pod_labels.items() <= daemon_set.pod_labels.items()
            if labelled or profile.container in daemon_set.containers:
                found.append(RunningDriver(profile=profile, daemon_set=daemon_set))
                break
    return tuple(found)
