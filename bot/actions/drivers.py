"""Looking at the driver catalogue."""

from __future__ import annotations

from typing import Annotated

from bot.actions import values
from bot.actions.action import Action
from bot.actions.parameters import Argument
from bot.drivers.driver import Driver


class DriverList(Action):
    """All drivers side by side."""

    name = "driver.list"
    path = ("driver", "list")
    summary = "the network drivers side by side"
    example = "driver list"


class DriverShow(Action):
    """One driver."""

    name = "driver.show"
    path = ("driver", "show")
    summary = "what one driver can do, and what it cannot"
    example = "driver show calico"
    target_field = "driver"
    driver: Annotated[Driver, Argument("DRIVER", values.driver)]
