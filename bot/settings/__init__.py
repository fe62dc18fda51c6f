"""The one settings model: the environment, and the YAML file it names."""

from bot.settings.environment import Settings
from bot.settings.file import Configuration
from bot.settings.loader import SettingsError, load

__all__ = ["Configuration", "Settings", "SettingsError", "load"]
