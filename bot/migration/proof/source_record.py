"""What is recorded of the source before it stops, so that the target can be compared with it afterwards."""

import dataclasses

from bot.adapters.kube.client import KubeClient
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.fields import Ref, ref_of
from bot.migration.objects.kinds import INGRESS
from bot.migration.planning.plan import MigrationPlan
from bot.migration.proof.http_probes import probes
from bot.migration.proof.http_requests import HttpAnswers, ask
from bot.migration.proof.load_balancers import has_address


@dataclasses.dataclass(frozen=True, kw_only=True)
class SourceRecord:
    """The source while it served: the Ingresses that had an address, and the classes of HTTP answers.

    It is stored, and has no answer of an application and nothing of a Secret.
    """

    ingresses: tuple[Ref, ...] = ()
    answers: HttpAnswers = dataclasses.field(default_factory=HttpAnswers)


def record_source(source: KubeClient, inventory: Inventory, plan: MigrationPlan) -> SourceRecord:
    """Look at the source, and send each of its HTTP probes once. Raises `KubeError`."""
    ingresses = [ref_of(ingress) for ingress in inventory.of(INGRESS[1], INGRESS[0]) if has_address(ingress)]
    answers = ask(source, probes(plan, inventory).probes)
    return SourceRecord(ingresses=tuple(sorted(ingresses)), answers=answers)
