"""The keys of the digests of Secrets, each with a mark that identifies it.

All replicas share one key if the configuration gives it; otherwise each has its own, and what another replica
digested cannot be compared here. The mark keeps such a digest from being taken for a change.
"""

import dataclasses
import hashlib
import hmac

OWN = "own:"  # the prefix of the mark of a key that no other replica has
_MARKED = b"xk8s-migration-key"
_LENGTH = 16


@dataclasses.dataclass(frozen=True, kw_only=True)
class DigestKeys:
    """The keys that this process has: the first makes digests, the others check older ones.

    `per_replica` says that the first belongs to this replica alone.
    """

    keys: tuple[bytes, ...] = dataclasses.field(repr=False)
    per_replica: bool = False

    @property
    def current(self) -> bytes:
        """The key with which new digests are made."""
        return self.keys[0]

    @property
    def mark(self) -> str:
        """The mark of the current key, which a plan stores and which reveals nothing of the key itself."""
        return f"{OWN}{mark_of(self.current)}" if self.per_replica else mark_of(self.current)

    def find(self, mark: str) -> bytes | None:
        """Return the key with a mark, or None if it is another replica's.

        A plan of an older version has no mark: it was made with the current key.
        """
        if not mark:
            return self.current
        return next((key for key in self.keys if mark_of(key) == mark.removeprefix(OWN)), None)


def mark_of(key: bytes) -> str:
    """Return the mark of a key that all replicas share."""
    return hmac.new(key, _MARKED, hashlib.sha256).hexdigest()[:_LENGTH]
