"""What is noted of the source before it stops, and cannot be seen afterwards: which Ingresses have an
address, and what
Services answer over HTTP. How many pods and endpoints are ready is `measure`'."""

from __future__ import annotations

import dataclasses

from bot.adapters.kube.client import Kube
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.manifest import Ref, ref_of
from bot.migration.planning.plan import MigrationPlan
from bot.migration.proof.http_answers import HttpAnswers, ask
from bot.migration.proof.http_probes import probes
from bot.migration.proof.load_balancers import has_address


@dataclasses.dataclass(frozen=True, kw_only=True)
class SourceRecord:
    """The source while it served. Recorded: no answer of an application, nothing of a Secret."""

    ingresses: tuple[Ref, ...] = ()
    answers: HttpAnswers = dataclasses.field(default_factory=HttpAnswers)


def record_source(source: Kube, inventory: Inventory, plan: MigrationPlan) -> SourceRecord:
    """Look at the source. Raises `KubeError`."""
    taken = [ref_of(each) for each in inventory.of("Ingress", "networking.k8s.io") if has_address(each)]
    return SourceRecord(ingresses=tuple(sorted(taken)), answers=ask(source, probes(plan, inventory).asked))
