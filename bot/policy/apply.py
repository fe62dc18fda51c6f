"""Executes a plan: records the change, writes it once, and reports truthfully what came of it.

The change is recorded, with everything that finishing it needs, before the server is asked to write. After a
crash or a lost answer the live policy is read first, and `drift` decides whether the change is still to be
written, has been written, or is given up because somebody else intervened.
"""

import dataclasses
from datetime import datetime
from typing import Any, Protocol

from bot.adapters.kube import writes
from bot.adapters.kube.client import KubeClient
from bot.adapters.kube.errors import (
    Conflict,
    FieldConflict,
    KubeError,
    ServerFailed,
    TooManyRequests,
    Unreachable,
)
from bot.policy import content, owners
from bot.policy.change_plan import ROLLBACK, PolicyChangePlan, path_of
from bot.policy.drift import TargetState, drift_during, target_state
from bot.policy.errors import ChangedSince, NotWritten, OutcomeUnknown
from bot.policy.field_conflicts import owned_by_others, takeovers_of
from bot.policy.preconditions import show_command
from bot.policy.reach.model import PolicyRef
from storage.policy_changes import BEGUN, GIVEN_UP, WRITTEN, PolicyChange

Object = dict[str, Any]

MERGED = "somebody made the policy at the same moment, so what was there before is not known"


class ChangeStore(Protocol):
    """Where changes are recorded."""

    def begin(self, change: PolicyChange) -> bool: ...

    def mark_written(
        self, operation: str, *, after: Object | None, uid: str = "", version: str = "", note: str = ""
    ) -> None: ...

    def mark_given_up(self, operation: str, *, note: str) -> None: ...

    def get(self, operation: str) -> PolicyChange | None: ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChangeAuthor:
    """Who makes a change, in which operation, and when."""

    operation: str
    actor: str
    at: datetime


def record_begun(changes: ChangeStore, plan: PolicyChangePlan, author: ChangeAuthor) -> PolicyChange:
    """Record a change before it is written, and return it."""
    preview, cluster, before = plan.preview, plan.preview.cluster, plan.preview.before
    change = PolicyChange(
        operation=author.operation,
        project=cluster.project,
        cluster=cluster.id,
        cluster_name=cluster.name,
        namespace=preview.ref.namespace,
        policy=preview.ref.name,
        kind=plan.kind,
        actor=author.actor,
        at=author.at,
        before=before.content if before else None,
        before_uid=before.uid if before else "",
        before_version=before.version if before else "",
        wanted=plan.desired,
        after=preview.manifest,
        undoes=plan.undoes.operation if plan.undoes else None,
    )
    changes.begin(change)
    return change


def record_written(
    changes: ChangeStore, change: PolicyChange, live: Object | None, *, note: str = ""
) -> None:
    """Record that a change was written, with what is there now."""
    if live is None or change.wanted is None:
        changes.mark_written(change.operation, after=None, note=note)
        return
    changes.mark_written(
        change.operation,
        after=content.strip_server_fields(live),
        uid=live["metadata"]["uid"],
        version=live["metadata"]["resourceVersion"],
        note=note,
    )


def execute(
    kube: KubeClient,
    changes: ChangeStore,
    change: PolicyChange,
    *,
    take_over: bool = False,
    resumed: bool = False,
) -> PolicyChange:
    """Write a change that has been recorded, and return it as it is recorded afterwards.

    `take_over` takes fields over from other managers; `resumed` is for a change that was cut off. Raises
    `ChangedSince`, `OwnedByOthers`, `NotWritten`, `OutcomeUnknown` (it may have been written), or the
    server's own `KubeError`. In every case but `OutcomeUnknown` the cluster was not changed.
    """
    if change.state == GIVEN_UP:
        raise NotWritten("This change was given up before", why=change.note, fix=_try_again(change))
    if change.state == BEGUN:
        if resumed:
            _resume(kube, changes, change, take_over=take_over)
        else:
            _write(kube, changes, change, take_over=take_over)
    record = changes.get(change.operation)
    if record is None or record.state != WRITTEN:
        raise OutcomeUnknown(
            "What was written is not recorded",
            why="the change is gone from the database",
            fix=_try_again(change),
        )
    return record


