"""Flannel as Magnum installs it, and upstream's manifest."""

from __future__ import annotations

from collections.abc import Mapping

from bot.common.problems import Refusal
from bot.drivers.driver import Driver
from bot.drivers.facts import ClusterFacts
from bot.drivers.flannel import checks
from bot.drivers.profile import ComparisonRow, DriverProfile, DriverVerdict, LabelProblem, TemplateOptions

BACKENDS = ("vxlan", "host-gw", "udp")


def _labels_of(options: TemplateOptions) -> dict[str, str]:
    if options.ipip:
        raise Refusal(
            "`--ipip` is Calico's",
            why="Flannel has backends instead",
            fix="Use `--backend vxlan` or `host-gw`.",
        )
    if options.wireguard:
        raise Refusal(
            "Flannel on Magnum cannot encrypt",
            why=f"its backends are {', '.join(BACKENDS)}",
            fix="For encryption use Calico: `/xk8s template create calico`.",
        )
    if options.backend and options.backend not in BACKENDS:
        raise Refusal(
            f"Flannel on Magnum has no backend `{options.backend}`",
            why=f"there are {', '.join(BACKENDS)}",
            fix="Use `--backend vxlan`, or leave it out.",
        )
    labels = {}
    if options.pool:
        labels["flannel_network_cidr"] = options.pool
    if options.backend:
        labels["flannel_backend"] = options.backend
    return labels


def _check_labels(labels: Mapping[str, str]) -> tuple[LabelProblem, ...]:
    backend = labels.get("flannel_backend", "vxlan")
    if backend in BACKENDS:
        return ()
    return (
        LabelProblem(
            what=f"flannel_backend {backend}: there are {', '.join(BACKENDS)}", fix="--backend vxlan"
        ),
    )


def _no_probes(_readiness: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return ()


def _judge(facts: ClusterFacts) -> DriverVerdict:
    return DriverVerdict(checks=checks.judge(facts))


FLANNEL = DriverProfile(
    driver=Driver.FLANNEL,
    title="Flannel",
    comparison=ComparisonRow(
        network_policy="none: policies are accepted by the API and not enforced",
        performance="VXLAN overlay: every packet between nodes is wrapped, 50 bytes less per packet",
        encryption="none",
        recommended_for="development and test",
    ),
    enforces_network_policy=False,
    warning="For development and test: Flannel enforces no NetworkPolicy and encrypts nothing.",
    label_prefixes=("flannel_",),
    pool_label="flannel_network_cidr",
    default_pool="10.100.0.0/16",
    labels_of=_labels_of,
    check_labels=_check_labels,
    pod_labels={"app": "flannel"},
    container="kube-flannel",
    up_reason="FlannelIsUp",
    extras=(),
    probes=_no_probes,
    judge=_judge,
    namespaces=("kube-flannel",),
    limits_bandwidth=False,
)
