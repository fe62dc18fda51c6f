"""Which driver runs is what the DaemonSets show."""

from __future__ import annotations

from bot.drivers.driver import Driver
from bot.drivers.verification import detection
from tests.unit.drivers.builders import daemon_set, facts, lines

CALICO, FLANNEL = Driver("calico"), Driver("flannel")


def drivers(*daemon_sets: object) -> list[str]:
    running = detection.running_drivers(daemon_sets)  # type: ignore[arg-type]
    return [driver.profile.driver for driver in running]


def test_a_driver_is_found_by_its_pod_labels_whatever_it_is_called() -> None:
    renamed = daemon_set("our-network", labels={"k8s-app": "calico-node", "tier": "node"})
    assert drivers(daemon_set("kube-proxy"), renamed) == ["calico"]


def test_a_driver_is_found_by_its_container_whatever_its_labels_are() -> None:
    assert drivers(daemon_set("kube-flannel")) == ["flannel"]


def test_a_daemon_set_of_two_drivers_counts_for_both() -> None:
    canal = daemon_set("kube-flannel", labels={"k8s-app": "calico-node"})
    assert drivers(canal) == ["calico", "flannel"]


def test_no_daemon_set_is_no_driver() -> None:
    assert drivers(daemon_set("node-exporter")) == []


def test_another_driver_is_told_with_the_two_ways_to_go_on() -> None:
    finding = detection.mismatch("dev-eu", CALICO, "flannel")
    assert finding.title == "dev-eu runs flannel, not calico"
    assert finding.advice == (
        "/xk8s verify flannel dev-eu   to move to Calico: /xk8s migrate dev-eu --to calico"
    )


def test_no_driver_at_all_is_told_whichever_was_asked_for() -> None:
    for driver in (None, CALICO, FLANNEL):
        assert detection.mismatch("dev-eu", driver, "").title == "no network driver runs"


def test_two_drivers_are_a_conflict_and_one_is_not() -> None:
    both = detection.running_drivers([daemon_set("calico-node"), daemon_set("kube-flannel")])
    assert lines(detection.conflict(facts(), both)) == [
        "error two network drivers run [] DaemonSets of calico and flannel are there"
    ]
    assert not list(detection.conflict(facts(), both[:1]))
