"""Writes planned objects into the target: server-side apply, at most eight at once, stage by stage.

An object that is already as planned is a success, so every run may be repeated. One of the same name that is
not this migration's is never taken over: it is left alone if it is the same, and named if it is not. Errors
about one object are recorded beside it; an API that does not answer raises.
"""

from __future__ import annotations

import dataclasses
import enum
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from bot.adapters.kube import writes
from bot.adapters.kube.client import Kube
from bot.adapters.kube.errors import (
    Conflict,
    FieldConflict,
    Forbidden,
    Invalid,
    KubeError,
    Malformed,
    NamespaceTerminating,
    NotFound,
)
from bot.migration.inventory.api_discovery import ApiResource, ApiSurface
from bot.migration.inventory.cluster_objects import AT_ONCE
from bot.migration.objects.canonical import digest
from bot.migration.objects.manifest import MIGRATION, Object, Ref, annotations_of, labels_of, ref_of, uid_of
from bot.migration.objects.order import ONLY_IF_ABSENT, Stage
from bot.migration.objects.transforms.catalog import strip
from bot.migration.objects.transforms.transform import TransformContext

STARTED = (  # annotation of what works in the target; it is never put back to waiting by a copy
    "xk8s.io/started"
)
SHARED = frozenset(
    {("", "Namespace"), ("", "ServiceAccount")}
)  # the target may have these of its own: they are added to
TRIES = 8  # against a version that a controller has just changed
APART_SECONDS = (
    0.01  # between two of them at most, doubled each time; by chance, or two that collide would do so again
)
_CHANCE = random.SystemRandom()


class WriteAction(enum.StrEnum):
    """What became of one object."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    PRESENT = "already there"  # the target's own, left as it is
    DIFFERS = "another one is there"
    CONFLICT = "conflict"  # somebody else owns fields of it
    REFUSED = "refused"  # by the API server


FAILED = frozenset({WriteAction.DIFFERS, WriteAction.CONFLICT, WriteAction.REFUSED})


@dataclasses.dataclass(frozen=True, kw_only=True)
class WrittenObject:
    """One object that was written, or why it was not. `digest` is that of its configuration in the target."""

    ref: Ref
    action: WriteAction
    uid: str = ""
    digest: str = ""
    why: str = ""

    @property
    def failed(self) -> bool:
        """Whether somebody must look at it."""
        return self.action in FAILED


@dataclasses.dataclass(frozen=True, kw_only=True)
class Writer:
    """The target, and what is needed to write into it."""

    kube: Kube
    surface: ApiSurface
    migration: str
    context: TransformContext  # of the target's side, for comparing
    key: bytes = dataclasses.field(repr=False)
    dry_run: bool = False


def write(
    writer: Writer,
    batches: Iterable[Sequence[Ref]],
    wanted: Mapping[Ref, Object],
    stage: Stage,
    *,
    started: bool = False,
    force: bool = False,
    told: Callable[[int], None] = lambda _count: None,
) -> tuple[WrittenObject, ...]:
    """Write objects of one stage, batch by batch. `told` hears how many were written in each. Raises
    `KubeError`.
    """
    done: list[WrittenObject] = []
    for batch in batches:
        refs = [ref for ref in batch if ref in wanted]
        present = existing(writer, refs)
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="write") as pool:
            answers = list(
                pool.map(lambda ref: _one(writer, wanted[ref], present.get(ref), stage, started, force), refs)  # noqa: B023 - used up in this turn
            )
        done += answers
        told(len(answers))
    return tuple(done)


def existing(writer: Writer, refs: Sequence[Ref]) -> dict[Ref, Object]:
    """What the target has of some objects; one list per kind and namespace, or one get where that is less."""
    wanted: dict[tuple[str, str, str], list[Ref]] = {}
    for ref in refs:
        wanted.setdefault((ref.group, ref.kind, ref.namespace), []).append(ref)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="look") as pool:
        found = pool.map(lambda group: _listed(writer, group), wanted.values())
        return {ref: obj for each in found for ref, obj in each.items()}


def _listed(writer: Writer, refs: list[Ref]) -> dict[Ref, Object]:
    resource = writer.surface.find(refs[0])
    if resource is None:
        return {}
    if len(refs) == 1:
        live = writes.read(writer.kube, resource.path(refs[0]))
        return {refs[0]: live} if live is not None else {}
    try:
        listed = writer.kube.all_of(resource.collection(refs[0].namespace), dict)
    except NotFound:
        return {}
    wanted = set(refs)
    objects = ({**each, "apiVersion": resource.api_version, "kind": resource.kind} for each in listed)
    return {ref: obj for obj in objects if (ref := ref_of(obj)) in wanted}


def _one(
    writer: Writer, obj: Object, live: Object | None, stage: Stage, started: bool, force: bool
) -> WrittenObject:
    ref = ref_of(obj)
    resource = writer.surface.find(ref, obj["apiVersion"].rpartition("/")[2])
    if resource is None:
        return WrittenObject(
            ref=ref,
            action=WriteAction.REFUSED,
            why=f"the target does not serve {obj['apiVersion']} {ref.kind}",
        )
    if live is not None and labels_of(live).get(MIGRATION) != writer.migration:
        return _foreign(writer, resource, obj, live, stage)
    try:
        return _own(
            writer, resource, started_form(obj) if started else obj, live, started=started, force=force
        )
    except (Conflict, Invalid, Malformed, Forbidden) as error:
        return _refused(ref, error)


def _own(
    writer: Writer, resource: ApiResource, obj: Object, live: Object | None, *, started: bool, force: bool
) -> WrittenObject:
    """Apply to what is not there or is this migration's. What has started is not put back to waiting."""
    path, ref = resource.path(ref_of(obj)), ref_of(obj)
    for attempt in range(TRIES):
        if live is not None and not started and not force and STARTED in annotations_of(live):
            return _told(writer, live, WriteAction.UNCHANGED)
        body = obj
        if (
            live is not None
        ):  # a process that slept through a pause must not write over what was done meanwhile
            body = {
                **obj,
                "metadata": {**obj["metadata"], "resourceVersion": live["metadata"]["resourceVersion"]},
            }
        try:
            made = writes.apply(
                writer.kube, path, body, force=force, dry_run=writer.dry_run, doing=f"apply {ref}"
            )
        except FieldConflict:
            raise
        except Conflict:
            if attempt == TRIES - 1:
                raise
            time.sleep(_CHANCE.uniform(0.0, APART_SECONDS * 2**attempt))
            live = writes.read(writer.kube, path)
            continue
        if made.created or live is None:
            return _told(writer, made.object, WriteAction.CREATED if made.created else WriteAction.UNCHANGED)
        same = made.resource_version == live["metadata"]["resourceVersion"]
        return _told(writer, made.object, WriteAction.UNCHANGED if same else WriteAction.UPDATED)
    raise AssertionError("unreachable")  # pragma: no cover


