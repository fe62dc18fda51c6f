"""Verifies the chain of the audit log: every link, every signed head, and where the chain begins and ends.

What this finds: an event that was changed, dropped, put in or swapped before the last signed head, and a
signed head that is gone. What it cannot find by itself: a tail that was cut after the last signed head
(an anchor in a channel shows that), and, without the key, a chain that was computed anew from some event on.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from bot.audit.signing import Keyring
from storage.audit_chain import Head, Link, Signature


@dataclasses.dataclass(frozen=True, kw_only=True)
class Break:
    """The first thing that is wrong: at which position, and what."""

    position: int
    what: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChainReport:
    """What was found; `broken` None means every link holds."""

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
        """Why the log cannot be trusted; empty if it can."""
        if self.broken is not None:
            return f"event {self.broken.position}: {self.broken.what}"
        wrong = [anchor for anchor in self.anchors or () if not anchor.holds]
        return f"anchor at {wrong[0].position}: {wrong[0].what}" if wrong else ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class AnchorCheck:
    """One head that stands in a channel, compared with the chain."""

    position: int
    at: datetime
    holds: bool
    what: str = ""


def verify(
    links: Iterable[Link], *, begins: Head, head: Head, signatures: Sequence[Signature], keyring: Keyring,
    watched: Collection[int] = (),
) -> tuple[ChainReport, dict[int, str]]:  # fmt: skip
    """Follow the chain; return what was found, and the hashes at the watched positions."""
    last, broken, seen = _follow(links, begins, {found.position for found in signatures} | set(watched))
    signed: Signature | None = None
    unknown: dict[str, None] = {}
    for found in signatures:
        if found.position <= begins.position:
            continue
        fits = keyring.check(found)
        problem = _signature_problem(found, fits, seen, broken, last)
        if problem is not None and (broken is None or problem.position < broken.position):
            broken = problem
        if fits is None:
            unknown[found.key] = None
        elif fits and problem is None and found.position in seen:
            signed = found
    if broken is None and (head.position, head.hash) != (last.position, last.hash):
        broken = Break(
            position=last.position + 1, what=f"the head says {head.position}, the last event is {last.position}"
        )
    report = ChainReport(
        events=last.position - begins.position, begins_after=begins.position, last=last.position, broken=broken, signed=signed,
        unknown_keys=tuple(unknown), keys=keyring.current is not None,
    )  # fmt: skip
    return report, {position: hashed for position, hashed in seen.items() if position in set(watched)}


def _follow(links: Iterable[Link], begins: Head, noted: Collection[int]) -> tuple[Head, Break | None, dict[int, str]]:
    """Walk until the first break; the hot loop of a million events."""
    sha256 = hashlib.sha256
    wanted = frozenset(noted)
    seen: dict[int, str] = {}
    position, expected = begins.position, begins.hash.encode()
    for at, previous, hashed, content in links:
        if at != position + 1:
            missing = (
                f"event {position + 1} is missing" if isinstance(at, int) and at > position else "it is out of order"
            )
            return Head(position=position, hash=expected.decode()), Break(position=position + 1, what=missing), seen
        if previous != expected:
            what = "it does not follow the event before it"
            return Head(position=position, hash=expected.decode()), Break(position=at, what=what), seen
        inner = sha256(content).hexdigest()
        if sha256(b"%b:%d:%b" % (previous, at, inner.encode())).hexdigest().encode() != hashed:
            what = "its content is not what was hashed"
            return Head(position=position, hash=expected.decode()), Break(position=at, what=what), seen
        position, expected = at, hashed
        if at in wanted:
            seen[at] = hashed.decode()
    return Head(position=position, hash=expected.decode(errors="replace")), None, seen


def _signature_problem(
    found: Signature, fits: bool | None, seen: Mapping[int, str], broken: Break | None, last: Head
) -> Break | None:
    if fits is False:
        return Break(position=found.position, what="the signature of this head is not by the key it names")
    if found.position in seen:
        if seen[found.position] != found.hash:
            return Break(
                position=found.position, what="it is not the event that was signed: the chain was computed anew"
            )
        return None
    if broken is None and found.position > last.position:
        return Break(position=last.position + 1, what=f"events up to {found.position} were signed and are gone")
    return None


def check_anchors(
    posted: Iterable[tuple[Head, datetime]], hashes: Mapping[int, str], report: ChainReport
) -> tuple[AnchorCheck, ...]:
    """Compare heads that stand in a channel with the chain."""
    checks = []
    for head, at in posted:
        if head.position <= report.begins_after:
            continue
        found = hashes.get(head.position)
        what = "" if found == head.hash else "the event is gone" if found is None else "the event is another one"
        checks.append(AnchorCheck(position=head.position, at=at, holds=not what, what=what))
    return tuple(checks)
