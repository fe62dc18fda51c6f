"""The results of the policy actions, as plain data."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime

from bot.actions.action import Action
from bot.policy.other_policy_apis import OtherPolicy
from bot.policy.owners import PolicyOwner
from bot.policy.post_check import PostCheck
from bot.policy.presets import Preset
from bot.policy.preview import ConnectionPreview, PolicyCluster
from bot.policy.reach.explanations import Explanation
from bot.policy.reach.exposure import Exposure
from bot.policy.reach.model import PolicyRef


@dataclasses.dataclass(frozen=True, kw_only=True)
class PresetList:
    """The presets, in the order in which they are listed."""

    presets: tuple[Preset, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyForm:
    """A form has to be filled in with a person's own YAML; `action` is the request that it completes."""

    action: Action
    cluster: str
    namespace: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class PreviewShown:
    """A preview, and the request that asked for it, so that buttons can offer what comes next.

    `may_apply`: there is something to apply, and the driver enforces it. `dns_helps`: pods lose DNS, and
    `--allow-dns` would let them keep it.
    """

    preview: ConnectionPreview
    action: Action
    may_apply: bool
    dns_helps: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyChanged:
    """A policy was applied, deleted or rolled back.

    `kind` is apply, delete or rollback. `change` is the operation by which it can be rolled back, empty if
    nothing had to be written. `post_check` is None where reading the cluster again failed, for the reason in
    `not_compared`. `deleting` means that a finalizer still holds up a deletion. `note` says why the change
    cannot be rolled back. `undoes` is the change that a roll-back reverted.
    """

    kind: str
    cluster: PolicyCluster
    ref: PolicyRef
    change: str
    preview: ConnectionPreview
    post_check: PostCheck | None
    not_compared: str = ""
    deleting: bool = False
    note: str = ""
    undoes: str = ""

    @property
    def audit_target(self) -> str:
        """The cluster that was changed: the request of a roll-back names only a change."""
        return self.cluster.name


@dataclasses.dataclass(frozen=True, kw_only=True)
class ListedPolicy:
    """One policy in a list.

    `isolates` are its policy types, Ingress and Egress. `pods` counts the pods that it isolates now.
    """

    ref: PolicyRef
    isolates: tuple[str, ...]
    pods: int
    owner: PolicyOwner | None
    created: datetime | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecentChange:
    """One change that was made through this bot."""

    operation: str
    kind: str
    ref: PolicyRef
    actor: str
    at: datetime
    undone: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyListing:
    """A cluster's policies, by namespace and name, and what was changed through this bot last."""

    cluster: PolicyCluster
    policies: tuple[ListedPolicy, ...]
    other_policies: tuple[OtherPolicy, ...]
    gaps: tuple[str, ...]
    changes: tuple[RecentChange, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyShown:
    """One policy as YAML, with its owner and its field managers; `selected` counts the pods it isolates."""

    cluster: PolicyCluster
    ref: PolicyRef
    yaml: str
    owner: PolicyOwner | None
    managers: tuple[str, ...]
    last_writer: str
    selected: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class PairExplanation:
    """One explanation, and the number of pairs of pods that share it."""

    explanation: Explanation
    pairs: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReachAnswer:
    """Whether one end can reach the other; the ends are given as the request named them: `shop/frontend`."""

    cluster: PolicyCluster
    source: str
    destination: str
    port: str
    pairs_explained: tuple[PairExplanation, ...]
    other_policies: tuple[OtherPolicy, ...]
    gaps: tuple[str, ...]

    @property
    def allowed(self) -> int:
        """The number of pairs of pods that may connect."""
        return sum(story.pairs for story in self.pairs_explained if story.explanation.allowed)

    @property
    def pairs(self) -> int:
        """The number of all pairs of pods."""
        return sum(story.pairs for story in self.pairs_explained)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExposureShown:
    """What is open to everybody in a cluster; `pods` counts the pods of each workload."""

    cluster: PolicyCluster
    exposure: Exposure
    pods: Mapping[str, int]
    other_policies: tuple[OtherPolicy, ...]
    gaps: tuple[str, ...]
