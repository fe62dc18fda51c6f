"""Signs heads of the chain with keys that never reach the database; only a key's id is stored.

`XK8S_AUDIT_KEY` holds one key, or several separated by commas: the first signs, all verify. So a key is
rotated by putting the new one in front, and the old one is kept for as long as its signatures are.
"""

import hashlib
import hmac
from datetime import datetime

from pydantic import SecretStr

from bot.common.problems import Refusal
from storage.audit_chain import Head, Seal, Signature
from storage.models import stamp

SHORTEST_KEY = 32  # characters


class WeakAuditKey(Refusal):
    """A key of `XK8S_AUDIT_KEY` is too short to sign with."""


class Keyring:
    """The keys that sign heads and verify signatures."""

    def __init__(self, keys: SecretStr | None) -> None:
        """Take `XK8S_AUDIT_KEY`. Raises `WeakAuditKey`."""
        secrets = [part.strip() for part in keys.get_secret_value().split(",")] if keys else []
        if any(len(key) < SHORTEST_KEY for key in secrets):
            raise WeakAuditKey(
                f"XK8S_AUDIT_KEY holds a key of less than {SHORTEST_KEY} characters",
                fix="Make one: `openssl rand -hex 32`.",
            )
        self._keys = {_id(key): key for key in secrets}
        self.current: str | None = next(iter(self._keys), None)  # the id of the key that signs

    def sign(self, head: Head, *, at: datetime) -> Signature:
        """Sign a head with the first key. Raises `ValueError` without one."""
        if self.current is None:
            raise ValueError("there is no key")
        mac = _mac(self._keys[self.current], _head(head, at))
        return Signature(position=head.position, hash=head.hash, at=at, key=self.current, signature=mac)

    def seal(self, head: Head, *, at: datetime, file_digest: str) -> Seal:
        """Sign that a file of this SHA-256 has the events up to a head. Raises `ValueError` without a key."""
        if self.current is None:
            raise ValueError("there is no key")
        mac = _mac(self._keys[self.current], _seal(head, at, file_digest))
        return Seal(
            position=head.position,
            hash=head.hash,
            at=at,
            file_digest=file_digest,
            key=self.current,
            signature=mac,
        )

    def check(self, signature: Signature) -> bool | None:
        """Return whether a signature is by the key it names; None if that key is not here."""
        return self._check(signature.key, signature.signature, _head(signature, signature.at))

    def check_seal(self, seal: Seal) -> bool | None:
        """Return whether a seal is by the key it names; None if that key is not here."""
        return self._check(seal.key, seal.signature, _seal(seal, seal.at, seal.file_digest))

    def _check(self, key: str, signature: str, message: str) -> bool | None:
        secret = self._keys.get(key)
        return (
            None
            if secret is None
            else hmac.compare_digest(_mac(secret, message).encode(), signature.encode())
        )


def _id(key: str) -> str:
    return hashlib.sha256(f"xk8s-audit-key:{key}".encode()).hexdigest()[:12]


def _head(head: Head, at: datetime) -> str:
    return f"xk8s-audit-head:{head.position}:{head.hash}:{stamp(at)}"


def _seal(head: Head, at: datetime, file_digest: str) -> str:
    return f"xk8s-audit-seal:{head.position}:{head.hash}:{stamp(at)}:{file_digest}"


def _mac(key: str, message: str) -> str:
    return hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()
