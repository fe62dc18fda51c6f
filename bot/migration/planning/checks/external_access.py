"""What outside reaches: load balancers whose addresses change, node ports, host ports, webhooks."""

from __future__ import annotations

from collections.abc import Iterator

from bot.common.wording import count
from bot.migration.objects.manifest import (
    annotations_of,
    containers_of,
    pod_spec_of,
    ref_of,
    spec_of,
    status_of,
    uid_of,
)
from bot.migration.objects.modes import is_balancer, is_workload
from bot.migration.objects.transforms.services import INTERNAL
from bot.migration.planning.findings import PlanFinding, blocker, note, warn
from bot.migration.planning.plan import AddressRecipe, PlannedLoadBalancer
from bot.migration.planning.plan_inputs import PlanInputs


def balancers(material: PlanInputs) -> tuple[PlannedLoadBalancer, ...]:
    """Every Service with a load balancer, and how its traffic moves."""
    found = []
    for obj in material.of("Service"):
        if not is_balancer(obj):
            continue
        entries = (status_of(obj).get("loadBalancer") or {}).get("ingress") or []
        internal = annotations_of(obj).get(INTERNAL) == "true"
        keep = material.mappings.addresses == "keep" and not internal
        found.append(
            PlannedLoadBalancer(
                service=ref_of(obj),
                uid=uid_of(obj),
                internal=internal,
                addresses=tuple(each.get("ip") or each.get("hostname") or "?" for each in entries),
                recipe=AddressRecipe.SAME_ADDRESS if keep else AddressRecipe.NEW_ADDRESS,
            )
        )
    return tuple(sorted(found, key=lambda each: each.service))


def check(material: PlanInputs, found: tuple[PlannedLoadBalancer, ...]) -> Iterator[PlanFinding]:
    """What changes for whoever connects from outside."""
    for each in found:
        addresses = " and ".join(each.addresses) or "no address yet"
        if each.recipe is AddressRecipe.NEW_ADDRESS:
            yield warn(
                "traffic",
                f"the address of {each.service.short} changes",
                why=f"it is {addresses} today",
                fix="Lower the TTL of its DNS names a day before, and change them at the cut-over.",
                ref=each.service,
            )
        else:
            yield warn(
                "traffic",
                f"{addresses} of {each.service.short} moves to the new cluster",
                why="for up to a minute nobody answers there",
                ref=each.service,
            )
    if found:
        yield warn(
            "traffic",
            "connections to the outside come from other addresses",
            why="the new cluster has its own router",
            fix="Tell whoever allows the old ones.",
        )
    yield from _node_ports(material)
    yield from _host_ports(material)
    yield from _webhooks(material)


def _node_ports(material: PlanInputs) -> Iterator[PlanFinding]:
    ports = sorted(
        (port["nodePort"], ref.short)
        for ref, obj in material.future.items()
        if ref.kind == "Service" and not ref.group
        for port in spec_of(obj).get("ports") or []
        if port.get("nodePort")
    )
    if ports:
        shown = ", ".join(f"{number} ({name})" for number, name in ports[:10])
        yield warn(
            "traffic",
            f"{count(len(ports), 'node port is', 'node ports are')} kept: {shown}",
            why="whoever uses them must use the new nodes' addresses",
        )


def _host_ports(material: PlanInputs) -> Iterator[PlanFinding]:
    for ref, obj in material.future.items():
        spec = pod_spec_of(obj) if is_workload(ref) else {}
        ports = sorted(
            {
                port["hostPort"]
                for each in containers_of(spec)
                for port in each.get("ports") or []
                if port.get("hostPort")
            }
        )
        if ports or spec.get("hostNetwork"):
            how = f"the host ports {', '.join(map(str, ports))}" if ports else "its node's network"
            yield note("traffic", f"{ref} uses {how}: it is reached at the new nodes' addresses", ref=ref)


def _webhooks(material: PlanInputs) -> Iterator[PlanFinding]:
    for ref, obj in material.kept.items():
        if ref.kind not in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
            continue
        strict = [
            hook["name"] for hook in obj.get("webhooks") or [] if hook.get("failurePolicy", "Fail") == "Fail"
        ]
        if strict:
            yield note(
                "webhooks",
                f"{ref} comes last: {len(strict)} of its webhooks refuse everything while their backend is"
                " not ready",
                ref=ref,
            )
        for hook in obj.get("webhooks") or []:
            called = (hook.get("clientConfig") or {}).get("service")
            if called and not material.will_have("", "Service", called["name"], called["namespace"]):
                yield blocker(
                    "webhooks",
                    f"{ref} calls {called['namespace']}/{called['name']}, which is not copied",
                    fix="Migrate that namespace too, or leave the webhook out with `skip`.",
                    ref=ref,
                )
