"""Switches the traffic: load balancers and addresses, Ingresses, webhooks, when the copies work."""

from __future__ import annotations

from datetime import timedelta

from bot.migration.planning.plan import AddressRecipe
from bot.migration.traffic import exposure, floating_ips
from bot.migration.traffic.floating_ips import FloatingIpMove
from bot.migration.workflow import cutover
from bot.migration.workflow.cluster_views import ClusterViews, RunState, opened
from bot.migration.workflow.ports import Json, ProjectPorts
from bot.migration.workflow.run import Run
from bot.migration.workflow.step import Step

ADDRESS_WITHIN = timedelta(minutes=15)


def traffic(passage: Run, ground: ProjectPorts, recorded: RunState) -> None:
    """Give the copies their load balancers, Ingresses and webhooks. Raises `RollbackRequested`."""
    passage.enter(Step.TRAFFIC)
    passage.do("open", lambda: _opened(passage, ground, recorded))
    fresh = exposure.of_recipe(passage.plan, AddressRecipe.NEW_ADDRESS)
    services = (*fresh, *(move.service for move in recorded.moves))
    if services:
        passage.wait(
            "wait for load balancers",
            lambda: cutover.looking(
                passage, ground, recorded, lambda scene: exposure.unanswered(scene.into, services)
            ),
            what="get an address",
            within=ADDRESS_WITHIN,
            detail="waiting for load balancers",
        )
    for number, move in enumerate(recorded.moves, 1):
        passage.do(f"switch {number}", lambda move=move: _switched(passage, ground, recorded, move))  # type: ignore[misc]
        passage.wait(
            f"wait for address {number}",
            lambda move=move: cutover.looking(passage, ground, recorded, lambda scene: _arrived(scene, move)),  # type: ignore[misc]
            what="arrive",
            within=ADDRESS_WITHIN,
            detail=f"waiting for {move.address}",
        )
    passage.do("admit", lambda: _admitted(passage, ground, recorded))
    told = passage.do("addresses", lambda: _addresses(passage, ground, recorded))
    passage.leave(f"the new cluster serves; load balancers: {told['count']}", told["lines"])


def _opened(passage: Run, ground: ProjectPorts, recorded: RunState) -> Json:
    with opened(passage.plan, ground, recorded) as scene:
        passage.flow.fence()
        if recorded.moves and ground.addresses is not None:
            for move in recorded.moves:
                floating_ips.keep(move, ground.addresses, passage.migration)
            cutover.taken(
                floating_ips.open_internal(
                    scene.into, passage.plan, scene.inventory, scene.forms, recorded.moves
                )
            )
        record = exposure.open_traffic(scene.into, passage.plan, scene.inventory, scene.forms)
    return cutover.taken(record)


def _switched(passage: Run, ground: ProjectPorts, recorded: RunState, move: FloatingIpMove) -> Json:
    if ground.addresses is None:
        return {}
    with opened(passage.plan, ground, recorded) as scene:
        resource = scene.into.surface.find(move.service)
        if resource is not None:
            passage.flow.fence()
            path = resource.path(move.service)
            floating_ips.switch(scene.target, path, scene.forms.final[move.service], move, ground.addresses)
    return {}


def _arrived(scene: ClusterViews, move: FloatingIpMove) -> list[str]:
    resource = scene.into.surface.find(move.service)
    if scene.ground.addresses is None or resource is None:
        return []
    return floating_ips.arrived(scene.target, resource.path(move.service), move, scene.ground.addresses)


def _admitted(passage: Run, ground: ProjectPorts, recorded: RunState) -> Json:
    with opened(passage.plan, ground, recorded) as scene:
        passage.flow.fence()
        record = exposure.admit(scene.into, passage.plan, scene.inventory, scene.forms)
    return cutover.taken(record)


def _addresses(passage: Run, ground: ProjectPorts, recorded: RunState) -> Json:
    with opened(passage.plan, ground, recorded) as scene:
        found = exposure.new_addresses(scene.into, passage.plan)
    lines = [
        f"{each.service.short}: {', '.join(each.before) or 'no address'} →"
        f" {', '.join(each.after) or 'no address'}"
        + (" — change DNS" if set(each.before) != set(each.after) else "")
        for each in found
    ]
    return {"count": len(found), "lines": lines}
