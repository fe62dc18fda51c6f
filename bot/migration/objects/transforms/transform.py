"""The shape of a transform: the kinds that it is for, what it may look at, and the notes that it leaves."""

import dataclasses
import enum
from collections.abc import Callable, Iterator

from bot.drivers.profile import DriverProfile
from bot.migration.objects.cluster_ranges import ClusterRanges
from bot.migration.objects.fields import Object, Ref


class NoteLevel(enum.StrEnum):
    """How much a note matters: one for the report, or one that an approver must see."""

    NOTE = "note"
    WARNING = "warning"


@dataclasses.dataclass(frozen=True, kw_only=True)
class TransformNote:
    """What a transform did to an object, or could not decide. It never has a value of a Secret."""

    text: str
    level: NoteLevel = NoteLevel.NOTE


def warning(text: str) -> TransformNote:
    """Return a note that an approver must see."""
    return TransformNote(text=text, level=NoteLevel.WARNING)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TransformContext:
    """What transforms look at beside the object: both drivers, what is migrated, the source's addresses."""

    source: DriverProfile
    target: DriverProfile
    namespaces: frozenset[str]
    ranges: ClusterRanges = dataclasses.field(default_factory=ClusterRanges)
    keep_finalizers: frozenset[str] = frozenset()

    @property
    def pod_annotations(self) -> tuple[str, ...]:
        """The prefixes of annotations by which either driver pins addresses; never empty."""
        return (*self.source.pod_annotations, *self.target.pod_annotations) or ("\0",)


# The first object is a private copy without server-owned fields, which the function changes in place; the
# second is the object as it was read.
Rewrite = Callable[[Object, Object, TransformContext], Iterator[TransformNote]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Transform:
    """The rewrite of some kinds, each given as its API group and kind."""

    kinds: tuple[tuple[str, str], ...]
    rewrite: Rewrite


@dataclasses.dataclass(frozen=True, kw_only=True)
class Transformed:
    """An object as it will be in the target, and the notes on what was done to it."""

    ref: Ref
    obj: Object = dataclasses.field(repr=False)
    notes: tuple[TransformNote, ...] = ()
