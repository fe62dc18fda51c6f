"""`DriverProfile`, and the parts that it is made of.

A driver is one folder with such a profile. Built-in drivers are the folders beside this module; other
packages add theirs through an entry point (see `bot.drivers.catalog`).
"""

import dataclasses
from collections.abc import Callable, Mapping

from bot.drivers.driver import Driver
from bot.drivers.facts import Check, CheckResult, ClusterFacts, NotChecked, SessionTable
from bot.drivers.policy_apis import PolicyApi
from bot.drivers.template_rules import TemplateRules


@dataclasses.dataclass(frozen=True, kw_only=True)
class ComparisonRow:
    """One driver in the words of the comparison of drivers."""

    network_policy: str
    performance: str
    encryption: str
    recommended_for: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class ResourceList:
    """A list of custom resources that a driver's checks read; a list that no API serves is empty."""

    name: str
    paths: tuple[str, ...]  # the first that the API serves is read


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProbeFindings:
    """What the answers of all nodes together say. `check` is None if no node could be asked."""

    check: CheckResult | None
    not_checked: tuple[NotChecked, ...] = ()
    sessions: SessionTable = dataclasses.field(default_factory=SessionTable)


@dataclasses.dataclass(frozen=True, kw_only=True)
class NodeProbe:
    """A command that is run in the driver's pod on every node, and how its output is judged and shown."""

    subject: str  # what a node reports, in the singular: `BGP session`
    up: str  # the driver's word for one that works: `Established`
    columns: tuple[str, str, str, str, str, str]  # headings for the fields of `Session`, in their order
    # the readiness probe's command to the commands to run, best first; none if there is nothing to ask
    commands: Callable[[tuple[str, ...]], tuple[tuple[str, ...], ...]]
    evaluate: Callable[[ClusterFacts], ProbeFindings]


@dataclasses.dataclass(frozen=True, kw_only=True)
class SecurityRule:
    """Traffic between nodes that the security groups must let through."""

    protocol: str  # `TCP`, `UDP`, or a number of IANA's list of IP protocols
    port: int | None  # None for protocols without ports
    purpose: str

    def __str__(self) -> str:
        return f"{self.protocol} {self.port}" if self.port is not None else f"IP protocol {self.protocol}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class DriverProfile:
    """Everything that the product knows about one network driver."""

    driver: Driver
    title: str
    summary: str  # half a line beside the title, where a person chooses a driver
    comparison: ComparisonRow
    production: bool  # recommended for production: other drivers' texts point to such a one
    enforces_network_policy: bool
    warning: str  # shown with every new template; empty if there is nothing to warn of

    template: TemplateRules
    security_rules: tuple[SecurityRule, ...]

    # how an installation looks in a cluster
    pod_labels: Mapping[str, str]  # of its pods, in every namespace
    container: str
    up_reason: str  # the reason that it writes with the node condition NetworkUnavailable=False
    namespaces: tuple[str, ...] = ()  # of its own, where an installation has any
    add_ons: tuple[str, ...] = ()  # prefixes of the names of its workloads in kube-system
    state_groups: tuple[str, ...] = ()  # API groups that hold its state, which every cluster makes anew
    pod_annotations: tuple[str, ...] = ()  # prefixes of what it writes on pods
    address_annotations: tuple[str, ...] = ()  # annotations with which people pin a pod's addresses
    limits_bandwidth: bool = True  # whether the bandwidth annotations of pods have an effect on Magnum

    # verification
    resources: tuple[ResourceList, ...] = ()
    checks: tuple[Check, ...] = ()
    probe: NodeProbe | None = None

    policies: PolicyApi | None = None

    @property
    def selector(self) -> str:
        """The label selector of its pods."""
        return ",".join(f"{key}={value}" for key, value in self.pod_labels.items())

    @property
    def policy_kinds(self) -> tuple[tuple[str, str], ...]:
        """(API group, kind) of the objects that people write its own policies with, preferred group first."""
        api = self.policies
        return (
            () if api is None else tuple((g, k) for g in api.groups for k in (*api.policies, *api.referenced))
        )
