"""`xk8s db upgrade | grants`: the schema of the database, and on PostgreSQL the rights of its roles."""

import click

from bot.adapters.durable import system_database
from bot.app import logs
from bot.app.configuration import load
from bot.app.database import open_database
from bot.common.problems import Problem, Refusal
from bot.common.redaction import Redactor
from bot.settings.holder import SettingsHolder
from storage.database import DatabaseError
from storage.grants import grant, statements


class NotGranted(Problem):
    """PostgreSQL did not give the roles their rights."""


def upgrade(redactor: Redactor, *, application: str | None, retention: str | None) -> None:
    """Upgrade, give the roles their rights if they are named, and print the version of the schema. Raises
    `Problem`.
    """
    logs.configure(level=30, redactor=redactor)
    holder = SettingsHolder(load(), read=load)
    redactor.learn_all(holder.now)
    database = open_database(holder)
    try:
        if application is not None:
            grant(database, application=application, retention=retention)
        elif retention is not None:
            raise _no_application()
        system_database.upgrade(holder.now.database.get_secret_value(), application=application)
        click.echo(f"the database is at {database.version()}")
    except ValueError as error:
        raise Refusal(str(error)) from None
    except DatabaseError as error:
        raise NotGranted(
            "The roles did not get their rights",
            why=str(error),
            fix="Say it with the URL of the tables' owner in XK8S_DATABASE_URL; the roles must exist.",
        ) from error
    finally:
        database.dispose()


def grants(*, application: str | None, retention: str | None) -> None:
    """Print the SQL that gives the roles their rights. Raises `Refusal`."""
    if application is None:
        raise _no_application()
    try:
        sql = [
            *statements(application=application, retention=retention),
            *system_database.grants(application),
        ]
    except ValueError as error:
        raise Refusal(str(error)) from None
    for statement in sql:
        click.echo(f"{statement};")


def _no_application() -> Refusal:
    return Refusal("Which role does the bot serve under?", fix="Name it: `--application xk8s_app`.")
