"""Signs the head of the chain as it grows, and posts it to a channel now and then, beside the work."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.audit.signing import Keyring
from bot.problems import Problem
from storage.audit_chain import Anchor, AuditChain, Head
from storage.database import DatabaseError

log = structlog.get_logger(__name__)

EVENTS = 1_000  # after so many, or
SECONDS = 10.0  # after so long, the head is signed
LOOK = 1.0


class Notice(Protocol):
    """Where anchors are posted: returns the message's ts. Raises `Problem`."""

    def __call__(self, channel: str, head: Head, at: datetime) -> str: ...


class AuditKeeper:
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
        self._chain = chain
        self._keyring = keyring
        self._post = post
        self._anchor = anchor
        self._now = now
        self._signed: tuple[int, datetime] | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit-keeper", daemon=True)

    def start(self) -> None:
        """Begin."""
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
        position, since = self._last(now)
        due = head.position - position >= EVENTS or now - since >= timedelta(seconds=SECONDS)
        if head.position == position or not (due or force):
            return False
        self._chain.sign(self._keyring.sign(head, at=now))
        self._signed = (head.position, now)
        return True

    def _last(self, now: datetime) -> tuple[int, datetime]:
        if self._signed is None:
            found = self._chain.last_signature()
            self._signed = (found.position, found.at) if found else (0, now - timedelta(seconds=SECONDS))
        return self._signed

    def anchor(self) -> bool:
        """Post the head if an anchor is due. Raises `DatabaseError`, `Problem`."""
        channel, every = self._anchor()
        if not channel:
            return False
        head, now = self._chain.head(), self._now()
        known = self._chain.anchors()
        last = known[-1] if known else None
        if head.position == 0 or (last and (now - last.at < every or last.position == head.position)):
            return False
        ts = self._post(channel, head, now)
        self._chain.anchor(Anchor(position=head.position, hash=head.hash, channel=channel, ts=ts, at=now))
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
