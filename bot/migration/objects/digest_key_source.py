"""Where the keys of digests of Secrets come from: `XK8S_AUDIT_KEY`, or a file in the data folder of this
replica.
"""

from __future__ import annotations

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
    """The keys that this process has. By an old audit key, or the own one of before, plans of that time
    are checked.
    """
    given = settings.audit_key.get_secret_value() if settings.audit_key else ""
    shared = [part.strip().encode() for part in given.split(",") if part.strip()]
    path = settings.data_dir / FILE
    own = [] if shared and not path.exists() else [_own_key(path)]
    known = tuple(hmac.new(key, CONTEXT, hashlib.sha256).digest() for key in (*shared, *own))
    return DigestKeys(known=known, own=not shared)


def _own_key(path: Path) -> bytes:
    """Made once, whichever process is first; readable by the bot alone."""
    if not path.exists():
        temporary = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(32))
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)  # never over one that another process has just made
        temporary.unlink()
    return path.read_bytes()
