"""The services of `driver list` and `driver show`."""

import dataclasses

from bot.actions.drivers import DriverList, DriverShow
from bot.actions.routes import Route, Routes
from bot.actions.service import Context
from bot.drivers.catalog import profile, profiles
from bot.drivers.profile import DriverProfile


@dataclasses.dataclass(frozen=True, kw_only=True)
class DriverComparison:
    """All drivers side by side; `one` is set if a single one was asked for."""

    profiles: tuple[DriverProfile, ...]
    one: DriverProfile | None


def list_drivers(_action: DriverList, _context: Context) -> DriverComparison:
    """Compare all drivers with each other."""
    return DriverComparison(profiles=profiles(), one=None)


def show_driver(action: DriverShow, _context: Context) -> DriverComparison:
    """Show one driver; the others are there for comparison."""
    return DriverComparison(profiles=profiles(), one=profile(action.driver))


def routes() -> Routes:
    """Return the routes of the driver actions."""
    return Routes(Route(DriverList, list_drivers), Route(DriverShow, show_driver))