def _foreign(writer: Writer, resource: ApiResource, obj: Object, live: Object, stage: Stage) -> WrittenObject:
    """An object of the same name that is not this migration's."""
    ref = ref_of(obj)
    if same(obj, live, writer.context, writer.key):
        return _told(writer, live, WriteAction.PRESENT)
    if (ref.group, ref.kind) in SHARED:
        try:
            made = writes.apply(
                writer.kube,
                resource.path(ref),
                _unlabelled(obj),
                dry_run=writer.dry_run,
                doing=f"add to {ref}",
            )
        except (Conflict, Invalid, Malformed, Forbidden) as error:
            return _refused(ref, error)
        return _told(writer, made.object, WriteAction.PRESENT)
    if stage in ONLY_IF_ABSENT:
        return dataclasses.replace(
            _told(writer, live, WriteAction.PRESENT), why="the target's own is another one, and is kept"
        )
    return WrittenObject(
        ref=ref,
        action=WriteAction.DIFFERS,
        uid=uid_of(live),
        why="the target has an object of that name which this migration did not make, and it is another one",
    )


def same(expected: Object, live: Object, context: TransformContext, key: bytes) -> bool:
    """Whether two objects are one configuration: both without what belongs to their cluster."""
    return comparable(expected, context, key) == comparable(live, context, key)


def comparable(obj: Object, context: TransformContext, key: bytes) -> str:
    """The digest by which a copy is compared: stripped, without the migration's label."""
    return digest(_unlabelled(strip(obj, context)[0]), key)


def _unlabelled(obj: Object) -> Object:
    labels = {name: value for name, value in labels_of(obj).items() if name != MIGRATION}
    metadata = {name: value for name, value in obj["metadata"].items() if name != "labels"}
    return {**obj, "metadata": {**metadata, **({"labels": labels} if labels else {})}}


def started_form(obj: Object) -> Object:
    """An object with the mark of what works."""
    metadata = obj["metadata"]
    return {
        **obj,
        "metadata": {**metadata, "annotations": {**(metadata.get("annotations") or {}), STARTED: "true"}},
    }


def _told(writer: Writer, obj: Object, action: WriteAction) -> WrittenObject:
    return WrittenObject(
        ref=ref_of(obj), action=action, uid=uid_of(obj), digest=comparable(obj, writer.context, writer.key)
    )


def _refused(ref: Ref, error: KubeError) -> WrittenObject:
    """What the server says of a Secret may quote its values, so that only the fields are told."""
    if ref.kind == "Secret":
        fields = ", ".join(sorted({cause.field for cause in error.causes if cause.field}))
        why = f"the API server refuses it ({fields or type(error).__name__})"
    else:
        why = error.why
    if isinstance(error, NamespaceTerminating):
        return WrittenObject(
            ref=ref, action=WriteAction.REFUSED, why=f"the namespace {ref.namespace} is being deleted"
        )
    return WrittenObject(
        ref=ref, action=WriteAction.CONFLICT if isinstance(error, Conflict) else WriteAction.REFUSED, why=why
    )
