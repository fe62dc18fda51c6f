"""Retention: events before a signed head go into a file from which the chain can be followed, and then out of the table.

The file is JSON lines: a heading with where it begins, then every link with its content as it was hashed,
then an end with the signed head. `check` follows it again without a database.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.audit.chain import verify
from bot.audit.signing import Keyring
from bot.problems import Problem, Refusal
from storage.audit_chain import AuditChain, Head, Link, Seal, Signature
from storage.chain import GENESIS
from storage.models import stamp

KIND = "xk8s-audit-seal-1"


class NothingToSeal(Refusal):
    """No signed head is old enough."""


class BadSeal(Problem):
    """A sealed file does not hold what it should, or the chain before the head is broken."""


def seal(chain: AuditChain, keyring: Keyring, path: Path, *, before: datetime, now: datetime) -> Seal:
    """Seal the events up to the newest signed head before a time, and drop them. Raises `Problem`, `DatabaseError`."""
    last = chain.last_seal()
    begins = Head(position=last.position, hash=last.hash) if last else Head(position=0, hash=GENESIS)
    heads = [found for found in chain.signatures() if found.at < before and found.position > begins.position]
    good = [found for found in heads if keyring.check(found)]
    if not good:
        raise NothingToSeal(
            f"No head that was signed before {before:%Y-%m-%d} can be sealed",
            why="heads are signed every 1,000 events or 10 s while XK8S_AUDIT_KEY is set", fix="Say a later date, with the key that signed.",
        )  # fmt: skip
    head = good[-1]
    _write(path, chain.links(until=head.position), begins, head)
    digest = check(path, keyring)
    made = Seal(position=head.position, hash=head.hash, at=now, file_digest=digest)
    chain.seal(made)  # only now: the file was read back and holds
    return made


def check(path: Path, keyring: Keyring) -> str:
    """Follow a sealed file from its beginning to its signed head; return its SHA-256. Raises `BadSeal`."""
    try:
        begins, end = _ends(path)
        signature = Signature(**end)
        report, _ = verify(_links(path), begins=begins, head=signature, signatures=[signature], keyring=keyring)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadSeal(
            f"{path.name} is no sealed audit file", why=str(error), fix="Check that the file is whole."
        ) from error
    if report.broken is not None:
        raise BadSeal(
            f"The chain is broken at event {report.broken.position}", why=report.broken.what,
            fix="Nothing was dropped. Run `xk8s audit verify` and find out who changed the log.",
        )  # fmt: skip
    if report.signed is None:
        raise BadSeal(
            "The signed head cannot be checked", why=f"the key {signature.key} is not in XK8S_AUDIT_KEY", fix="Add the key that signed it."
        )  # fmt: skip
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, links: Iterator[Link], begins: Head, head: Signature) -> None:
    """Write beside the path and put it in place when it has reached the disk; an existing file is left alone."""
    if path.exists():
        raise BadSeal(f"{path.name} exists already", fix="Say another file.")
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(json.dumps({"kind": KIND, "begins": {"position": begins.position, "hash": begins.hash}}) + "\n")
        for position, previous, hashed, content in links:
            line = [position, previous.decode(), hashed.decode(), base64.b64encode(content).decode()]
            file.write(json.dumps(line) + "\n")
        end = {
            "position": head.position,
            "hash": head.hash,
            "at": stamp(head.at),
            "key": head.key,
            "signature": head.signature,
        }
        file.write(json.dumps({"end": end}) + "\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _ends(path: Path) -> tuple[Head, dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        first = json.loads(next(file))
        last = ""
        for line in file:
            last = line
    if first.get("kind") != KIND:
        raise ValueError("it does not begin like one")
    end = dict(json.loads(last)["end"])
    return Head(**first["begins"]), end | {"at": datetime.fromisoformat(end["at"])}


def _links(path: Path) -> Iterator[Link]:
    with path.open(encoding="utf-8") as file:
        next(file)
        for line in file:
            found = json.loads(line)
            if isinstance(found, dict):
                return
            position, previous, hashed, content = found
            yield position, previous.encode(), hashed.encode(), base64.b64decode(content)
