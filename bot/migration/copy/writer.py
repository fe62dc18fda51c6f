"""Writes planned objects into the target: server-side apply, at most eight at once, batch by batch.

An object that is already as planned is a success, so that every run may be repeated. One of the same name
that is not this migration's is never taken over: it is left alone if it is the same, and reported if it is
not. Errors about one object are recorded beside it; an API server that does not answer raises.
"""

import dataclasses
import enum
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from bot.adapters.kube import errors, writes
from bot.adapters.kube.client import KubeClient
from bot.migration.copy.equality import is_same_configuration, unlabelled
from bot.migration.inventory.cluster_objects import AT_ONCE
from bot.migration.inventory.served_apis import ApiResource, ApiSurface
from bot.migration.objects.copy_order import ONLY_IF_ABSENT, CopyStage
from bot.migration.objects.fields import (
    MIGRATION,
    Object,
    Ref,
    annotations_of,
    labels_of,
    ref_of,
    version_of,
    with_annotation,
)
from bot.migration.objects.transforms.transform import TransformContext

STARTED = "xk8s.io/started"  # annotation of what works in the target; a copy never puts it back to waiting
SHARED = frozenset({("", "Namespace"), ("", "ServiceAccount")})  # one of the target's own is added to
TRIES = 8  # against a version that a controller has just changed
# seconds between two tries at most, doubled each time; random, or two that collide would collide again
LONGEST_PAUSE = 0.01
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
RECORDED = (errors.Conflict, errors.Invalid, errors.Malformed, errors.Forbidden)  # errors about one object


@dataclasses.dataclass(frozen=True, kw_only=True)
class WrittenObject:
    """One object that was written, or why it was not."""

    ref: Ref
    action: WriteAction
    why: str = ""

    @property
    def failed(self) -> bool:
        """Whether somebody must look at it."""
        return self.action in FAILED


@dataclasses.dataclass(frozen=True, kw_only=True)
class Writer:
    """The target, and what is needed to write into it.

    `context` is what the transforms look at when objects are compared; `key` is for the digests of Secrets.
    """

    kube: KubeClient
    surface: ApiSurface
    migration: str
    context: TransformContext
    key: bytes = dataclasses.field(repr=False)
    dry_run: bool = False

    def resource_of(self, obj: Object) -> ApiResource | None:
        """Return the kind of an object at its own version, if the target serves that."""
        return self.surface.find(ref_of(obj), obj["apiVersion"].rpartition("/")[2])


def write(
    writer: Writer,
    batches: Iterable[Sequence[Ref]],
    objects: Mapping[Ref, Object],
    stage: CopyStage,
    *,
    started: bool = False,
    force: bool = False,
) -> Iterator[list[WrittenObject]]:
    """Write the objects of one stage, and yield what became of each batch once it is written.

    With `started` they are written as they work, and are marked so; with `force` fields are taken over from
    other field managers. Raises `KubeError`.
    """
    for batch in batches:
        refs = [ref for ref in batch if ref in objects]
        present = existing(writer, refs)
        pairs = [(objects[ref], present.get(ref)) for ref in refs]
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="write") as pool:
            yield list(
                pool.map(
                    lambda pair: _write_one(writer, *pair, stage=stage, started=started, force=force), pairs
                )
            )


def existing(writer: Writer, refs: Sequence[Ref]) -> dict[Ref, Object]:
    """Return what the target has of some objects, by one list for each kind and namespace.

    A single object of a kind and namespace is read by itself, because that is less. Raises `KubeError`.
    """
    groups: dict[tuple[str, str, str], list[Ref]] = {}
    for ref in refs:
        groups.setdefault((ref.group, ref.kind, ref.namespace), []).append(ref)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="look") as pool:
        answers = pool.map(lambda group: _read(writer, group), groups.values())
        return {ref: obj for answer in answers for ref, obj in answer.items()}


def _read(writer: Writer, refs: list[Ref]) -> dict[Ref, Object]:
    resource = writer.surface.find(refs[0])
    if resource is None:
        return {}
    if len(refs) == 1:
        live = writes.read(writer.kube, resource.path(refs[0]))
        return {refs[0]: live} if live is not None else {}
    try:
        listed = writer.kube.list_all(resource.collection(refs[0].namespace), dict)
    except errors.NotFound:
        return {}
    requested = set(refs)
    objects = ({**obj, "apiVersion": resource.api_version, "kind": resource.kind} for obj in listed)
    return {ref: obj for obj in objects if (ref := ref_of(obj)) in requested}


