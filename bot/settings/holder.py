"""The settings in force: read again on SIGHUP, and a bad file leaves the old ones in force, loudly."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from bot.settings.environment import Settings
from bot.settings.loader import SettingsError

log = structlog.get_logger(__name__)


class SettingsHolder:
    """Holds the settings in force; whoever needs them asks each time."""

    def __init__(self, settings: Settings, *, read: Callable[[], Settings]) -> None:
        self._settings = settings
        self._read = read

    @property
    def now(self) -> Settings:
        """The settings in force."""
        return self._settings

    def reload(self) -> bool:
        """Read them again; False, and a logged error, if they cannot be used."""
        try:
            self._settings = self._read()
        except SettingsError as error:
            log.error("configuration refused, the old one stays in force", what=error.what, why=error.why)
            return False
        log.info("configuration read again", projects=sorted(self._settings.configuration.projects))
        return True
