"""Verifies the chain of the audit log: every link, every signed head, and where the chain begins and ends.

What this finds: an event that was changed, dropped, put in or swapped before the last signed head, and a
signed head that is gone. What it cannot find by itself: a tail that was cut after the last signed head
(an anchor in a channel shows that), and, without the key, a chain that was computed anew from some event on.

Links and signatures come as streams in the order of their positions: memory does not grow with their number.
"""

import dataclasses
import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from bot.audit.signatures import Keyring
from storage.audit_chain import Head, Signature
from storage.audit_links import Link

NEVER = -1  # no position: nothing more is to be checked


@dataclasses.dataclass(frozen=True, kw_only=True)
class Break:
    """The first thing that is wrong: at which position, and what."""

    position: int
    what: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class AnchorCheck:
    """One head that stands in a channel, compared with the chain."""

    position: int
    holds: bool
    what: str = ""
    at: datetime | None = None  # when it was posted, where that is known


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChainReport:
    """The result of following the chain; `broken` None means that every link holds."""

    events: int
    begins_after: int  # 0, or the position up to which events were sealed into a file
    last: int
    broken: Break | None
    signed: Signature | None  # the newest head whose signature was checked
    unknown_keys: tuple[str, ...]  # of signatures that could not be checked
    keys: bool  # whether there is a key to check with
    anchors: tuple[AnchorCheck, ...] | None = None  # None: not asked for
    seconds: float = 0.0

    @property
    def unsigned(self) -> int:
        """Events after the newest signed head."""
        return self.last - (self.signed.position if self.signed else self.begins_after)

    @property
    def shortfall(self) -> str:
        """Why the log cannot be trusted; empty if it can be."""
        if self.broken is not None:
            return f"event {self.broken.position}: {self.broken.what}"
        anchor = next((anchor for anchor in self.anchors or () if not anchor.holds), None)
        return f"anchor at {anchor.position}: {anchor.what}" if anchor is not None else ""


def verify(
    links: Iterable[Link],
    *,
    begins: Head,
    head: Head,
    signatures: Iterable[Signature],
    keyring: Keyring,
    watched: Collection[int] = (),
) -> tuple[ChainReport, dict[int, str]]:
    """Follow the chain from `begins` to `head`; return the report, and the hashes at `watched` positions.

    `links` and `signatures` come in the order of their positions.
    """
    checkpoints = _Checkpoints(signatures, keyring, begins, watched)
    last, broken = _follow(links, begins, checkpoints)
    if broken is None:
        broken = checkpoints.missing(last)
    if broken is None and (head.position, head.hash) != (last.position, last.hash):
        fault = f"the head says {head.position}, the last event is {last.position}"
        broken = Break(position=min(head.position, last.position) + 1, what=fault)
    report = ChainReport(
        events=last.position - begins.position,
        begins_after=begins.position,
        last=last.position,
        broken=broken,
        signed=checkpoints.signed,
        unknown_keys=tuple(checkpoints.unknown),
        keys=keyring.current is not None,
    )
    return report, checkpoints.seen


class _Checkpoints:
    """The positions at which something is known: signed heads, and heads that were posted."""

    def __init__(
        self, signatures: Iterable[Signature], keyring: Keyring, begins: Head, watched: Collection[int]
    ) -> None:
        self._signatures = (signature for signature in signatures if signature.position > begins.position)
        self._keyring = keyring
        self._watched = sorted(set(watched), reverse=True)
        self._next: Signature | None = next(self._signatures, None)
        self.signed: Signature | None = None
        self.unknown: dict[str, None] = {}
        self.seen: dict[int, str] = {}
        self.due = self._due(begins.position)

    def check(self, position: int, hashed: str) -> str:
        """Return what contradicts the chain at this position; empty if nothing does."""
        if self._watched and self._watched[-1] == position:
            self.seen[self._watched.pop()] = hashed
        signature, fault = self._next, ""
        if signature is not None and signature.position == position:
            fault = self._judge(signature, hashed)
            self._next = next(self._signatures, None)
        self.due = self._due(position)
        return fault

    def missing(self, last: Head) -> Break | None:
        """Return the break if heads were signed beyond the end of the chain."""
        furthest = self._next
        for signature in self._signatures:
            furthest = signature
        if furthest is None:
            return None
        return Break(
            position=last.position + 1,
            what=f"events up to {furthest.position} were signed, and they are gone",
        )

    def _judge(self, signature: Signature, hashed: str) -> str:
        fits = self._keyring.check(signature)
        if fits is False:
            return "the signature of this head is not by the key that it names"
        if signature.hash != hashed:
            return "it is not the event that was signed: the chain was computed anew"
        if fits is None:
            self.unknown[signature.key] = None
        else:
            self.signed = signature
        return ""

    def _due(self, position: int) -> int:
        while self._watched and self._watched[-1] <= position:
            self._watched.pop()
        due = [self._watched[-1]] if self._watched else []
        if self._next is not None:
            due.append(self._next.position)
        return min(due, default=NEVER)


def _follow(links: Iterable[Link], begins: Head, checkpoints: _Checkpoints) -> tuple[Head, Break | None]:
    """Walk until the first break; the hot loop of a million events."""
    sha256 = hashlib.sha256
    position, expected, due = begins.position, begins.hash.encode(), checkpoints.due
    fault = ""
    for at, previous, hashed, content in links:
        if at != position + 1:
            fault = (
                "it is missing"
                if isinstance(at, int) and at > position
                else "the event after it is out of order"
            )
            break
        if previous != expected:
            fault = "it does not follow the event before it"
            break
        inner = sha256(content).hexdigest()
        if sha256(b"%b:%d:%b" % (previous, at, inner.encode())).hexdigest().encode() != hashed:
            fault = "its content is not what was hashed"
            break
        if at == due:
            fault = checkpoints.check(at, hashed.decode())
            if fault:
                break
            due = checkpoints.due
        position, expected = at, hashed
    last = Head(position=position, hash=expected.decode(errors="replace"))
    return last, Break(position=position + 1, what=fault) if fault else None


def check_anchors(
    posted: Iterable[tuple[Head, datetime | None]], hashes: Mapping[int, str], report: ChainReport
) -> tuple[AnchorCheck, ...]:
    """Compare heads that stand in a channel with the chain; those before a seal are in its file.

    `posted` has each head with the time of its post, where that is known; `hashes` are by position.
    """
    checks = []
    for head, at in posted:
        if head.position <= report.begins_after:
            continue
        hashed = hashes.get(head.position)
        unread = report.broken is not None and head.position >= report.broken.position
        if hashed == head.hash:
            fault = ""
        elif hashed is not None:
            fault = "the event there is another one than when it was posted"
        else:
            fault = "the chain is broken before it" if unread else "the event is gone"
        checks.append(AnchorCheck(position=head.position, at=at, holds=not fault, what=fault))
    return tuple(checks)
