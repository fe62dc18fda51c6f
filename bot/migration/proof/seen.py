"""What is noted of the source before it stops, and cannot be seen afterwards: which Ingresses have an
address, and what
Services answer over HTTP. How many pods and endpoints are ready is `vitals`'."""

from __future__ import annotations

import dataclasses

from bot.kube.client import Kube
from bot.migration.inventory import Inventory
from bot.migration.objects import Ref, ref_of
from bot.migration.plan import Plan
from bot.migration.proof.answers import Answers, ask
from bot.migration.proof.balancers import has_address
from bot.migration.proof.probes import probes


@dataclasses.dataclass(frozen=True, kw_only=True)
class Seen:
    """The source while it served. Recorded: no answer of an application, nothing of a Secret."""

    ingresses: tuple[Ref, ...] = ()
    answers: Answers = dataclasses.field(default_factory=Answers)


def seen(source: Kube, inventory: Inventory, plan: Plan) -> Seen:
    """Look at the source. Raises `KubeError`."""
    taken = [ref_of(each) for each in inventory.of("Ingress", "networking.k8s.io") if has_address(each)]
    return Seen(ingresses=tuple(sorted(taken)), answers=ask(source, probes(plan, inventory).asked))
