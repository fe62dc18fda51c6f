"""Retention: old events go into a sealed file from which the chain can be followed, and out of the database.

A file is JSON lines: a heading with where it begins, then every link with its content as it was hashed, then
an end with the signed head. `read` follows it again without a database. A crash between the file and the drop
is harmless: sealed again with the same file, the file is checked and the events are dropped.
"""

import base64
import dataclasses
import hashlib
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.audit.chain import ChainReport, verify
from bot.audit.log import AuditUnavailable
from bot.audit.signatures import Keyring
from bot.common.problems import Problem, Refusal
from storage import audit_encoding as links
from storage.audit_chain import AuditChain, Head, Seal, Signature
from storage.audit_events import AuditEvent, from_stored
from storage.audit_links import Link
from storage.database import DatabaseError
from storage.models import stamp

KIND = "xk8s-audit-seal-1"
ACTION = "audit.seal"  # the name of the sealing in the log; it has no words, only a command


class NothingToSeal(Refusal):
    """No signed head is old enough, or there is no key."""


class BadSeal(Problem):
    """A sealed file does not hold what it must, or the chain before its head is broken."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class SealedFile:
    """A sealed file: where it begins, the signed head it ends with, and whether every link holds."""

    begins: Head
    end: Signature
    report: ChainReport
    digest: str  # SHA-256 of the file


def seal(chain: AuditChain, keyring: Keyring, path: Path, *, before: datetime, now: datetime) -> Seal:
    """Seal the events up to the newest head that was signed before a time, and drop them.

    Raises `NothingToSeal`, `BadSeal`, `AuditUnavailable`.
    """
    try:
        return _seal(chain, keyring, path, before=before, now=now)
    except DatabaseError as error:
        raise AuditUnavailable(
            "The events were not dropped",
            why=str(error),
            fix=f"Correct that and say it again with the same file: {path.name} is checked and used.",
        ) from error


def _seal(chain: AuditChain, keyring: Keyring, path: Path, *, before: datetime, now: datetime) -> Seal:
    last = chain.last_seal()
    begins = Head(position=last.position, hash=last.hash) if last else Head(position=0, hash=links.GENESIS)
    if not path.exists():
        head = _newest_signature(chain, keyring, begins, before)
        _write(path, chain.links(until=head.position), begins, head)
    file = check(path, keyring)
    if last is not None and (file.end.position, file.digest) == (last.position, last.file_digest):
        return last  # an earlier attempt has sealed it
    if file.begins != begins:
        raise BadSeal(
            f"{path.name} exists already and is of other events",
            why=f"it begins after event {file.begins.position}, the log after {begins.position}",
            fix="Say another file.",
        )
    new_seal = keyring.seal(file.end, at=now, file_digest=file.digest)
    chain.store_seal(new_seal)  # only now: the file was read back and holds
    return new_seal


def _newest_signature(chain: AuditChain, keyring: Keyring, begins: Head, before: datetime) -> Signature:
    if keyring.current is None:
        raise NothingToSeal(
            "Without a key nothing can be sealed", fix="Set XK8S_AUDIT_KEY to the key of the bot."
        )
    signature = chain.last_signature(before=before)
    if signature is None or signature.position <= begins.position:
        raise NothingToSeal(
            f"No head was signed before {before:%Y-%m-%d %H:%M} UTC that is not sealed yet",
            why="heads are signed every 1,000 events or 10 s while the bot runs with XK8S_AUDIT_KEY",
            fix="Say a later time.",
        )
    return signature


def check(path: Path, keyring: Keyring) -> SealedFile:
    """Follow a sealed file up to its signed head. Raises `BadSeal` if anything does not hold."""
    file = read(path, keyring)
    broken = file.report.broken
    if broken is not None:
        raise BadSeal(
            f"The chain is broken at event {broken.position}",
            why=broken.what,
            fix="Nothing was dropped. Run `xk8s audit verify` and find out who changed the log.",
        )
    if file.report.signed is None:
        raise BadSeal(
            "The signed head cannot be checked",
            why=f"the key {file.end.key} is not in XK8S_AUDIT_KEY",
            fix="Add the key that signed it.",
        )
    return file


def read(path: Path, keyring: Keyring) -> SealedFile:
    """Follow a sealed file and return what it holds. Raises `BadSeal` if it is none."""
    try:
        begins, end = _ends(path)
        report, _ = verify(_links(path), begins=begins, head=end, signatures=[end], keyring=keyring)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError, KeyError, TypeError, StopIteration) as error:
        raise BadSeal(
            f"{path.name} is no sealed audit file",
            why=str(error) or "it is empty",
            fix="Check that the file is whole.",
        ) from error
    return SealedFile(begins=begins, end=end, report=report, digest=digest)


def events(path: Path) -> Iterator[AuditEvent]:
    """Yield the events of a sealed file, as they were. Raises `BadSeal` if it is none."""
    try:
        for position, _, _, content in _links(path):
            yield from_stored(position, links.parse(content))
    except (OSError, ValueError, KeyError, TypeError, StopIteration) as error:
        raise BadSeal(
            f"{path.name} is no sealed audit file", why=str(error), fix="Check that it is whole."
        ) from error


def _write(path: Path, chain_links: Iterator[Link], begins: Head, head: Signature) -> None:
    """Write beside the path, and put the file in place when it has reached the disk."""
    part = path.with_name(f"{path.name}.part")
    end = dataclasses.asdict(head) | {"at": stamp(head.at)}
    try:
        opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(opened, "w", encoding="utf-8") as file:
            file.write(json.dumps({"kind": KIND, "begins": dataclasses.asdict(begins)}) + "\n")
            for position, previous, hashed, content in chain_links:
                line = [position, previous.decode(), hashed.decode(), base64.b64encode(content).decode()]
                file.write(json.dumps(line) + "\n")
            file.write(json.dumps({"end": end}) + "\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise BadSeal(f"{path.name} cannot be written", why=str(error), fix="Nothing was dropped.") from error


def _ends(path: Path) -> tuple[Head, Signature]:
    with path.open(encoding="utf-8") as file:
        first = json.loads(next(file))
        last = ""
        for line in file:
            last = line
    if not isinstance(first, dict) or first.get("kind") != KIND:
        raise ValueError("it does not begin like one")
    ended = json.loads(last)
    if not isinstance(ended, dict):
        raise TypeError("its end is missing")
    end: dict[str, Any] = dict(ended["end"])
    return Head(**first["begins"]), Signature(**(end | {"at": datetime.fromisoformat(end["at"])}))


def _links(path: Path) -> Iterator[Link]:
    with path.open(encoding="utf-8") as file:
        next(file)
        for line in file:
            row = json.loads(line)
            if isinstance(row, dict):
                return
            position, previous, hashed, content = row
            yield position, previous.encode(), hashed.encode(), base64.b64decode(content)
