"""Switches the traffic to the new cluster: load balancers and addresses, Ingresses, admission webhooks."""

import functools
from datetime import timedelta

from bot.migration.planning.plan import AddressRecipe
from bot.migration.traffic import floating_ips, load_balancers
from bot.migration.traffic.floating_ips import FloatingIpMove
from bot.migration.workflow.cluster_views import ClusterViews
from bot.migration.workflow.failures import check_written
from bot.migration.workflow.ports import Json
from bot.migration.workflow.run import Run
from bot.migration.workflow.step import Step
from bot.migration.workflow.step_runner import Wait

ADDRESS_WITHIN = timedelta(minutes=15)
ADDRESSES = Wait(
    name="wait for load balancers",
    what="get an address",
    within=ADDRESS_WITHIN,
    detail="waiting for load balancers",
)


def switch_traffic(run: Run) -> None:
    """Give the copies their load balancers, floating IPs, Ingresses and webhooks."""
    run.begin(Step.TRAFFIC)
    run.steps.do("open", lambda: _open(run))
    moves = run.recorded.quiesced.moves
    fresh = load_balancers.services_with(run.plan, AddressRecipe.NEW_ADDRESS)
    services = (*fresh, *(move.service for move in moves))
    if services:
        run.steps.wait(
            ADDRESSES,
            lambda: run.look(lambda clusters: load_balancers.without_address(clusters.writer, services)),
        )
    for number, move in enumerate(moves, 1):
        _move_address(run, number, move)
    run.steps.do("admit", lambda: _admit(run))
    addresses = run.steps.do("addresses", lambda: _addresses(run))
    run.finish(f"the new cluster serves; load balancers: {addresses['count']}", addresses["lines"])


def _open(run: Run) -> Json:
    moves, neutron = run.recorded.quiesced.moves, run.ports.floating_ips
    with run.clusters() as clusters:
        run.flow.fence()
        if moves and neutron is not None:
            for move in moves:
                floating_ips.protect(move, neutron, run.migration)
            check_written(clusters.write(floating_ips.open_internal, moves=moves))
        return check_written(clusters.write(load_balancers.open_traffic))


def _move_address(run: Run, number: int, move: FloatingIpMove) -> None:
    """Move one floating IP; `number` is its place in the plan, from 1, which the names of its steps hold."""
    run.steps.do(f"switch {number}", lambda: _switch(run, move))
    arrived = Wait(
        name=f"wait for address {number}",
        what="arrive",
        within=ADDRESS_WITHIN,
        detail=f"waiting for {move.address}",
    )
    run.steps.wait(arrived, lambda: run.look(functools.partial(_not_arrived, move=move)))


def _switch(run: Run, move: FloatingIpMove) -> Json:
    neutron = run.ports.floating_ips
    if neutron is None:
        return {}
    with run.clusters() as clusters:
        resource = clusters.writer.surface.find(move.service)
        if resource is not None:
            run.flow.fence()
            service = clusters.target_objects.final[move.service]
            floating_ips.switch(
                clusters.target, resource.path(move.service), service, move, addresses=neutron
            )
    return {}


def _not_arrived(clusters: ClusterViews, move: FloatingIpMove) -> list[str]:
    resource, neutron = clusters.writer.surface.find(move.service), clusters.ports.floating_ips
    if neutron is None or resource is None:
        return []
    return floating_ips.why_not_arrived(clusters.target, resource.path(move.service), move, neutron)


def _admit(run: Run) -> Json:
    with run.clusters() as clusters:
        run.flow.fence()
        return check_written(clusters.write(load_balancers.open_webhooks))


def _addresses(run: Run) -> Json:
    """Read the addresses of the load balancers, for the lines that tell where DNS must change."""
    with run.clusters() as clusters:
        addresses = load_balancers.new_addresses(clusters.writer, run.plan)
    lines = [
        f"{address.service.short}: {', '.join(address.before) or 'no address'} →"
        f" {', '.join(address.after) or 'no address'}"
        + (" — change DNS" if set(address.before) != set(address.after) else "")
        for address in addresses
    ]
    return {"count": len(addresses), "lines": lines}
