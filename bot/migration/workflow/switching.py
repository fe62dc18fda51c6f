"""Switches the traffic: load balancers and addresses, Ingresses, webhooks, when the copies work."""

from __future__ import annotations

from datetime import timedelta

from bot.migration.plan import Recipe
from bot.migration.traffic import floating, opening
from bot.migration.traffic.floating import Move
from bot.migration.workflow import crossing
from bot.migration.workflow.grounds import Ground, Json
from bot.migration.workflow.passage import Passage
from bot.migration.workflow.scene import Recorded, Scene, opened
from bot.migration.workflow.steps import Step

ADDRESS_WITHIN = timedelta(minutes=15)


def traffic(passage: Passage, ground: Ground, recorded: Recorded) -> None:
    """Give the copies their load balancers, Ingresses and webhooks. Raises `TurnedBack`."""
    passage.enter(Step.TRAFFIC)
    passage.do("open", lambda: _opened(passage, ground, recorded))
    fresh = opening.of_recipe(passage.plan, Recipe.NEW_ADDRESS)
    services = (*fresh, *(move.service for move in recorded.moves))
    if services:
        passage.wait(
            "wait for load balancers",
            lambda: crossing.looking(
                passage, ground, recorded, lambda scene: opening.unanswered(scene.into, services)
            ),
            what="get an address",
            within=ADDRESS_WITHIN,
            detail="waiting for load balancers",
        )
    for number, move in enumerate(recorded.moves, 1):
        passage.do(f"switch {number}", lambda move=move: _switched(passage, ground, recorded, move))  # type: ignore[misc]
        passage.wait(
            f"wait for address {number}",
            lambda move=move: crossing.looking(
                passage, ground, recorded, lambda scene: _arrived(scene, move)
            ),  # type: ignore[misc]
            what="arrive",
            within=ADDRESS_WITHIN,
            detail=f"waiting for {move.address}",
        )
    passage.do("admit", lambda: _admitted(passage, ground, recorded))
    told = passage.do("addresses", lambda: _addresses(passage, ground, recorded))
    passage.leave(f"the new cluster serves; load balancers: {told['count']}", told["lines"])


def _opened(passage: Passage, ground: Ground, recorded: Recorded) -> Json:
    with opened(passage.plan, ground, recorded) as scene:
        passage.flow.fence()
        if recorded.moves and ground.addresses is not None:
            for move in recorded.moves:
                floating.keep(move, ground.addresses, passage.migration)
            crossing.taken(
                floating.open_internal(scene.into, passage.plan, scene.inventory, scene.forms, recorded.moves)
            )
        record = opening.open_traffic(scene.into, passage.plan, scene.inventory, scene.forms)
    return crossing.taken(record)


def _switched(passage: Passage, ground: Ground, recorded: Recorded, move: Move) -> Json:
    if ground.addresses is None:
        return {}
    with opened(passage.plan, ground, recorded) as scene:
        resource = scene.into.surface.find(move.service)
        if resource is not None:
            passage.flow.fence()
            path = resource.path(move.service)
            floating.switch(scene.target, path, scene.forms.final[move.service], move, ground.addresses)
    return {}


def _arrived(scene: Scene, move: Move) -> list[str]:
    resource = scene.into.surface.find(move.service)
    if scene.ground.addresses is None or resource is None:
        return []
    return floating.arrived(scene.target, resource.path(move.service), move, scene.ground.addresses)


def _admitted(passage: Passage, ground: Ground, recorded: Recorded) -> Json:
    with opened(passage.plan, ground, recorded) as scene:
        passage.flow.fence()
        record = opening.admit(scene.into, passage.plan, scene.inventory, scene.forms)
    return crossing.taken(record)


def _addresses(passage: Passage, ground: Ground, recorded: Recorded) -> Json:
    with opened(passage.plan, ground, recorded) as scene:
        found = opening.new_addresses(scene.into, passage.plan)
    lines = [
        f"{each.service.short}: {', '.join(each.before) or 'no address'} →"
        f" {', '.join(each.after) or 'no address'}"
        + (" — change DNS" if set(each.before) != set(each.after) else "")
        for each in found
    ]
    return {"count": len(found), "lines": lines}
