"""The settings in force. SIGHUP reads them again; a bad file is logged and leaves the old ones in force."""

from collections.abc import Callable

import structlog

from bot.settings.environment import Settings
from bot.settings.loader import SettingsError

log = structlog.get_logger(__name__)


class SettingsHolder:
    """Holds the settings in force. Ask it each time: what was read earlier may be replaced."""

    def __init__(self, settings: Settings, *, read: Callable[[], Settings]) -> None:
        self._settings = settings
        self._read = read

    @property
    def now(self) -> Settings:
        """The settings that are in force now."""
        return self._settings

    def reload(self) -> bool:
        """Read the settings again; return False, after logging why, if they cannot be used."""
        try:
            self._settings = self._read()
        except SettingsError as error:
            log.error("configuration refused, the old one stays in force", what=error.what, why=error.why)
            return False
        log.info("configuration read again", projects=sorted(self._settings.configuration.projects))
        return True
