"""Signs the head of the chain as it grows, and posts it to a channel now and then, beside the work.

Every replica does both; whichever comes first has done it. A head that two replicas sign at the same
moment is signed once, an anchor is posted by one of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.audit.signatures import Keyring
from bot.common.problems import Problem
from storage.audit_chain import Anchor, AuditChain, Head
from storage.database import DatabaseError

log = structlog.get_logger(__name__)

EVENTS = 1_000  # after so many, or
SECONDS = 10.0  # after so long, the head is signed
LOOK = 1.0
AFTER_FAILURE = timedelta(minutes=5)  # before an anchor is tried again that Slack did not take


class Notice(Protocol):
    """Where anchors are posted: returns the message's ts. Raises `Problem`."""

    def __call__(self, channel: str, head: Head, at: datetime) -> str: ...


class HeadSigner:
    """A thread that looks at the head every second."""

    def __init__(
        self,
        chain: AuditChain,
        keyring: Keyring,
        *,
        post: Notice,
        anchor: Callable[[], tuple[str | None, timedelta]],
        now: Callable[[], datetime],
    ) -> None:
        """`anchor` says the channel (None: no anchors) and how often."""
        self._chain = chain
        self._keyring = keyring
        self._post = post
        self._anchor = anchor
        self._now = now
        self._signed: tuple[int, datetime] | None = None
        self._anchor_due: datetime | None = None  # None: look into the database
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit-keeper", daemon=True)

    def start(self) -> None:
        """Begin."""
        if self._keyring.current is None:
            log.warning("XK8S_AUDIT_KEY is not set: the audit chain is not signed")
        self._thread.start()

    def stop(self) -> None:
        """Sign what is there, and end."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
            self._safely(lambda: self.sign(force=True))

    def sign(self, *, force: bool = False) -> bool:
        """Sign the head if it is due. Raises `DatabaseError`."""
        if self._keyring.current is None:
            return False
        head, now = self._chain.head(), self._now()
        if not self._due(head, now, force=force):
            return False
        found = self._chain.last_signature()  # another replica's may be newer than what we know
        if found is not None:
            self._signed = (found.position, found.at)
        if not self._due(head, now, force=force):
            return False
        self._chain.sign(self._keyring.sign(head, at=now))
        self._signed = (head.position, now)
        return True

    def _due(self, head: Head, now: datetime, *, force: bool) -> bool:
        position, since = self._signed or (0, now - timedelta(seconds=SECONDS))
        late = head.position - position >= EVENTS or now - since >= timedelta(seconds=SECONDS)
        return head.position > position and (late or force)

    def anchor(self) -> bool:
        """Post the head if an anchor is due. Raises `DatabaseError`, `Problem`."""
        channel, every = self._anchor()
        now = self._now()
        if not channel or (self._anchor_due is not None and now < self._anchor_due):
            return False
        with self._chain.anchor_lock() as ours:
            return ours and self._post_anchor(channel, every, now)

    def _post_anchor(self, channel: str, every: timedelta, now: datetime) -> bool:
        head, last = self._chain.head(), self._chain.last_anchor()
        if last is not None and now - last.at < every:
            self._anchor_due = last.at + every
            return False
        if head.position == 0 or (last is not None and last.position >= head.position):
            return False
        self._anchor_due = now + min(every, AFTER_FAILURE)
        ts = self._post(channel, head, now)
        self._chain.anchor(Anchor(position=head.position, hash=head.hash, channel=channel, ts=ts, at=now))
        self._anchor_due = now + every
        return True

    def _run(self) -> None:
        while not self._ending.wait(LOOK):
            self._safely(self.sign)
            self._safely(self.anchor)

    def _safely(self, act: Callable[[], bool]) -> None:
        try:
            act()
        except DatabaseError as error:
            log.error("the audit chain's head was not signed or anchored", why=str(error))
        except Problem as problem:
            log.warning("the audit chain's head was not posted", why=problem.why, what=problem.what)
