"""The shape of a transform: what it is for, what it looks at, what it tells."""

from __future__ import annotations

import dataclasses
import enum
import ipaddress
from collections.abc import Callable, Iterator

from bot.drivers.profile import DriverProfile
from bot.migration.objects.manifest import Object, Ref


class NoteLevel(enum.StrEnum):
    """How much a note matters."""

    NOTE = "note"  # for the report
    WARNING = "warning"  # an approver should see it


@dataclasses.dataclass(frozen=True, kw_only=True)
class TransformNote:
    """What a transform did to an object, or could not decide. Never a value of a Secret."""

    text: str
    level: NoteLevel = NoteLevel.NOTE


def warning(text: str) -> TransformNote:
    """A note that an approver should see."""
    return TransformNote(text=text, level=NoteLevel.WARNING)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterRanges:
    """Addresses that mean something in the source only."""

    pods: tuple[str, ...] = ()  # CIDRs
    services: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()  # addresses or CIDRs
    others: tuple[str, ...] = ()  # the API's address and those of load balancers

    def what(self, text: str) -> str:
        """What an address or CIDR is in the source: `a pod address`; empty if it is nothing there."""
        try:
            given = ipaddress.ip_network(text, strict=False)
        except ValueError:
            return ""
        for name, ranges in (
            ("a service address", self.services),
            ("a pod address", self.pods),
            ("a node address", self.nodes),
            ("an address of the old cluster", self.others),
        ):
            if any(_inside(given, each) for each in ranges):
                return name
        return ""


def _inside(given: ipaddress.IPv4Network | ipaddress.IPv6Network, cidr: str) -> bool:
    try:
        outer = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return False
    return given.version == outer.version and given.subnet_of(outer)  # type: ignore[arg-type]


@dataclasses.dataclass(frozen=True, kw_only=True)
class TransformContext:
    """What transforms look at beside the object."""

    source: DriverProfile
    target: DriverProfile
    namespaces: frozenset[str]
    ranges: ClusterRanges = ClusterRanges()
    keep_finalizers: frozenset[str] = frozenset()


# `obj` is a private copy without server-owned fields, which the function changes; `original` is as it was
# read
Rewrite = Callable[[Object, Object, TransformContext], Iterator[TransformNote]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Transform:
    """The rules of some kinds, as (group, kind)."""

    kinds: tuple[tuple[str, str], ...]
    rewrite: Rewrite


@dataclasses.dataclass(frozen=True, kw_only=True)
class Transformed:
    """An object as it will be in the target, and what was done to it."""

    ref: Ref
    obj: Object = dataclasses.field(repr=False)
    notes: tuple[TransformNote, ...] = ()
