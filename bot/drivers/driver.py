"""The type of a driver's name.

Names are plain strings wherever they are stored (database, JSON, audit log), so that a record of a driver
whose plug-in was removed can still be read. Which names are valid is known to `bot.drivers.catalog` alone.
"""

from typing import NewType

Driver = NewType("Driver", str)
