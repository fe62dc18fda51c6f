"""Proves a copy: counts, digests of the configuration, and the network. Every gap is a difference.

Both sides go through the same transforms. Where digests differ, the target is asked in a dry run what it
would make of the planned object: defaults of another Kubernetes version are no difference.
"""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from bot.adapters.kube import writes
from bot.adapters.kube.errors import KubeError
from bot.drivers.catalog import profile
from bot.migration.copy.equality import comparable, is_same_configuration
from bot.migration.copy.writer import Writer, existing
from bot.migration.objects.fields import MIGRATION, Object, Ref, labels_of
from bot.migration.objects.transforms.catalog import strip
from bot.migration.planning.connection_changes import compute_states
from bot.migration.planning.plan import MigrationPlan
from bot.policy.cluster_state import ClusterState
from bot.policy.reach.changes import ConnectionChange
from bot.policy.reach.difference import compare_states

NAMED_FIELDS = 5


@dataclasses.dataclass(frozen=True, kw_only=True)
class CopyDifference:
    """One object that is not as planned. `what` names fields, never values."""

    ref: Ref
    what: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class KindCount:
    """How many objects of one kind in one namespace were planned, and how many the target has."""

    namespace: str
    kind: str
    planned: int
    present: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class CopyComparison:
    """The result of a comparison. `equal` is the number of objects that are as planned."""

    counts: tuple[KindCount, ...]
    equal: int
    differences: tuple[CopyDifference, ...]


def compare(writer: Writer, expected: Mapping[Ref, Object | None]) -> CopyComparison:
    """Compare the target's objects with what is expected there. Raises `KubeError`.

    None is expected for an object that must not be there yet.
    """
    refs = sorted(expected)
    live = existing(writer, refs)
    differences = [
        CopyDifference(ref=ref, what=difference_text)
        for ref in refs
        if (difference_text := _difference(writer, ref, expected[ref], live.get(ref)))
    ]
    counts = tuple(_counts(expected, live))
    return CopyComparison(counts=counts, equal=len(refs) - len(differences), differences=tuple(differences))


def _difference(writer: Writer, ref: Ref, expected: Object | None, live: Object | None) -> str:
    """Return how an object is not as expected; empty if it is."""
    if expected is None:
        is_ours = live is not None and labels_of(live).get(MIGRATION) == writer.migration
        return "it is there before the cut-over" if is_ours else ""
    if live is None:
        return "it is missing"
    if is_same_configuration(expected, live, writer.context, writer.key):
        return ""
    resource = writer.resource_of(expected)
    if resource is None:
        return "the target does not serve its version"
    path, doing = resource.path(ref), f"compare {ref}"
    try:
        stored = writes.apply(writer.kube, path, expected, dry_run=True, force=True, doing=doing).object
    except KubeError as error:
        why = "" if ref.kind == "Secret" else f": {error.why}"  # the API server may quote a Secret's values
        return f"the target would not take it{why}"
    if comparable(stored, writer.context, writer.key) == comparable(live, writer.context, writer.key):
        return ""
    fields = sorted(set(_fields(strip(stored, writer.context)[0], strip(live, writer.context)[0], "")))
    return f"{', '.join(fields[:NAMED_FIELDS]) or 'its fields'} differ"


def _fields(expected: Any, live: Any, path: str) -> Iterator[str]:
    """Yield the paths of fields that differ, without their values; of a Secret's data that is the key."""
    if isinstance(expected, dict) and isinstance(live, dict):
        for key in expected.keys() | live.keys():
            yield from _fields(expected.get(key), live.get(key), f"{path}.{key}" if path else key)
    elif expected != live:
        yield path


def _counts(expected: Mapping[Ref, Object | None], live: Mapping[Ref, Object]) -> Iterator[KindCount]:
    planned = Counter((ref.namespace, ref.kind) for ref, obj in expected.items() if obj is not None)
    present = Counter((ref.namespace, ref.kind) for ref in live if expected.get(ref) is not None)
    for (namespace, kind), number in sorted(planned.items()):
        yield KindCount(namespace=namespace, kind=kind, planned=number, present=present[namespace, kind])


def network(plan: MigrationPlan, source: ClusterState, target: ClusterState) -> tuple[str, ...]:
    """Return a line for each connection that the target decides otherwise than the plan said.

    The target's policies and the labels of its namespaces are computed for the pods of the source.
    """
    old, new = profile(plan.source.driver), profile(plan.target.driver)
    if not new.enforces_network_policy:
        return ()
    migrated = frozenset(plan.namespaces)
    other_namespaces = [
        namespace for namespace in source.cluster.namespaces if namespace.name not in migrated
    ]
    copied = [namespace for namespace in target.cluster.namespaces if namespace.name in migrated]
    cluster = dataclasses.replace(
        source.cluster,
        policies=tuple(policy for policy in target.cluster.policies if policy.namespace in migrated),
        namespaces=(*other_namespaces, *copied),
    )
    planned = compute_states(source, source=old, target=new, namespaces=plan.namespaces).after
    mixed = dataclasses.replace(source, cluster=cluster)
    actual = compute_states(mixed, source=old, target=new, namespaces=plan.namespaces).after
    return tuple(_line(change) for change in compare_states(planned, actual).changes)


def _line(change: ConnectionChange) -> str:
    parts = [f"closes {change.closes}"] if change.closes else []
    parts += [f"opens {change.opens}"] if change.opens else []
    return f"{change.source} => {change.destination}: {', '.join(parts)}"
