"""The keys of digests of Secrets: which one made a digest can be told, so that another's is never taken for a
change.

A plain digest of a short password could be looked up, so these are keyed. All replicas have one key if it
comes from the configuration; otherwise each has its own, and what another replica digested cannot be compared
here.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac

OWN = "own:"  # how the mark of a key begins that no other replica has
_MARKED = b"xk8s-migration-key"
_LENGTH = 16


@dataclasses.dataclass(frozen=True, kw_only=True)
class DigestKeys:
    """The keys that this process has: the first makes digests, by the others older ones are checked."""

    known: tuple[bytes, ...] = dataclasses.field(repr=False)
    own: bool = False  # the first is this replica's alone

    @property
    def current(self) -> bytes:
        """The key by which digests are made."""
        return self.known[0]

    @property
    def mark(self) -> str:
        """By which its digests can be told from another key's; says nothing of the key."""
        return f"{OWN}{mark_of(self.current)}" if self.own else mark_of(self.current)

    def find(self, mark: str) -> bytes | None:
        """The key of a mark; None if it is another replica's. A plan of an older version has none: the
        current one.
        """
        if not mark:
            return self.current
        return next((key for key in self.known if mark_of(key) == mark.removeprefix(OWN)), None)


def mark_of(key: bytes) -> str:
    """The mark of a key that is shared."""
    return hmac.new(key, _MARKED, hashlib.sha256).hexdigest()[:_LENGTH]
