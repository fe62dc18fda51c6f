"""The settings: one model of the environment and of the YAML file that it names. Imports no other room."""

from bot.settings.configuration import Configuration
from bot.settings.environment import Settings
from bot.settings.loader import SettingsError, load

__all__ = ["Configuration", "Settings", "SettingsError", "load"]
