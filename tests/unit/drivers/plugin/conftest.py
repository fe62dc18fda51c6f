"""The fixtures of this folder."""

from tests.unit.drivers.plugin.package import installer

__all__ = ["installer"]
