"""Which driver really runs in a cluster: what its DaemonSets show, never what a template promised."""

import dataclasses
from collections.abc import Iterable, Sequence

from bot.adapters.kube.objects import DaemonSet
from bot.drivers.catalog import profile, profiles
from bot.drivers.driver import Driver
from bot.drivers.facts import ClusterFacts, Finding, error
from bot.drivers.profile import DriverProfile


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunningDriver:
    """A driver and the DaemonSet that it runs as."""

    profile: DriverProfile
    daemon_set: DaemonSet


def running_drivers(daemon_sets: Sequence[DaemonSet]) -> tuple[RunningDriver, ...]:
    """Return every driver whose DaemonSet exists, in any namespace; more than one is a conflict.

    A DaemonSet that combines two drivers, such as `canal`, counts for both.
    """
    running = []
    for candidate in profiles():
        own_sets = [daemon_set for daemon_set in daemon_sets if _runs(candidate, daemon_set)]
        if own_sets:
            running.append(RunningDriver(profile=candidate, daemon_set=own_sets[0]))
    return tuple(running)


def _runs(profile: DriverProfile, daemon_set: DaemonSet) -> bool:
    labelled = profile.pod_labels.items() <= daemon_set.pod_labels.items()
    return labelled or profile.container in daemon_set.containers


def mismatch(cluster: str, driver: Driver | None, running: str) -> Finding:
    """Describe that a cluster does not run the driver that was asked for, or, if `running` is empty, none."""
    if driver is None or not running:
        detail = "no namespace has a DaemonSet of a driver that I know"
        return error("no network driver runs", detail, advice=f"/xk8s diagnose {cluster}")
    return error(
        f"{cluster} runs {running}, not {driver}",
        f"its DaemonSets are those of {running}; a driver cannot be changed after deployment",
        advice=(
            f"/xk8s verify {running} {cluster}   to move to {profile(driver).title}:"
            f" /xk8s migrate {cluster} --to {driver}"
        ),
    )


def conflict(facts: ClusterFacts, running: Sequence[RunningDriver]) -> Iterable[Finding]:
    """Find that more than one driver runs."""
    if len(running) > 1:
        detail = f"DaemonSets of {' and '.join(driver.profile.driver for driver in running)} are there"
        yield error("two network drivers run", detail, advice=facts.diagnose())
