"""The steps of a migration in their order, as the durable workflow takes them, for tests to stop at any
of them.
"""

from __future__ import annotations

import dataclasses

from bot.drivers.catalog import profile
from bot.kube.client import Kube
from bot.migration import copying, exclusions, forms, standing, starting, undoing, vitals, waiting
from bot.migration.copying import Record
from bot.migration.inventory import Inventory
from bot.migration.objects import ref_of
from bot.migration.plan import Plan, Recipe
from bot.migration.planning.survey import again
from bot.migration.source import applying, picture
from bot.migration.source.changes import BeforeImage
from bot.migration.surface import agree, discover
from bot.migration.traffic import opening
from bot.migration.vitals import Vitals
from bot.migration.volumes import moving
from bot.migration.writing import Writer
from bot.settings.file import Mappings
from tests.contract.migration.conftest import KEY, Cinder, Cloud

SECONDS = 30.0


@dataclasses.dataclass
class Moving:
    """One migration between two clusters of a cloud."""

    cloud: Cloud
    plan: Plan
    mappings: Mappings = dataclasses.field(default_factory=Mappings)
    image: BeforeImage | None = None
    before: Vitals | None = None

    def __post_init__(self) -> None:
        self.source: Kube = self.cloud.kube(self.plan.source.name)
        self.target: Kube = self.cloud.kube(self.plan.target.name)
        self.disks = Cinder(self.cloud.infrastructure)
        self.surface = discover(self.source)

    def inventory(self) -> Inventory:
        return again(self.source, agree(self.surface, self.surface), self.plan.namespaces)

    def into(self) -> Writer:
        return copying.writer(self.target, self.plan, self.mappings, KEY)

    def forms(self, inventory: Inventory) -> forms.Forms:
        return forms.forms(self.plan, inventory, self.mappings, self.image)

    def copy(self) -> Record:
        found = self.inventory()
        return copying.copy(self.into(), self.plan, found, self.forms(found))

    def rehearse(self) -> Record:
        found = self.inventory()
        return copying.rehearse(self.into(), self.plan, found, self.forms(found))

    def take_picture(self) -> BeforeImage:
        found = self.inventory()
        grounds = exclusions.grounds(found, profile(self.plan.target.driver), early=self.plan.early)
        workloads = picture.to_quiesce(found, grounds, self.plan.early)
        self.before = vitals.vitals(found, [ref_of(each) for each in workloads])
        self.image = picture.picture(
            migration=self.plan.migration,
            workloads=workloads,
            operators=self.plan.operators,
            volumes=self.plan.volumes,
            inventory=found,
            agreement=agree(self.surface, self.surface),
            keep_addresses=[],
        )
        return self.image

    def quiesce(self) -> tuple[applying.Applied, ...]:
        image = self.image or self.take_picture()
        done = applying.make(self.source, image)
        waiting.until(
            lambda: standing.still_running(self.source, self.surface, self.plan, image),
            what="stop",
            seconds=SECONDS,
        )
        waiting.until(
            lambda: moving.attached(self.source, self.plan.volumes, self.disks),
            what="be free",
            seconds=SECONDS,
        )
        moving.check_retained(self.source, self.plan.volumes)
        return done

    def attach(self) -> None:
        made = self.forms(self.inventory())
        claims = {each.claim: made.final[each.claim] for each in self.plan.volumes if each.moves}
        moving.attach(self.target, self.plan.volumes, claims, self.plan.migration)
        waiting.until(lambda: moving.unbound(self.target, self.plan.volumes), what="bind", seconds=SECONDS)

    def start(self) -> list[Record]:
        found, into = self.inventory(), self.into()
        made = self.forms(found)
        done = [starting.first_replicas(into, self.plan, found, made)]
        return [*done, *(starting.start(into, self.plan, found, made, part) for part in starting.PARTS)]

    def wait_until_ready(self) -> None:
        top = starting.top_level(self.inventory(), self.plan.items)
        before = self.before or vitals.Vitals(running=(), endpoints=())
        waiting.until(
            lambda: vitals.worse(before, starting.now(self.target, self.surface, self.plan, top)),
            what="be ready",
            seconds=SECONDS,
        )

    def open(self) -> None:
        found, into = self.inventory(), self.into()
        opening.open_traffic(into, self.plan, found, self.forms(found))
        waiting.until(
            lambda: opening.unanswered(into, opening.of_recipe(self.plan, Recipe.NEW_ADDRESS)),
            what="have an address",
            seconds=SECONDS,
        )
        opening.admit(into, self.plan, found, self.forms(found))

    def cut_over(self) -> None:
        self.quiesce()
        self.attach()
        self.start()
        self.wait_until_ready()
        self.open()

    def roll_back(self) -> tuple[applying.Applied, ...]:
        found = self.inventory()
        undoing.stop(self.into(), self.plan, found, self.forms(found))
        waiting.until(
            lambda: moving.attached(self.target, self.plan.volumes, self.disks),
            what="be free",
            seconds=SECONDS,
        )
        moving.detach(self.target, self.plan.volumes, self.plan.migration)
        assert self.image is not None
        return applying.take_back(self.source, self.image)
