"""One migration of a project may work at a time: the next one waits for it, and not for what it waits for."""

from __future__ import annotations

import pathlib

import pytest

from tests.e2e.migration_journey import SMALL, WORDS, Movers, migration_of, moving_house

pytestmark = pytest.mark.timeout(300)
SECOND = "migrate lab --to flannel --volumes reattach"
WAITS = "waits for its turn: 1 of 1 migration of shop is at work"


def cuts_over(movers: Movers, target: str, driver: str) -> None:
    movers.office.clicks(movers.button("Approve", f"the copy in {target}"), who="U0BO")
    movers.says(f"as planned, {driver} healthy")


def test_a_migration_waits_for_one_that_works_and_not_for_one_that_waits(tmp_path: pathlib.Path) -> None:
    settings = "migration: {per_project: 1}\n"
    with moving_house(tmp_path, sets=SMALL, settings=settings) as (office, _bots):
        movers = Movers(office)
        office.sandbox.cloud.seconds_to_build = 12.0
        movers.begins(f"{WORDS} --soak 1h")
        office.until(lambda: movers.named("dev-eu-calico"), 30)
        refused = office.types("cluster delete dev-eu-calico", who="U0EVA")
        assert "is part of the migration" in refused.text, "it is still being built"
        movers.begins(f"{SECOND} --soak 1h")
        movers.says(WAITS)
        assert WAITS in office.types("migrate list").text
        assert not movers.named("lab-flannel"), "nothing is ordered before its turn"
        office.sandbox.cloud.seconds_to_build = 0.2
        first = migration_of(movers.says("the copy in dev-eu-calico compared equal"))
        second = migration_of(movers.says("the copy in lab-flannel compared equal"))
        assert WAITS not in office.types(f"migrate show {second}").text
        cuts_over(movers, "dev-eu-calico", "calico")
        cuts_over(movers, "lab-flannel", "flannel")
        assert all("soak" in office.types(f"migrate show {migration}").text for migration in (first, second))
