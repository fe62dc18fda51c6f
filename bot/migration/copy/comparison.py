"""Proves a copy: counts, configuration digests, and the network. Every gap has a reason or is a difference.

Both sides go through the same transforms. Where digests differ, the target is asked in a dry run what it
would make of the planned object: defaults of another Kubernetes version are no difference.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from bot.adapters.kube import writes as kube_writing
from bot.adapters.kube.errors import KubeError
from bot.drivers.catalog import profile
from bot.migration.copy.writer import Writer, comparable, existing, same
from bot.migration.objects.manifest import MIGRATION, Object, Ref, labels_of
from bot.migration.objects.transforms.catalog import strip
from bot.migration.planning.connection_changes import states
from bot.migration.planning.plan import MigrationPlan
from bot.policy.cluster_state import ClusterState
from bot.policy.reach.difference import difference

NAMED_FIELDS = 5


@dataclasses.dataclass(frozen=True, kw_only=True)
class CopyDifference:
    """One object that is not as planned. `what` names fields, never values."""

    ref: Ref
    what: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class KindCount:
    """Objects of one kind in one namespace: planned, and found."""

    namespace: str
    kind: str
    planned: int
    found: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class CopyComparison:
    """What a comparison found."""

    counts: tuple[KindCount, ...]
    equal: int
    differences: tuple[CopyDifference, ...]
    network: tuple[str, ...] = ()  # connections that the copied policies decide otherwise than the plan said

    @property
    def proven(self) -> bool:
        """Whether the copy is what was planned."""
        return not self.differences and not self.network


def compare(into: Writer, wanted: Mapping[Ref, Object | None]) -> CopyComparison:
    """Compare the target with what is wanted there; None: it must not be there yet. Raises `KubeError`."""
    refs = sorted(wanted)
    live = existing(into, refs)
    differences: list[CopyDifference] = []
    equal = 0
    for ref in refs:
        expected, found = wanted[ref], live.get(ref)
        what = _difference(into, ref, expected, found)
        if what:
            differences.append(CopyDifference(ref=ref, what=what))
        else:
            equal += 1
    return CopyComparison(counts=tuple(_counts(wanted, live)), equal=equal, differences=tuple(differences))


def _difference(into: Writer, ref: Ref, expected: Object | None, found: Object | None) -> str:
    if expected is None:
        return "it is there before the cut-over" if found is not None and _ours(found, into) else ""
    if found is None:
        return "it is missing"
    if same(expected, found, into.context, into.key):
        return ""
    resource = into.surface.find(ref, expected["apiVersion"].rpartition("/")[2])
    if resource is None:
        return "the target does not serve its version"
    try:
        would = kube_writing.apply(
            into.kube, resource.path(ref), expected, dry_run=True, force=True, doing=f"compare {ref}"
        )
    except KubeError as error:
        return (
            "the target would not take it"
            if ref.kind == "Secret"
            else f"the target would not take it: {error.why}"
        )
    if comparable(would.object, into.context, into.key) == comparable(found, into.context, into.key):
        return ""
    here, there = strip(would.object, into.context)[0], strip(found, into.context)[0]
    fields = sorted(set(_fields(here, there, "")))[:NAMED_FIELDS]
    return f"{', '.join(fields) or 'its fields'} differ"


def _ours(obj: Object, into: Writer) -> bool:
    return labels_of(obj).get(MIGRATION) == into.migration


def _fields(left: Any, right: Any, at: str) -> Iterator[str]:
    """Paths that differ; of a Secret's data only the key."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in left.keys() | right.keys():
            yield from _fields(left.get(key), right.get(key), f"{at}.{key}" if at else key)
    elif left != right:
        yield at


def _counts(wanted: Mapping[Ref, Object | None], live: Mapping[Ref, Object]) -> Iterator[KindCount]:
    planned = Counter((ref.namespace, ref.kind) for ref, obj in wanted.items() if obj is not None)
    found = Counter((ref.namespace, ref.kind) for ref in live if wanted.get(ref) is not None)
    for namespace, kind in sorted(planned):
        yield KindCount(
            namespace=namespace, kind=kind, planned=planned[namespace, kind], found=found[namespace, kind]
        )


def network(plan: MigrationPlan, source: ClusterState, target: ClusterState) -> tuple[str, ...]:
    """Connections that the target's policies and namespaces decide otherwise than the plan said, for the
    same pods.
    """
    ours, theirs = profile(plan.source.driver), profile(plan.target.driver)
    if not theirs.enforces_network_policy:
        return ()
    planned = states(source, source=ours, target=theirs, namespaces=plan.namespaces).after
    moved = frozenset(plan.namespaces)
    copied = dataclasses.replace(
        source.cluster,
        policies=tuple(each for each in target.cluster.policies if each.namespace in moved),
        namespaces=(
            *(each for each in source.cluster.namespaces if each.name not in moved),
            *(each for each in target.cluster.namespaces if each.name in moved),
        ),
    )
    seen = dataclasses.replace(source, cluster=copied)
    actual = states(seen, source=ours, target=theirs, namespaces=plan.namespaces).after
    return tuple(
        f"{each.source} => {each.destination}: "
        + ", ".join(
            part
            for part in (
                f"closes {each.closes}" if each.closes else "",
                f"opens {each.opens}" if each.opens else "",
            )
            if part
        )
        for each in difference(planned, actual).changes
    )