def _resume(kube: KubeClient, changes: ChangeStore, change: PolicyChange, *, take_over: bool) -> None:
    live = writes.read(kube, _path(change))
    match target_state(change, live):
        case TargetState.WRITTEN:
            record_written(changes, change, live)
        case TargetState.UNCHANGED:
            _write(kube, changes, change, take_over=take_over)
        case TargetState.CHANGED_BY_OTHERS:
            raise _give_up(changes, change, live)


def _write(kube: KubeClient, changes: ChangeStore, change: PolicyChange, *, take_over: bool) -> None:
    try:
        result = _send(kube, change, take_over=take_over)
    except (Unreachable, ServerFailed, TooManyRequests) as lost:
        _settle_lost_answer(kube, changes, change, lost)
    except FieldConflict as conflict:
        changes.mark_given_up(change.operation, note=conflict.why)
        raise owned_by_others(takeovers_of(conflict)) from conflict
    except Conflict as conflict:
        live = writes.read(kube, _path(change))
        # the client repeats a write whose answer was lost: then the conflict is with our own first write
        if target_state(change, live) is not TargetState.WRITTEN:
            raise _give_up(changes, change, live, server_words=conflict.why) from conflict
        record_written(changes, change, live)
    except KubeError as refused:
        changes.mark_given_up(change.operation, note=refused.why)
        raise
    else:
        merged = result is not None and change.before is None and _was_merged(result)
        record_written(changes, change, result.object if result else None, note=MERGED if merged else "")


def _was_merged(result: writes.WriteResult) -> bool:
    """Whether a policy that should have been created was merged into that of somebody else.

    Where nobody else writes it, a policy that was not created now is our own, from a repeated write.
    """
    return not result.created and bool(owners.managers_of(result.object) - {writes.FIELD_MANAGER})


def _send(kube: KubeClient, change: PolicyChange, *, take_over: bool) -> writes.WriteResult | None:
    """Ask the server once; every write is for the version that was planned on."""
    path = _path(change)
    if change.wanted is None:
        writes.delete(kube, path, uid=change.before_uid, resource_version=change.before_version)
        return None
    version = {"uid": change.before_uid, "resourceVersion": change.before_version} if change.before else {}
    manifest = {**change.wanted, "metadata": {**change.wanted["metadata"], **version}}
    if change.kind == ROLLBACK and change.before is not None:
        return writes.replace(kube, path, manifest)
    try:
        return writes.apply(kube, path, manifest, force=take_over)
    except FieldConflict as conflict:
        if takeovers_of(conflict):
            raise
        return writes.apply(kube, path, manifest, force=True)  # all fields are our own, from a roll-back


def _settle_lost_answer(
    kube: KubeClient, changes: ChangeStore, change: PolicyChange, lost: KubeError
) -> None:
    """Read the policy to find out whether the server wrote it all the same, and record what is true."""
    try:
        live = writes.read(kube, _path(change))
    except KubeError:
        raise OutcomeUnknown(
            f"Whether {change.namespace}/{change.policy} was written is not known",
            why=lost.why,
            fix=f"Look at it: {show_command(change)}",
        ) from lost
    if target_state(change, live) is not TargetState.WRITTEN:
        changes.mark_given_up(change.operation, note=lost.why)
        raise lost
    record_written(changes, change, live)


def _give_up(
    changes: ChangeStore, change: PolicyChange, live: Object | None, *, server_words: str = ""
) -> ChangedSince:
    why = drift_during(change, live) or server_words
    changes.mark_given_up(change.operation, note=why)
    return ChangedSince(
        f"{change.namespace}/{change.policy} was changed by somebody else, so nothing was written",
        why=why,
        fix=_try_again(change),
    )


def _path(change: PolicyChange) -> str:
    return path_of(PolicyRef(change.namespace, change.policy))


def _try_again(change: PolicyChange) -> str:
    return f"Look at it: `/xk8s policy list {change.cluster_name}`, then preview and apply again."
