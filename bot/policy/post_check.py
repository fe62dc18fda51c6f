"""After a write: what the cluster now allows, computed from what is read again, against what was previewed.

No Kubernetes API tells what a driver enforces, so this says what the accepted objects mean, and what became
different in between: pods that came and went, policies that others wrote.
"""

from __future__ import annotations

import dataclasses

from bot.policy import content
from bot.policy.cluster_state import ClusterState
from bot.policy.reach import difference as differing
from bot.policy.reach import engine
from bot.policy.reach.changes import ConnectionChange
from bot.policy.reach.model import PodRef, PolicyRef

MOST_NAMED = 5


@dataclasses.dataclass(frozen=True, kw_only=True)
class PostCheck:
    """What is not as previewed. `closes`/`opens` of `changes` are against the preview."""

    changes: tuple[ConnectionChange, ...]
    came: tuple[PodRef, ...]  # pods that were not there when it was previewed
    went: tuple[PodRef, ...]
    policies: tuple[str, ...]  # other policies that were made, changed or deleted meanwhile, in words

    @property
    def as_previewed(self) -> bool:
        """Whether exactly the previewed connections are allowed now."""
        return not self.changes


def compare(
    expected: engine.Reachability, seen: ClusterState, then: ClusterState, *, written: PolicyRef
) -> PostCheck:
    """Compare what was computed for after the write with what is there."""
    now = engine.compute(seen.cluster)
    before, after = _pods(expected), _pods(now)
    return PostCheck(
        changes=tuple(differing.difference(expected, now).changes),
        came=tuple(sorted(after - before)),
        went=tuple(sorted(before - after)),
        policies=tuple(_others(then, seen, written)),
    )


def _pods(reach: engine.Reachability) -> frozenset[PodRef]:
    return frozenset(pod.ref for pod in reach.cluster.pods if not pod.finished)


def _others(then: ClusterState, now: ClusterState, written: PolicyRef) -> list[str]:
    found = []
    for ref in sorted({*then.policies, *now.policies} - {written}):
        old, new = then.policies.get(ref), now.policies.get(ref)
        if old is None:
            found.append(f"{ref} was made")
        elif new is None:
            found.append(f"{ref} was deleted")
        elif content.content(old) != content.content(new):
            found.append(f"{ref} was changed")
    return found
