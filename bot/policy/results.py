"""What the policy words answer, as plain data."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.actions.action import Action
from bot.policy.other_policy_apis import OtherPolicies
from bot.policy.owners import PolicyOwner
from bot.policy.post_check import PostCheck
from bot.policy.presets import Preset
from bot.policy.preview import ConnectionPreview, Where
from bot.policy.reach.explanations import Explanation
from bot.policy.reach.exposure import Exposure
from bot.policy.reach.model import PolicyRef

Object = dict[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class PresetList:
    """The presets."""

    presets: tuple[Preset, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyForm:
    """A form is needed for a person's own YAML; `action` is what it completes."""

    action: Action
    cluster: str
    namespace: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class PreviewShown:
    """A preview, and the words that asked for it, so that buttons can offer what comes next."""

    preview: ConnectionPreview
    action: Action
    may_apply: bool  # there is something to apply, and the driver enforces it
    dns_helps: bool  # pods lose DNS, and `--allow-dns` would leave it to them


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyChanged:
    """A policy was applied, deleted or rolled back.

    `change` is the operation by which it can be taken back; empty if nothing had to be written. `aftermath`
    is None where reading again failed, for the reason in `not_compared`.
    """

    kind: str  # apply, delete, rollback
    where: Where
    ref: PolicyRef
    change: str
    preview: ConnectionPreview
    aftermath: PostCheck | None
    not_compared: str = ""
    leaving: bool = False  # a deletion that a finalizer holds up
    note: str = ""  # why it cannot be taken back
    undoes: str = ""  # the change that was taken back

    @property
    def audit_target(self) -> str:
        """What it was done to, for a roll-back, whose words name only a change."""
        return self.where.cluster


@dataclasses.dataclass(frozen=True, kw_only=True)
class ListedPolicy:
    """One policy in a list. `pods` is how many it selects now."""

    ref: PolicyRef
    isolates: tuple[str, ...]  # Ingress, Egress
    pods: int
    owner: PolicyOwner | None
    made: datetime | None


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
    """A cluster's policies, by namespace and name, and what was changed here last."""

    where: Where
    policies: tuple[ListedPolicy, ...]
    foreign: tuple[OtherPolicies, ...]
    gaps: tuple[str, ...]
    changes: tuple[RecentChange, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyShown:
    """One policy as YAML."""

    where: Where
    ref: PolicyRef
    yaml: str
    owner: PolicyOwner | None
    managers: tuple[str, ...]
    last_writer: str
    selected: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Story:
    """One explanation, and for how many pairs of pods it is the same."""

    explanation: Explanation
    pairs: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReachAnswer:
    """Whether one end can reach the other, for each pair of pods that tells a different story."""

    where: Where
    source: str  # as it was said, resolved: shop/frontend
    destination: str
    port: str
    stories: tuple[Story, ...]
    foreign: tuple[OtherPolicies, ...]
    gaps: tuple[str, ...]

    @property
    def allowed(self) -> int:
        """How many pairs may connect."""
        return sum(story.pairs for story in self.stories if story.explanation.allowed)

    @property
    def pairs(self) -> int:
        """How many pairs there are."""
        return sum(story.pairs for story in self.stories)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExposureShown:
    """What is open to everybody in a cluster: a list to work off."""

    where: Where
    exposure: Exposure
    pods: Mapping[str, int]  # by workload
    foreign: tuple[OtherPolicies, ...]
    gaps: tuple[str, ...]
