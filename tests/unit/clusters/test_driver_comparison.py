"""`driver list` and `driver show`."""

from __future__ import annotations

from bot.actions.drivers import DriverList, DriverShow
from bot.clusters.driver_comparison import list_drivers, show_driver
from bot.drivers.catalog import profiles
from bot.drivers.driver import Driver
from tests.unit.clusters.fakes import context


def test_all_drivers_are_compared_and_one_is_shown_among_them() -> None:
    assert list_drivers(DriverList(), context()).one is None
    comparison = show_driver(DriverShow(driver=Driver("flannel")), context())
    assert comparison.profiles == profiles()
    assert comparison.one is not None and comparison.one.title == "Flannel"
