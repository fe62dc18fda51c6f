"""The plan: everything that a migration will do, as JSON, and what an approval of it is bound to.

It names objects and digests of their configuration, never their content, so that it can be stored, shown and
handed from step to step.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.drivers.driver import Driver
from bot.migration.inventory.exclusions import ExcludedObject, ExclusionReason
from bot.migration.objects.digest_keys import OWN
from bot.migration.objects.manifest import Ref
from bot.migration.objects.modes import Hold, Mode
from bot.migration.objects.order import Stage
from bot.migration.planning.connection_changes import ConnectionChanges
from bot.migration.planning.findings import PlanFinding, Weight
from bot.migration.volumes.choices import PlannedVolume


class AddressRecipe(enum.StrEnum):
    """How the traffic of a load balancer moves."""

    NEW_ADDRESS = "new address"  # both serve for a while; DNS is changed by the team
    SAME_ADDRESS = "same address"  # the floating IP moves at the cut-over; seconds to a minute of outage


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterSide:
    """One of the two clusters. `id` is empty for a target that is still to be deployed."""

    name: str
    driver: Driver
    id: str = ""
    kubernetes: str = ""
    template: str = ""  # by which a target is deployed
    nodes: int | None = None
    masters: int | None = None

    @property
    def of_magnum(self) -> bool:
        """Whether Magnum deployed it; what comes from a kubeconfig file is never deleted."""
        return not self.id.startswith("kubeconfig:")


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlannedObject:
    """One object that is copied. `digest` is that of its configuration on the source.

    `version` is the resourceVersion of a Secret: with its uid it says the same where the key of its digest is
    missing.
    """

    ref: Ref
    uid: str
    digest: str
    stage: Stage
    mode: Mode
    hold: Hold = Hold.NOT
    version: str = ""
    notes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlannedLoadBalancer:
    """A Service with a load balancer, its addresses today, and how its traffic moves."""

    service: Ref
    uid: str
    addresses: tuple[str, ...]
    internal: bool
    recipe: AddressRecipe


@dataclasses.dataclass(frozen=True, kw_only=True)
class MigrationSize:
    """How much it is. `cores` and `memory` (bytes) are what running pods request; `disk` is bytes of
    volumes.
    """

    objects: int
    bytes: int
    workloads: int
    pods: int
    volumes: int
    disk: int
    cores: float
    memory: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class TimeEstimate:
    """How long steps will take, each from – to, in seconds. Guesses from counts; shown as such."""

    deploy: tuple[int, int]
    copy: tuple[int, int]
    outage: tuple[int, int]


class MigrationPlan(BaseModel):
    """One migration, planned."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    migration: str
    key: str = ""  # the mark of the key of digests; empty in plans of older versions
    source: ClusterSide
    target: ClusterSide
    namespaces: tuple[str, ...]
    everything: bool  # all namespaces there were: one that is made later is new
    items: tuple[PlannedObject, ...]
    left: tuple[ExcludedObject, ...]
    volumes: tuple[PlannedVolume, ...]
    balancers: tuple[PlannedLoadBalancer, ...]
    early: tuple[str, ...]
    operators: tuple[Ref, ...]
    network: ConnectionChanges
    findings: tuple[PlanFinding, ...]
    size: MigrationSize
    estimate: TimeEstimate

    @property
    def blockers(self) -> tuple[PlanFinding, ...]:
        """What stops it."""
        return self.of(Weight.BLOCKER)

    @property
    def warnings(self) -> tuple[PlanFinding, ...]:
        """What an approver must see."""
        return self.of(Weight.WARNING)

    def of(self, weight: Weight) -> tuple[PlanFinding, ...]:
        """Findings of one weight."""
        return tuple(each for each in self.findings if each.weight is weight)

    @property
    def by_ref(self) -> dict[Ref, PlannedObject]:
        """Items by what they name."""
        return {item.ref: item for item in self.items}

    def _state(self, item: PlannedObject) -> str:
        """What every replica sees alike: a digest, unless it was made with the key of one of them."""
        return f"version:{item.version}" if item.version and self.key.startswith(OWN) else item.digest

    def in_mode(self, mode: Mode) -> tuple[PlannedObject, ...]:
        """Items of one mode."""
        return tuple(item for item in self.items if item.mode is mode)

    def left_for(self, reasons: Iterable[ExclusionReason]) -> tuple[ExcludedObject, ...]:
        """What is left out for some reasons."""
        wanted = frozenset(reasons)
        return tuple(each for each in self.left if each.reason in wanted)

    def bound(self) -> dict[str, Any]:
        """What an approval depends on: objects, volumes, target and modes. No status, counts, times or
        texts.
        """
        return {
            "source": self.source.id,
            "target": {
                "id": self.target.id,
                "name": self.target.name,
                "driver": str(self.target.driver),
                "template": self.target.template,
                "nodes": self.target.nodes,
                "masters": self.target.masters,
            },
            "namespaces": list(self.namespaces),
            "objects": sorted(
                [str(item.ref), item.uid, self._state(item), str(item.mode)] for item in self.items
            ),
            "volumes": sorted(
                [volume.claim.short, volume.claim_uid, volume.volume, volume.handle, str(volume.choice or "")]
                for volume in self.volumes
            ),
            "addresses": sorted([each.service.short, str(each.recipe)] for each in self.balancers),
        }
