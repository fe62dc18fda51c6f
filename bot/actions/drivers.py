"""The actions on the driver catalogue."""

from typing import Annotated

from bot.actions import values
from bot.actions.action import Action
from bot.actions.parameters import Argument
from bot.drivers.driver import Driver


class DriverList(Action):
    """The network drivers side by side."""

    name = "driver.list"
    example = "driver list"


class DriverShow(Action):
    """What one driver can do, and what it cannot."""

    name = "driver.show"
    example = "driver show calico"
    target_field = "driver"
    driver: Annotated[Driver, Argument("DRIVER", values.driver)]
