"""Who acts in a terminal: the user of this process, whatever its environment says."""

import getpass
import socket

from bot.actions.request import Person


def terminal_person() -> Person:
    """Return the user of the operating system as `terminal:<user>@<host>`."""
    user = getpass.getuser()
    return Person(id=f"terminal:{user}@{socket.gethostname()}", name=user)
