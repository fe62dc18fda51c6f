"""The owners and controllers of objects, by uid: a name may be used again, a uid never is."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from bot.migration.objects.fields import Object, OwnerReference, Ref, owners_of, ref_of, uid_of
from bot.migration.objects.kinds import WORKLOADS


@dataclasses.dataclass(frozen=True, kw_only=True)
class OwnershipGraph:
    """Which object controls which. `children` has the uids of what each uid controls directly."""

    objects: Mapping[str, Object] = dataclasses.field(repr=False)
    children: Mapping[str, tuple[str, ...]]

    def controller(self, obj: Object) -> OwnerReference | None:
        """Return the owner that keeps an object as it is, or None if it has none."""
        return next((owner for owner in owners_of(obj) if owner.controls), None)

    def is_made_by_workload(self, obj: Object) -> bool:
        """Return whether another workload controls an object, as a Deployment does its ReplicaSets."""
        owner = self.controller(obj)
        return owner is not None and (owner.group, owner.kind) in WORKLOADS

    def knows(self, owner: OwnerReference) -> bool:
        """Return whether an owner was read: it may also be gone, or of a kind that is not read."""
        return owner.uid in self.objects

    def controllers(self, obj: Object) -> Iterator[Object]:
        """Yield the known controllers of an object, from the nearest to the topmost."""
        visited: set[str] = set()
        while (owner := self.controller(obj)) is not None and self.knows(owner) and owner.uid not in visited:
            visited.add(owner.uid)
            obj = self.objects[owner.uid]
            yield obj

    def root(self, obj: Object) -> Object:
        """Return the topmost known controller, such as the Deployment of a Pod; else the object itself."""
        return [obj, *self.controllers(obj)][-1]

    def ancestors(self, uid: str) -> set[str]:
        """Return the uids of everything that controls an object directly or not, known or not."""
        if uid not in self.objects:
            return set()
        chain = [self.objects[uid], *self.controllers(self.objects[uid])]
        return {owner.uid for obj in chain if (owner := self.controller(obj)) is not None}

    def descendants(self, obj: Object) -> Iterator[Ref]:
        """Yield everything that an object controls, directly or not."""
        waiting, visited = list(self.children.get(uid_of(obj), ())), set()
        while waiting:
            uid = waiting.pop()
            if uid not in visited:
                visited.add(uid)
                yield ref_of(self.objects[uid])
                waiting += self.children.get(uid, ())


def graph(objects: Iterable[Object]) -> OwnershipGraph:
    """Build the graph of the objects that were read; those without a uid are left out."""
    by_uid = {uid_of(obj): obj for obj in objects if uid_of(obj)}
    children: dict[str, list[str]] = defaultdict(list)
    for uid, obj in by_uid.items():
        for owner in owners_of(obj):
            if owner.controls:
                children[owner.uid].append(uid)
    return OwnershipGraph(objects=by_uid, children={owner: tuple(uids) for owner, uids in children.items()})
