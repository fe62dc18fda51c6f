"""Verifies the chain in the database: where it begins, its links, its signed heads, and its anchors.

An anchor is a head that was posted to a channel, where nobody with the database alone can change it.
"""

import dataclasses
import re
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from bot.audit.chain import Break, ChainReport, check_anchors, verify
from bot.audit.log import AuditUnavailable
from bot.audit.signatures import Keyring
from bot.common.problems import Refusal
from storage.audit_chain import AuditChain, Head, Seal, Signature
from storage.audit_encoding import GENESIS
from storage.database import DatabaseError

_POSTED = re.compile(r"\b([1-9]\d{0,18}):([0-9a-f]{64})\b")


class BadAnchor(Refusal):
    """A pasted text is not a posted head."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Posted:
    """A head as it stands in a channel."""

    head: Head
    at: datetime | None = None


def anchor_text(head: Head) -> str:
    """Return a head as it is posted and pasted: `POSITION:HASH`."""
    return f"{head.position}:{head.hash}"


def read_anchors(text: str) -> list[Head]:
    """Return every head, `POSITION:HASH`, in a text."""
    return [Head(position=int(match[1]), hash=match[2]) for match in _POSTED.finditer(text)]


def pasted_anchor(text: str) -> Posted:
    """Return the head that a person has pasted from the channel. Raises `BadAnchor`."""
    heads = read_anchors(text.strip().strip("`"))
    if len(heads) != 1:
        raise BadAnchor(
            f"{text[:80]!r} is no posted head",
            why="one is a position, a colon and 64 hexadecimal digits",
            fix="Copy it whole from the channel: `xk8s audit verify --anchor POSITION:HASH`.",
        )
    return Posted(head=heads[0])


class AuditTrail:
    """Verifies the whole chain in its present state."""

    def __init__(
        self, chain: AuditChain, keyring: Keyring, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._chain = chain
        self._keyring = keyring
        self._monotonic = monotonic

    def verify(self, posted: Sequence[Posted] | None = None) -> ChainReport:
        """Follow every link, and compare with posted heads if there are any. Raises `AuditUnavailable`."""
        started = self._monotonic()
        try:
            report = self._verify(posted)
        except DatabaseError as error:
            raise AuditUnavailable(
                "The audit log cannot be read", why=str(error), fix="Look at the database."
            ) from error
        return dataclasses.replace(report, seconds=self._monotonic() - started)

    def _verify(self, posted: Sequence[Posted] | None) -> ChainReport:
        while True:
            seal = self._chain.last_seal()
            report = self._follow(seal, posted)
            if report.broken is None or self._chain.last_seal() == seal:
                return report  # else events were sealed while we read

    def _follow(self, seal: Seal | None, posted: Sequence[Posted] | None) -> ChainReport:
        begins = Head(position=seal.position, hash=seal.hash) if seal else Head(position=0, hash=GENESIS)
        head = self._chain.head()  # signatures beyond it are of events that came since
        report, hashes = verify(
            self._chain.links(until=head.position),
            begins=begins,
            head=head,
            signatures=self._chain.signatures(until=head.position),
            keyring=self._keyring,
            watched=[anchor.head.position for anchor in posted or ()],
        )
        beyond = self._chain.signed_beyond(head.position)
        if report.broken is None and beyond is not None and self._chain.head().position < beyond:
            fault = f"events up to {beyond} were signed, and they are gone"
            report = dataclasses.replace(report, broken=Break(position=head.position + 1, what=fault))
        if seal is not None:
            report = self._with_seal(report, seal)
        if posted is None:
            return report
        anchors = check_anchors([(anchor.head, anchor.at) for anchor in posted], hashes, report)
        return dataclasses.replace(report, anchors=anchors)

    def _with_seal(self, report: ChainReport, seal: Seal) -> ChainReport:
        """Check the seal where the chain begins: unsigned, a row in a table could drop events."""
        fits = self._keyring.check_seal(seal)
        if fits is False:
            fault = "the seal of the events up to it is not by the key that it names"
            return dataclasses.replace(report, broken=Break(position=seal.position, what=fault))
        if fits is None:
            return dataclasses.replace(
                report, unknown_keys=tuple(dict.fromkeys((*report.unknown_keys, seal.key)))
            )
        if report.signed is None:  # nothing newer is: what is sealed was signed
            signed = Signature(
                position=seal.position, hash=seal.hash, at=seal.at, key=seal.key, signature=seal.signature
            )
            return dataclasses.replace(report, signed=signed)
        return report
