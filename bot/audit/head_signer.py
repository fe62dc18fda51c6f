"""Signs the head of the chain as it grows, and posts it to a channel now and then, beside the work.

Every replica does both; whichever comes first has done it. A head that two replicas sign at the same moment
is signed once, and an anchor is posted by one of them.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from bot.audit.signatures import Keyring
from storage.audit_chain import Anchor, AuditChain, Head

EVENTS = 1_000  # after so many, or
SECONDS = 10.0  # after so long, the head is signed
RETRY_ANCHOR = timedelta(minutes=5)  # after an anchor that Slack did not take


class PostAnchor(Protocol):
    """Posts a head to a channel and returns the message's ts. Raises `Problem`."""

    def __call__(self, channel: str, head: Head, at: datetime) -> str: ...


class HeadSigner:
    """Knows when the head is to be signed, and when it is to be posted."""

    def __init__(
        self,
        chain: AuditChain,
        keyring: Keyring,
        *,
        post: PostAnchor,
        anchor: Callable[[], tuple[str | None, timedelta]],
        now: Callable[[], datetime],
    ) -> None:
        """`anchor` says the channel (None: no anchors) and how often."""
        self._chain = chain
        self._keyring = keyring
        self._post = post
        self._anchor_settings = anchor
        self._now = now
        self._signed: tuple[int, datetime] | None = None
        self._anchor_due: datetime | None = None  # None: look into the database

    def sign(self, *, force: bool = False) -> bool:
        """Sign the head if it is due, or with `force` if it has grown; return whether it was signed.

        Raises `DatabaseError`.
        """
        if self._keyring.current is None:
            return False
        head, now = self._chain.head(), self._now()
        if not self._due(head, now, force=force):
            return False
        signature = self._chain.last_signature()  # another replica's may be newer than what we know
        if signature is not None:
            self._signed = (signature.position, signature.at)
        if not self._due(head, now, force=force):
            return False
        self._chain.store_signature(self._keyring.sign(head, at=now))
        self._signed = (head.position, now)
        return True

    def anchor(self) -> bool:
        """Post the head if an anchor is due; return whether it was posted. Raises `DatabaseError` and
        `Problem`.
        """
        channel, every = self._anchor_settings()
        now = self._now()
        if not channel or (self._anchor_due is not None and now < self._anchor_due):
            return False
        with self._chain.anchor_lock() as locked:
            return locked and self._post_anchor(channel, every, now)

    def _due(self, head: Head, now: datetime, *, force: bool) -> bool:
        position, since = self._signed or (0, now - timedelta(seconds=SECONDS))
        late = head.position - position >= EVENTS or now - since >= timedelta(seconds=SECONDS)
        return head.position > position and (late or force)

    def _post_anchor(self, channel: str, every: timedelta, now: datetime) -> bool:
        head, last = self._chain.head(), self._chain.last_anchor()
        if last is not None and now - last.at < every:
            self._anchor_due = last.at + every
            return False
        if head.position == 0 or (last is not None and last.position >= head.position):
            return False
        self._anchor_due = now + min(every, RETRY_ANCHOR)
        ts = self._post(channel, head, now)
        self._chain.store_anchor(
            Anchor(position=head.position, hash=head.hash, channel=channel, ts=ts, at=now)
        )
        self._anchor_due = now + every
        return True
