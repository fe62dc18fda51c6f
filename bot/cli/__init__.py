"""The `xk8s` command. Each subcommand imports what it needs when it runs, so that starting is quick."""

from bot.cli.main import main

__all__ = ["main"]
