"""Reads the keys of the digests of Secrets: from `XK8S_AUDIT_KEY`, or from a file of this replica."""

import contextlib
import hashlib
import hmac
import os
from pathlib import Path

from bot.migration.objects.digest_keys import DigestKeys
from bot.settings import Settings

CONTEXT = b"xk8s-migration-digests"
FILE = "migration-key"  # in the data folder


def digest_keys(settings: Settings) -> DigestKeys:
    """Return the keys that this process has, and create the replica's own if the configuration has none.

    Plans that were made with an older audit key, or with the own key of before, are still checked with it.
    """
    configured = settings.audit_key.get_secret_value() if settings.audit_key else ""
    shared = [part.strip().encode() for part in configured.split(",") if part.strip()]
    path = settings.data_dir / FILE
    replica = [] if shared and not path.exists() else [_own_key(path)]
    keys = tuple(hmac.new(key, CONTEXT, hashlib.sha256).digest() for key in (*shared, *replica))
    return DigestKeys(keys=keys, per_replica=not shared)


def _own_key(path: Path) -> bytes:
    """Read the replica's key, which whichever process is first creates for the bot's user alone."""
    if not path.exists():
        temporary = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(32))
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)  # unlike a rename it never replaces another process's key
        temporary.unlink()
    return path.read_bytes()
