"""Carries out a plan: notes the change, writes it once, and tells the truth about what came of it.

The change is noted with everything that finishing needs before the server is asked to write. After a crash,
or an answer that got lost, the target is looked at first: it is as it was (then it is written), it is as it
was to be (then it is done), or somebody else came in between (then it is given up, and said why).
"""

from __future__ import annotations

import dataclasses
import enum
from datetime import datetime
from typing import Any, Protocol

from bot.adapters.kube import writes
from bot.adapters.kube.client import Kube
from bot.adapters.kube.errors import (
    Conflict,
    FieldConflict,
    KubeError,
    ServerFailed,
    TooManyRequests,
    Unreachable,
)
from bot.policy import content, owners
from bot.policy.change_plan import PolicyChangePlan, path_of, takeovers_of
from bot.policy.errors import ChangedSince, NotWritten, OwnedByOthers, Unclear
from bot.policy.preview import Takeover, Where
from bot.policy.reach.model import PolicyRef
from storage.policy_changes import BEGUN, GIVEN_UP, WRITTEN, PolicyChange

Object = dict[str, Any]

MERGED = "somebody made the policy at the same moment, so what was there before is not known"


class ChangeStore(Protocol):
    """Where changes are kept."""

    def begin(self, change: PolicyChange) -> bool: ...

    def written(
        self,
        operation: str,
        *,
        after: dict[str, Any] | None,
        uid: str = "",
        version: str = "",
        note: str = "",
    ) -> None: ...

    def give_up(self, operation: str, *, note: str) -> None: ...

    def get(self, operation: str) -> PolicyChange | None: ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChangeAuthor:
    """Who makes a change, by which operation, and when."""

    operation: str
    actor: str
    at: datetime


class ChangeState(enum.Enum):
    """How a target stands to a change that was cut off."""

    UNTOUCHED = "as it was before"
    DONE = "as it was to be"
    OTHER = "somebody else changed it"


def note(changes: ChangeStore, plan: PolicyChangePlan, where: Where, maker: ChangeAuthor) -> PolicyChange:
    """Keep a change before it is made."""
    change = PolicyChange(
        operation=maker.operation,
        project=where.project,
        cluster=where.cluster_id,
        cluster_name=where.cluster,
        namespace=plan.ref.namespace,
        policy=plan.ref.name,
        kind=plan.kind,
        actor=maker.actor,
        at=maker.at,
        before=plan.before.content if plan.before else None,
        before_uid=plan.before.uid if plan.before else "",
        before_version=plan.before.version if plan.before else "",
        wanted=plan.wanted,
        after=plan.expected,
        undoes=plan.undoes.operation if plan.undoes else None,
    )
    changes.begin(change)
    return change


def execute(
    kube: Kube, changes: ChangeStore, change: PolicyChange, *, take_over: bool = False, resumed: bool = False
) -> PolicyChange:
    """Write a change that was noted, and return it as it is kept afterwards.

    Raises `ChangedSince`, `OwnedByOthers`, `NotWritten`, `Unclear` (it may have been written), or the
    server's own `KubeError`; in every case but `Unclear` the cluster was not changed.
    """
    if change.state == GIVEN_UP:
        raise NotWritten("This change was given up before", why=change.note, fix=_again(change))
    if change.state == BEGUN:
        if resumed:
            _look_and_write(kube, changes, change, take_over=take_over)
        else:
            _write(kube, changes, change, take_over=take_over)
    kept = changes.get(change.operation)
    if kept is None or kept.state != WRITTEN:
        raise Unclear(
            "What was written is not recorded", why="the change is gone from the database", fix=_again(change)
        )
    return kept


def change_state(change: PolicyChange, live: Object | None) -> ChangeState:
    """How a target stands to a change. `after` of a change that was only begun is what was expected."""
    leaving = live is not None and bool(live["metadata"].get("deletionTimestamp"))
    if change.after is None:
        if live is None or leaving:
            return ChangeState.DONE
    elif live is not None and not leaving and content.content(live) == change.after:
        return ChangeState.DONE
    if live is None:
        return ChangeState.UNTOUCHED if change.before is None else ChangeState.OTHER
    same = (live["metadata"].get("uid"), live["metadata"].get("resourceVersion"))
    return ChangeState.UNTOUCHED if same == (change.before_uid, change.before_version) else ChangeState.OTHER


def _look_and_write(kube: Kube, changes: ChangeStore, change: PolicyChange, *, take_over: bool) -> None:
    live = writes.read(kube, _path(change))
    match change_state(change, live):
        case ChangeState.DONE:
            keep(changes, change, live)
        case ChangeState.UNTOUCHED:
            _write(kube, changes, change, take_over=take_over)
        case ChangeState.OTHER:
            raise _given_up(changes, change, live)


