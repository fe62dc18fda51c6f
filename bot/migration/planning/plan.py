"""The plan: everything that a migration will do, as JSON, and what an approval of it is bound to.

A plan names objects and digests of their configuration, never their content, so that it can be stored, shown
and handed from step to step. Its fields are stored: a plan of an older version must stay readable.
"""

import dataclasses
import enum
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.drivers.driver import Driver
from bot.migration.inventory.exclusions import ExcludedObject
from bot.migration.objects.copy_order import CopyStage
from bot.migration.objects.cutover_modes import CutoverMode, Hold
from bot.migration.objects.digest_keys import OWN
from bot.migration.objects.fields import Ref
from bot.migration.planning.connection_changes import ConnectionChanges
from bot.migration.planning.findings import PlanFinding, Weight
from bot.migration.volumes.choices import PlannedVolume


class AddressRecipe(enum.StrEnum):
    """How the traffic of a load balancer moves.

    With a new address both clusters serve for a while, and the team changes DNS. The same address is a
    floating IP that moves at the cut-over, with an outage of seconds to a minute.
    """

    NEW_ADDRESS = "new address"
    SAME_ADDRESS = "same address"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterSide:
    """One of the two clusters.

    `id` is empty for a target that is still to be deployed, from the template and with the nodes given here.
    """

    name: str
    driver: Driver
    id: str = ""
    kubernetes: str = ""
    template: str = ""
    nodes: int | None = None
    masters: int | None = None

    @property
    def of_magnum(self) -> bool:
        """Whether Magnum deployed it; a cluster of a kubeconfig file is never deleted."""
        return not self.id.startswith("kubeconfig:")


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlannedObject:
    """One object that is copied. `digest` is the fingerprint of its configuration on the source.

    `version` is the resourceVersion of a Secret. Where the key of its digest is missing, it tells together
    with the uid whether the Secret has changed.
    """

    ref: Ref
    uid: str
    digest: str
    stage: CopyStage
    mode: CutoverMode
    hold: Hold = Hold.NOT
    version: str = ""
    notes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlannedLoadBalancer:
    """A Service with a load balancer: its addresses on the source, and how its traffic moves."""

    service: Ref
    uid: str
    addresses: tuple[str, ...]
    internal: bool
    recipe: AddressRecipe


@dataclasses.dataclass(frozen=True, kw_only=True)
class MigrationSize:
    """How much is moved. `cores` and `memory` are what running pods request; sizes are in bytes."""

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
    """How long steps may take, each as the least and the most in seconds: guesses, and shown as such."""

    deploy: tuple[int, int]
    copy: tuple[int, int]
    outage: tuple[int, int]


class MigrationPlan(BaseModel):
    """Everything that one migration will do.

    `key` is the mark of the key of its digests (empty in plans of older versions), and `everything` says that
    no namespaces were chosen, so that one that is created later is new.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    migration: str
    key: str = ""
    source: ClusterSide
    target: ClusterSide
    namespaces: tuple[str, ...]
    everything: bool
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
        """The findings that stop the migration."""
        return self.of(Weight.BLOCKER)

    @property
    def warnings(self) -> tuple[PlanFinding, ...]:
        """The findings that an approver must see."""
        return self.of(Weight.WARNING)

    def of(self, weight: Weight) -> tuple[PlanFinding, ...]:
        """Return the findings of one weight."""
        return tuple(finding for finding in self.findings if finding.weight is weight)

    @property
    def by_ref(self) -> dict[Ref, PlannedObject]:
        """The copied objects by their reference."""
        return {item.ref: item for item in self.items}

    def _state(self, item: PlannedObject) -> str:
        """Return what every replica computes alike: the digest, unless its key is one replica's own."""
        return f"version:{item.version}" if item.version and self.key.startswith(OWN) else item.digest

    def bound(self) -> dict[str, Any]:
        """Return what an approval is bound to: objects, modes, volumes, target; no status, counts, texts."""
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
            "addresses": sorted(
                [balancer.service.short, str(balancer.recipe)] for balancer in self.balancers
            ),
        }
