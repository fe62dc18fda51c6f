"""What Magnum says of a failure, short enough for a message."""

from __future__ import annotations

from bot.clusters.lifecycle.magnum_status import LONGEST_FAULT, failure_of, status_of


def test_a_failure_has_its_reason_and_its_faults_one_a_line() -> None:
    body = {
        "status": "CREATE_FAILED",
        "status_reason": "master failed",
        "faults": {"master": "No\n valid host"},
    }
    assert failure_of(body) == "CREATE_FAILED: master failed\nmaster: No valid host"


def test_magnum_may_give_no_reason_and_too_many_faults() -> None:
    faults = {f"node-{number}": "x" * 1_000 for number in range(9)}
    first, *rest = failure_of({"status": "DELETE_FAILED", "faults": faults}).splitlines()
    assert first == "DELETE_FAILED: Magnum gives no reason"
    assert len(rest) == 6 and all(len(line) == len("node-0: ") + LONGEST_FAULT for line in rest)
    assert rest[0].endswith("…")


def test_a_cluster_of_which_nothing_is_known_has_no_status() -> None:
    assert status_of({}) == "" and status_of({"status": None}) == ""
