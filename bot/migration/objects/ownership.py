"""Who owns whom inside the source, by uid: names may be used again, uids never are."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping

from bot.migration.objects.manifest import Object, OwnerReference, Ref, owners_of, ref_of, uid_of


@dataclasses.dataclass(frozen=True, kw_only=True)
class OwnershipGraph:
    """The owners graph of one inventory."""

    objects: Mapping[str, Object] = dataclasses.field(repr=False)  # by uid
    children: Mapping[str, tuple[Ref, ...]]  # of an owner's uid; only where it controls them

    def controller(self, obj: Object) -> OwnerReference | None:
        """The owner that made an object and keeps it as it is; None if it has none."""
        return next((owner for owner in owners_of(obj) if owner.controls), None)

    def knows(self, owner: OwnerReference) -> bool:
        """Whether an owner was read."""
        return owner.uid in self.objects

    def root(self, obj: Object) -> Object:
        """The topmost controller that is known: the Deployment of a Pod; the object itself if nothing
        controls it.
        """
        seen = set()
        while (
            (owner := self.controller(obj)) is not None
            and owner.uid in self.objects
            and owner.uid not in seen
        ):
            seen.add(owner.uid)
            obj = self.objects[owner.uid]
        return obj

    def ancestors(self, uid: str) -> set[str]:
        """Uids of everything that controls an object, directly or not."""
        found: set[str] = set()
        obj = self.objects.get(uid)
        while obj is not None and (owner := self.controller(obj)) is not None and owner.uid not in found:
            found.add(owner.uid)
            obj = self.objects.get(owner.uid)
        return found

    def descendants(self, obj: Object) -> Iterable[Ref]:
        """Everything that an object controls, directly or not."""
        waiting, seen = [uid_of(obj)], set()
        by_ref = (
            {ref_of(each): uid for uid, each in self.objects.items()} if uid_of(obj) in self.children else {}
        )
        while waiting:
            uid = waiting.pop()
            for ref in self.children.get(uid, ()):
                if ref not in seen:
                    seen.add(ref)
                    yield ref
                    waiting.append(by_ref[ref])


def graph(objects: Iterable[Object]) -> OwnershipGraph:
    """The graph of the objects that were read."""
    by_uid = {uid_of(obj): obj for obj in objects if uid_of(obj)}
    children: dict[str, list[Ref]] = defaultdict(list)
    for obj in by_uid.values():
        for owner in owners_of(obj):
            if owner.controls:
                children[owner.uid].append(ref_of(obj))
    return OwnershipGraph(
        objects=by_uid, children={uid: tuple(sorted(refs)) for uid, refs in children.items()}
    )
