"""Access from outside: load balancers whose addresses change, node ports, host ports, webhooks."""

from collections.abc import Iterator

from bot.common.wording import count
from bot.migration.objects.fields import (
    Object,
    Ref,
    annotations_of,
    containers_of,
    ingress_addresses,
    ref_of,
    spec_of,
    uid_of,
)
from bot.migration.objects.kinds import SERVICE, WEBHOOKS, is_load_balancer, webhook_services
from bot.migration.objects.transforms.services import INTERNAL
from bot.migration.planning.findings import PlanFinding, Subject
from bot.migration.planning.plan import AddressRecipe, PlannedLoadBalancer
from bot.migration.planning.plan_inputs import PlanInputs

WEBHOOK_CALLS = Subject("webhooks")
TRAFFIC = Subject("traffic")
NAMED_PORTS = 10


def load_balancers(inputs: PlanInputs) -> tuple[PlannedLoadBalancer, ...]:
    """Return every copied Service with a load balancer, and how its traffic moves."""
    balancers = [_planned(obj, inputs) for obj in inputs.of("Service") if is_load_balancer(obj)]
    return tuple(sorted(balancers, key=lambda balancer: balancer.service))


def _planned(service: Object, inputs: PlanInputs) -> PlannedLoadBalancer:
    internal = annotations_of(service).get(INTERNAL) == "true"
    keep = inputs.mappings.addresses == "keep" and not internal
    return PlannedLoadBalancer(
        service=ref_of(service),
        uid=uid_of(service),
        internal=internal,
        addresses=tuple(address or "?" for address in ingress_addresses(service)),
        recipe=AddressRecipe.SAME_ADDRESS if keep else AddressRecipe.NEW_ADDRESS,
    )


def check(inputs: PlanInputs) -> Iterator[PlanFinding]:
    """Yield what changes for those who connect from outside."""
    balancers = load_balancers(inputs)
    for balancer in balancers:
        yield _address_change(balancer)
    if balancers:
        yield TRAFFIC.warn(
            "connections to the outside come from other addresses",
            why="the new cluster has its own router",
            fix="Tell whoever allows the old ones.",
        )
    yield from _check_node_ports(inputs)
    yield from _check_host_ports(inputs)
    for ref, obj in inputs.copied.items():
        if ref.kind in WEBHOOKS:
            yield from _check_webhook(ref, obj, inputs)


def _address_change(balancer: PlannedLoadBalancer) -> PlanFinding:
    addresses, name = " and ".join(balancer.addresses) or "no address yet", balancer.service.short
    if balancer.recipe is AddressRecipe.SAME_ADDRESS:
        return TRAFFIC.warn(
            f"{addresses} of {name} moves to the new cluster",
            why="for up to a minute nobody answers there",
            ref=balancer.service,
        )
    return TRAFFIC.warn(
        f"the address of {name} changes",
        why=f"it is {addresses} today",
        fix="Lower the TTL of its DNS names a day before, and change them at the cut-over.",
        ref=balancer.service,
    )


def _check_node_ports(inputs: PlanInputs) -> Iterator[PlanFinding]:
    ports = sorted(
        (port["nodePort"], ref.short)
        for ref, obj in inputs.target_objects.items()
        if ref.group_kind == SERVICE
        for port in spec_of(obj).get("ports") or []
        if port.get("nodePort")
    )
    if ports:
        named = ", ".join(f"{number} ({name})" for number, name in ports[:NAMED_PORTS])
        yield TRAFFIC.warn(
            f"{count(len(ports), 'node port is', 'node ports are')} kept: {named}",
            why="whoever uses them must use the new nodes' addresses",
        )


def _check_host_ports(inputs: PlanInputs) -> Iterator[PlanFinding]:
    for ref, spec in inputs.target_pods.items():
        ports = [
            port.get("hostPort") for container in containers_of(spec) for port in container.get("ports") or []
        ]
        numbers = ", ".join(map(str, sorted({port for port in ports if port})))
        if numbers or spec.get("hostNetwork"):
            host_network = f"the host ports {numbers}" if numbers else "its node's network"
            yield TRAFFIC.note(
                f"{ref} uses {host_network}: it is reached at the new nodes' addresses", ref=ref
            )


def _check_webhook(ref: Ref, configuration: Object, inputs: PlanInputs) -> Iterator[PlanFinding]:
    hooks = webhook_services(configuration)
    strict = sum(hook.get("failurePolicy", "Fail") == "Fail" for hook, _ in hooks)
    if strict:
        text = (
            f"{ref} comes last: {strict} of its webhooks refuse everything while their backend is not ready"
        )
        yield WEBHOOK_CALLS.note(text, ref=ref)
    for _, service in hooks:
        if service and not inputs.will_have("", "Service", service["name"], service["namespace"]):
            yield WEBHOOK_CALLS.blocker(
                f"{ref} calls {service['namespace']}/{service['name']}, which is not copied",
                fix="Migrate that namespace too, or leave the webhook out with `skip`.",
                ref=ref,
            )