def _write(kube: Kube, changes: ChangeStore, change: PolicyChange, *, take_over: bool) -> None:
    try:
        written = _send(kube, change, take_over=take_over)
    except (Unreachable, ServerFailed, TooManyRequests) as lost:
        _after_lost_answer(kube, changes, change, lost)
        return
    except FieldConflict as conflict:
        owned = takeovers_of(conflict)
        changes.give_up(change.operation, note=conflict.why)
        raise owned_by_others(owned) from conflict
    except Conflict as conflict:
        live = writes.read(kube, _path(change))
        if (
            change_state(change, live) is ChangeState.DONE
        ):  # our own write, whose answer was lost, and which was repeated
            keep(changes, change, live)
            return
        raise _given_up(changes, change, live, words=conflict.why) from conflict
    except KubeError as refused:
        changes.give_up(change.operation, note=refused.why)
        raise
    merged = (
        written is not None and not written.created and change.before is None and _has_others(written.object)
    )
    keep(changes, change, written.object if written else None, note=MERGED if merged else "")


def _has_others(obj: Object) -> bool:
    """Whether somebody else writes an object too: otherwise what was not created was a repeated write of
    ours.
    """
    return bool(owners.managers_of(obj) - {writes.FIELD_MANAGER})


def _send(kube: Kube, change: PolicyChange, *, take_over: bool) -> writes.WriteResult | None:
    """Ask the server once; every write is for the version that was planned on."""
    path = _path(change)
    if change.wanted is None:
        writes.delete(kube, path, uid=change.before_uid, resource_version=change.before_version)
        return None
    seen = {"uid": change.before_uid, "resourceVersion": change.before_version} if change.before else {}
    manifest = {**change.wanted, "metadata": {**change.wanted["metadata"], **seen}}
    if change.kind == "rollback" and change.before is not None:
        return writes.replace(kube, path, manifest)
    try:
        return writes.apply(kube, path, manifest, force=take_over)
    except FieldConflict as conflict:
        if takeovers_of(conflict):
            raise
        return writes.apply(kube, path, manifest, force=True)  # all of it is our own, written by a roll-back


def _after_lost_answer(kube: Kube, changes: ChangeStore, change: PolicyChange, lost: KubeError) -> None:
    """The server may have written it all the same: look, and say what is true."""
    try:
        live = writes.read(kube, _path(change))
    except KubeError:
        raise Unclear(
            f"Whether {change.namespace}/{change.policy} was written is not known",
            why=lost.why,
            fix=(
                f"Look at it: `/xk8s policy show {change.policy} {change.cluster_name} -n {change.namespace}`"
            ),
        ) from lost
    if change_state(change, live) is ChangeState.DONE:
        keep(changes, change, live)
        return
    changes.give_up(change.operation, note=lost.why)
    raise lost


def keep(changes: ChangeStore, change: PolicyChange, live: Object | None, *, note: str = "") -> None:
    """Note that a change was made, with what is there now."""
    if live is None or change.wanted is None:
        changes.written(change.operation, after=None, note=note)
        return
    metadata = live["metadata"]
    changes.written(
        change.operation,
        after=content.content(live),
        uid=metadata["uid"],
        version=metadata["resourceVersion"],
        note=note,
    )


def _given_up(
    changes: ChangeStore, change: PolicyChange, live: Object | None, *, words: str = ""
) -> ChangedSince:
    why = _what_happened(change, live) or words
    changes.give_up(change.operation, note=why)
    return ChangedSince(
        f"{change.namespace}/{change.policy} was changed by somebody else, so nothing was written",
        why=why,
        fix=_again(change),
    )


def _what_happened(change: PolicyChange, live: Object | None) -> str:
    if live is None:
        return "it was deleted in the meantime"
    by = content.last_writer(live)
    whom = f" (last written by {by})" if by else ""
    if change.before is None:
        return f"somebody made a policy of this name{whom}"
    if live["metadata"].get("uid") != change.before_uid:
        return f"it was deleted and made again{whom}"
    return "; ".join(content.differences(change.before, content.content(live))) + whom


def owned_by_others(owned: tuple[Takeover, ...]) -> OwnedByOthers:
    """The refusal that names each manager and field."""
    return OwnedByOthers(
        "Other field managers own what would be written",
        why="\n".join(f"{each.manager} owns {each.field}" for each in owned),
        fix="Change it with that tool, or take the fields over: add `--force-conflicts`.",
    )


def _path(change: PolicyChange) -> str:
    return path_of(PolicyRef(change.namespace, change.policy))


def _again(change: PolicyChange) -> str:
    return f"Look at it: `/xk8s policy list {change.cluster_name}`, then preview and apply again."
