"""The database of the process: opened, brought to this version's schema, and checked for shared keys."""

from bot.common.problems import Problem
from bot.settings import Settings
from bot.settings.holder import SettingsHolder
from storage.database import Database, DatabaseError


class NoDatabase(Problem):
    """The database cannot be opened."""


def open_database(holder: SettingsHolder) -> Database:
    """Open the database and bring it to this version's schema. Raises `NoDatabase`."""
    folder = holder.now.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        database = Database.open(holder.now.database.get_secret_value())
        database.upgrade()
    except (DatabaseError, OSError) as error:
        raise NoDatabase(
            "The database cannot be opened",
            why=str(error),
            fix=(
                "Check XK8S_DATABASE_URL and XK8S_DATA_DIR; a new version's schema is made by `xk8s db"
                " upgrade`."
            ),
        ) from error
    return database


def unshared_key(settings: Settings, database: Database) -> str:
    """Return what it means that the replicas have no key in common; empty if they have one, or there can be
    only one replica (SQLite).
    """
    if settings.audit_key or database.dialect == "sqlite":
        return ""
    return (
        "XK8S_AUDIT_KEY is not set: the audit chain is not signed, and a migration that another replica takes"
        " over pauses if a Secret was written meanwhile; set one key for all replicas (`openssl rand -hex"
        " 32`)"
    )
