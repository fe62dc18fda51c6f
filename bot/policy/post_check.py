"""After a write: compares what the cluster allows now, from what is read again, with what was previewed.

No Kubernetes API tells what a driver enforces. So this says what the accepted objects mean, and what changed
in between: pods that were created and deleted, policies that others wrote.
"""

import dataclasses
from collections.abc import Iterator

from bot.policy import content
from bot.policy.cluster_state import ClusterState
from bot.policy.reach import engine
from bot.policy.reach.changes import ConnectionChange
from bot.policy.reach.difference import compare_states
from bot.policy.reach.model import PodRef, PolicyRef

MOST_NAMED = 5


@dataclasses.dataclass(frozen=True, kw_only=True)
class PostCheck:
    """What is not as previewed.

    `changes` are against the preview. `created_pods` and `deleted_pods` came and went after it; `policies`
    says in words which other policies were made, changed or deleted in the meantime.
    """

    changes: tuple[ConnectionChange, ...]
    created_pods: tuple[PodRef, ...]
    deleted_pods: tuple[PodRef, ...]
    policies: tuple[str, ...]

    @property
    def as_previewed(self) -> bool:
        """Whether exactly the previewed connections are allowed now."""
        return not self.changes


def compare(
    expected: engine.Reachability, actual: ClusterState, planned_on: ClusterState, *, policy: PolicyRef
) -> PostCheck:
    """Compare what was computed for the time after a write with what is there.

    `actual` is the cluster as it was read after the write of `policy`, `planned_on` as it was read before.
    """
    now = engine.compute(actual.cluster)
    expected_pods, pods = expected.pod_index.number_of.keys(), now.pod_index.number_of.keys()
    return PostCheck(
        changes=tuple(compare_states(expected, now).changes),
        created_pods=tuple(sorted(pods - expected_pods)),
        deleted_pods=tuple(sorted(expected_pods - pods)),
        policies=tuple(_other_changes(planned_on, actual, policy)),
    )


def _other_changes(before: ClusterState, after: ClusterState, policy: PolicyRef) -> Iterator[str]:
    for ref in sorted({*before.policies, *after.policies} - {policy}):
        old, new = before.policies.get(ref), after.policies.get(ref)
        if old is None:
            yield f"{ref} was made"
        elif new is None:
            yield f"{ref} was deleted"
        elif content.strip_server_fields(old) != content.strip_server_fields(new):
            yield f"{ref} was changed"
