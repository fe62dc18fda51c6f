"""The steps of a migration in their order, as the durable workflow takes them, for tests to stop at any
of them.
"""

from __future__ import annotations

import dataclasses

from bot.adapters.kube.client import KubeClient
from bot.drivers.catalog import profile
from bot.migration.copy import copier, deadline, removal, startup, target_objects
from bot.migration.copy.copier import CopyRecord
from bot.migration.copy.writer import Writer
from bot.migration.inventory import baseline, exclusions
from bot.migration.inventory.api_discovery import discover
from bot.migration.inventory.baseline import Baseline
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.inventory.served_apis import common_apis
from bot.migration.objects.fields import ref_of
from bot.migration.planning.plan import AddressRecipe, MigrationPlan
from bot.migration.planning.survey import read_source
from bot.migration.source import changes, quiesce_plan, quiesced
from bot.migration.source.before_image import BeforeImage
from bot.migration.traffic import load_balancers
from bot.migration.volumes import reattachment
from bot.settings.mappings import Mappings
from tests.contract.migration.conftest import KEY, Cinder, Cloud

SECONDS = 30.0


@dataclasses.dataclass
class MigrationScenario:
    """One migration between two clusters of a cloud."""

    cloud: Cloud
    plan: MigrationPlan
    mappings: Mappings = dataclasses.field(default_factory=Mappings)
    image: BeforeImage | None = None
    before: Baseline | None = None

    def __post_init__(self) -> None:
        self.source: KubeClient = self.cloud.kube(self.plan.source.name)
        self.target: KubeClient = self.cloud.kube(self.plan.target.name)
        self.disks = Cinder(self.cloud.infrastructure)
        self.surface = discover(self.source)

    def inventory(self) -> Inventory:
        return read_source(
            self.source, self.surface, common_apis(self.surface, self.surface), self.plan.namespaces
        )

    def writer(self) -> Writer:
        surface = discover(self.target)
        return copier.build_writer(self.target, self.plan, self.mappings, surface=surface, key=KEY)

    def target_objects(self, inventory: Inventory) -> target_objects.TargetObjects:
        return target_objects.build(self.plan, inventory, self.mappings, self.image)

    def copy(self) -> CopyRecord:
        inventory = self.inventory()
        return copier.copy(self.writer(), self.plan, inventory, self.target_objects(inventory))

    def rehearse(self) -> CopyRecord:
        inventory = self.inventory()
        return copier.rehearse(self.writer(), self.plan, inventory, self.target_objects(inventory))

    def take_picture(self) -> BeforeImage:
        inventory = self.inventory()
        rules = exclusions.exclusion_context(
            inventory, profile(self.plan.target.driver), early=self.plan.early
        )
        workloads = quiesce_plan.workloads_to_quiesce(inventory, rules, self.plan.early)
        self.before = baseline.measure(inventory, [ref_of(workload) for workload in workloads])
        self.image = quiesce_plan.build_before_image(
            migration=self.plan.migration,
            workloads=workloads,
            operators=self.plan.operators,
            volumes=self.plan.volumes,
            inventory=inventory,
            common_apis=common_apis(self.surface, self.surface),
            keep_addresses=[],
        )
        return self.image

    def quiesce(self) -> tuple[changes.AppliedChange, ...]:
        image = self.image or self.take_picture()
        applied = changes.apply(self.source, image)
        deadline.until(
            lambda: quiesced.still_running(self.source, self.surface, self.plan, image),
            what="stop",
            seconds=SECONDS,
        )
        deadline.until(
            lambda: reattachment.still_attached(self.source, self.plan.volumes, self.disks),
            what="be free",
            seconds=SECONDS,
        )
        reattachment.check_retained(self.source, self.plan.volumes)
        return applied

    def attach(self) -> None:
        objects = self.target_objects(self.inventory())
        claims = {volume.claim: objects.final[volume.claim] for volume in self.plan.volumes if volume.moves}
        reattachment.attach(self.target, self.plan.volumes, claims, self.plan.migration)
        deadline.until(
            lambda: reattachment.unbound_claims(self.target, self.plan.volumes), what="bind", seconds=SECONDS
        )

    def start(self) -> list[CopyRecord]:
        inventory, writer = self.inventory(), self.writer()
        objects = self.target_objects(inventory)
        records = [startup.first_replicas(writer, self.plan, inventory, objects)]
        return [
            *records,
            *(
                startup.start(writer, self.plan, inventory, objects, stages=stages)
                for stages in startup.START_ORDER
            ),
        ]

    def wait_until_ready(self) -> None:
        top = startup.top_level(self.inventory(), self.plan.items)
        before = self.before or baseline.Baseline(running=(), endpoints=())
        deadline.until(
            lambda: baseline.regressions(
                before, startup.current_baseline(self.target, self.surface, self.plan, top)
            ),
            what="be ready",
            seconds=SECONDS,
        )

    def open(self) -> None:
        inventory, writer = self.inventory(), self.writer()
        load_balancers.open_traffic(writer, self.plan, inventory, self.target_objects(inventory))
        deadline.until(
            lambda: load_balancers.without_address(
                writer, load_balancers.services_with(self.plan, AddressRecipe.NEW_ADDRESS)
            ),
            what="have an address",
            seconds=SECONDS,
        )
        load_balancers.open_webhooks(writer, self.plan, inventory, self.target_objects(inventory))

    def cut_over(self) -> None:
        self.quiesce()
        self.attach()
        self.start()
        self.wait_until_ready()
        self.open()

    def roll_back(self) -> tuple[changes.AppliedChange, ...]:
        inventory = self.inventory()
        removal.stop(self.writer(), self.plan, inventory, self.target_objects(inventory))
        deadline.until(
            lambda: reattachment.still_attached(self.target, self.plan.volumes, self.disks),
            what="be free",
            seconds=SECONDS,
        )
        reattachment.detach(self.target, self.plan.volumes, self.plan.migration)
        assert self.image is not None
        return changes.revert(self.source, self.image)