def _write_one(
    writer: Writer, obj: Object, live: Object | None, *, stage: CopyStage, started: bool, force: bool
) -> WrittenObject:
    ref, resource = ref_of(obj), writer.resource_of(obj)
    if resource is None:
        why = f"the target does not serve {obj['apiVersion']} {ref.kind}"
        return WrittenObject(ref=ref, action=WriteAction.REFUSED, why=why)
    try:
        if live is not None and labels_of(live).get(MIGRATION) != writer.migration:
            return _keep_others(writer, resource, obj, live, stage=stage)
        body = started_form(obj) if started else obj
        return _write_own(writer, resource, body, live, started=started, force=force)
    except RECORDED as error:
        return _refused(ref, error)


def _write_own(
    writer: Writer, resource: ApiResource, obj: Object, live: Object | None, *, started: bool, force: bool
) -> WrittenObject:
    """Apply an object that the target does not have, or has from this migration.

    What has started is not put back to waiting. A version that somebody has just changed is read again.
    """
    path = resource.path(ref_of(obj))
    for attempt in range(TRIES):
        if live is not None and not started and not force and STARTED in annotations_of(live):
            return WrittenObject(ref=ref_of(obj), action=WriteAction.UNCHANGED)
        try:
            return _apply(writer, path, obj, live, force=force)
        except errors.FieldConflict:
            raise
        except errors.Conflict:
            if attempt == TRIES - 1:
                raise
            time.sleep(_CHANCE.uniform(0.0, LONGEST_PAUSE * 2**attempt))
            live = writes.read(writer.kube, path)
    raise AssertionError("unreachable")  # pragma: no cover


def _apply(writer: Writer, path: str, obj: Object, live: Object | None, *, force: bool) -> WrittenObject:
    """Apply an object to the version that was read, if there is one.

    A process that was paused meanwhile must not write over what others have done since.
    """
    version = version_of(live) if live is not None else ""
    if version:
        obj = {**obj, "metadata": {**obj["metadata"], "resourceVersion": version}}
    doing = f"apply {ref_of(obj)}"
    result = writes.apply(writer.kube, path, obj, force=force, dry_run=writer.dry_run, doing=doing)
    action = WriteAction.UPDATED
    if result.created:
        action = WriteAction.CREATED
    elif live is None or result.resource_version == version:
        action = WriteAction.UNCHANGED
    return WrittenObject(ref=ref_of(obj), action=action)


def _keep_others(
    writer: Writer, resource: ApiResource, obj: Object, live: Object, *, stage: CopyStage
) -> WrittenObject:
    """Leave an object of the same name that is not this migration's; a Namespace or account is added to."""
    ref = ref_of(obj)
    if is_same_configuration(obj, live, writer.context, writer.key):
        return WrittenObject(ref=ref, action=WriteAction.PRESENT)
    if ref.group_kind in SHARED:
        path, body, doing = resource.path(ref), unlabelled(obj), f"add to {ref}"
        writes.apply(writer.kube, path, body, dry_run=writer.dry_run, doing=doing)
        return WrittenObject(ref=ref, action=WriteAction.PRESENT)
    if stage in ONLY_IF_ABSENT:
        why = "the target's own is another one, and is kept"
        return WrittenObject(ref=ref, action=WriteAction.PRESENT, why=why)
    why = "the target has an object of that name which this migration did not make, and it is another one"
    return WrittenObject(ref=ref, action=WriteAction.DIFFERS, why=why)


def started_form(obj: Object) -> Object:
    """Return an object with the annotation of what works in the target."""
    return with_annotation(obj, STARTED, "true")


def _refused(ref: Ref, error: errors.KubeError) -> WrittenObject:
    """Record a refusal. What the server says of a Secret may quote its values: only fields are named."""
    action, why = WriteAction.REFUSED, error.why
    if isinstance(error, errors.Conflict):
        action = WriteAction.CONFLICT
    if ref.kind == "Secret":
        fields = ", ".join(sorted({cause.field for cause in error.causes if cause.field}))
        why = f"the API server refuses it ({fields or type(error).__name__})"
    if isinstance(error, errors.NamespaceTerminating):
        action, why = WriteAction.REFUSED, f"the namespace {ref.namespace} is being deleted"
    return WrittenObject(ref=ref, action=action, why=why)
