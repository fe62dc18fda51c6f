"""Reads the settings of a process; the configuration may name any driver that is installed."""

from collections.abc import Mapping

from bot.drivers import catalog
from bot.settings import Settings, loader


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the environment (by default the process's) and the file that it names. Raises `SettingsError`."""
    return loader.load(environment, drivers=catalog.names())
