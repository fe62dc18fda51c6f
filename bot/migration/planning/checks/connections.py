"""Connections: how many a migration closes or opens, and which pods lose DNS."""

from collections.abc import Iterator

from bot.common.wording import count
from bot.drivers.profile import DriverProfile
from bot.migration.planning.connection_changes import ConnectionChanges
from bot.migration.planning.findings import PlanFinding, Subject

POLICIES = Subject("policies")
NAMED = 5


def check(
    changes: ConnectionChanges, *, source: DriverProfile, target: DriverProfile
) -> Iterator[PlanFinding]:
    """Yield what an approver must know of the connections that change from one driver to the other."""
    if not changes.policies:
        yield POLICIES.note("there is no NetworkPolicy: no connection changes")
    elif not changes.computed:
        text = f"{source.title} and {target.title} treat NetworkPolicies alike: no connection changes"
        yield POLICIES.note(text)
    elif target.enforces_network_policy:
        yield from _policies_enforced(changes, source, target)
    else:
        policies = count(changes.policies, "policy is", "policies are")
        yield POLICIES.warn(
            f"isolation is lost: {count(len(changes.opens), 'connection opens', 'connections open')}",
            why=f"{target.title} enforces no NetworkPolicy; {policies} copied without effect",
            fix="Approve only if that is meant.",
        )
    for gap in changes.gaps:
        yield POLICIES.warn("the computed connections may be incomplete", why=gap)


def _policies_enforced(
    changes: ConnectionChanges, source: DriverProfile, target: DriverProfile
) -> Iterator[PlanFinding]:
    policies = count(changes.policies, "policy", "policies")
    if changes.closes:
        served = sum(bool(connection.served) for connection in changes.closes)
        yield POLICIES.warn(
            f"{count(len(changes.closes), 'connection is', 'connections are')} cut that work today,"
            f" {served} of them to ports that are served",
            why=f"{source.title} has never enforced the {policies}, {target.title} will",
            fix=(
                "Look at the list: a policy that cuts too much is corrected on the source before the"
                " migration."
            ),
        )
    else:
        yield POLICIES.note(f"{policies} will be enforced, and cut no connection")
    if changes.loses_dns:
        yield POLICIES.warn(
            f"{count(len(changes.loses_dns), 'pod loses', 'pods lose')} DNS",
            why=", ".join(changes.loses_dns[:NAMED]),
            fix="Add an allow-dns policy on the source: `/xk8s policy preview allow-dns …`.",
        )
