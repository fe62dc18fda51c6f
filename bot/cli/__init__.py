"""The `xk8s` command: a module a subcommand, imported when it runs."""

from bot.cli.main import main

__all__ = ["main"]
