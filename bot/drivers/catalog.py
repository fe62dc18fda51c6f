"""The drivers there are."""

from __future__ import annotations

from bot.drivers.calico.profile import CALICO
from bot.drivers.driver import Driver
from bot.drivers.flannel.profile import FLANNEL
from bot.drivers.profile import DriverProfile

_PROFILES = {profile.driver: profile for profile in (CALICO, FLANNEL)}


def profile(driver: Driver) -> DriverProfile:
    """One driver's profile."""
    return _PROFILES[driver]


def profiles() -> tuple[DriverProfile, ...]:
    """All drivers, the one for production first."""
    return tuple(_PROFILES.values())
