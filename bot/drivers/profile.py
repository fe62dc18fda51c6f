"""What a driver is to the rest of the product: texts, rules for labels, how it looks, what to check.

A new driver is one folder that makes one of these, and one name in the `Driver` enum.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Protocol

from bot.drivers.driver import Driver
from bot.drivers.facts import BgpSession, CheckResult, ClusterFacts, NotChecked


@dataclasses.dataclass(frozen=True, kw_only=True)
class ComparisonRow:
    """One driver in the words of the comparison."""

    network_policy: str
    performance: str
    encryption: str
    recommended_for: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class LabelProblem:
    """A label that does not go with a driver, and what to set."""

    what: str
    fix: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Extra:
    """A list of custom resources that a driver's checks read; `optional` ones may be missing."""

    name: str
    paths: tuple[str, ...]  # the first that the API serves is read


@dataclasses.dataclass(frozen=True, kw_only=True)
class DriverVerdict:
    """What a driver's own checks found."""

    checks: tuple[CheckResult, ...]
    not_checked: tuple[NotChecked, ...] = ()
    sessions: tuple[BgpSession, ...] = ()


class TemplateOptions(Protocol):
    """The driver's options of `template create`."""

    @property
    def pool(self) -> str | None: ...
    @property
    def ipip(self) -> str | None: ...
    @property
    def backend(self) -> str | None: ...
    @property
    def wireguard(self) -> bool: ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class DriverProfile:
    """One driver."""

    driver: Driver
    title: str
    comparison: ComparisonRow
    enforces_network_policy: bool
    warning: str  # said with every new template; empty if there is nothing to warn of
    label_prefixes: tuple[str, ...]
    pool_label: str  # the label with the pod range
    default_pool: str
    labels_of: Callable[[TemplateOptions], dict[str, str]]  # raises Refusal
    check_labels: Callable[[Mapping[str, str]], tuple[LabelProblem, ...]]
    pod_labels: Mapping[str, str]  # of its pods, in every namespace
    container: str
    up_reason: str  # reason of NetworkUnavailable=False that it writes
    extras: tuple[Extra, ...]
    probes: Callable[[tuple[str, ...]], tuple[tuple[str, ...], ...]]  # readiness argv to commands, best first
    judge: Callable[[ClusterFacts], DriverVerdict]
    namespaces: tuple[str, ...] = ()  # of its own, where an install has any
    state_groups: tuple[str, ...] = ()  # API groups that hold its state: made anew in every cluster
    policy_kinds: tuple[tuple[str, str], ...] = ()  # (group, kind) of its own policies, which people write
    pod_annotations: tuple[str, ...] = ()  # prefixes of what it writes on pods
    limits_bandwidth: bool = True  # whether the bandwidth annotations of pods have an effect on Magnum

    @property
    def selector(self) -> str:
        """Its pods as a label selector."""
        return ",".join(f"{key}={value}" for key, value in self.pod_labels.items())
