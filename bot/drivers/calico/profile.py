"""Calico as Magnum installs it (manifest of 3.26), upstream's manifest, and the operator's."""

from __future__ import annotations

from collections.abc import Mapping

from bot.common.problems import Refusal
from bot.drivers.calico import bgp, checks
from bot.drivers.driver import Driver
from bot.drivers.facts import ClusterFacts
from bot.drivers.profile import (
    ComparisonRow,
    DriverProfile,
    DriverVerdict,
    Extra,
    LabelProblem,
    TemplateOptions,
)

SUPPORTED_TAG = "v3.26."  # Magnum has a manifest of its own for these; others get the one of 3.21
BIRDCL = ("birdcl", "-s", "/var/run/calico/bird.ctl", "show", "protocols")
SHOW_STATUS = ("/bin/calico-node", "-show-status")


def _labels_of(options: TemplateOptions) -> dict[str, str]:
    if options.backend:
        raise Refusal(
            "`--backend` is Flannel's",
            why="Calico on Magnum routes with BGP (BIRD)",
            fix="Leave `--backend` out, or use `--ipip` for an overlay between subnets.",
        )
    if options.wireguard:
        raise Refusal(
            "WireGuard cannot be switched on in a template",
            why="Magnum has no label for it: it is switched on in the running cluster's FelixConfiguration",
            fix=(
                "Leave `--wireguard` out. In the cluster: kubectl patch felixconfiguration default --type"
                ' merge -p \'{"spec":{"wireguardEnabled":true}}\', and open UDP 51820 between the nodes.'
            ),
        )
    labels = {}
    if options.pool:
        labels["calico_ipv4pool"] = options.pool
    if options.ipip:
        labels["calico_ipv4pool_ipip"] = options.ipip
    return labels


def _check_labels(labels: Mapping[str, str]) -> tuple[LabelProblem, ...]:
    found = []
    tag = labels.get("calico_tag", "")
    if not tag.startswith(SUPPORTED_TAG):
        found.append(
            LabelProblem(
                what=(
                    f"calico_tag {tag or 'is missing'}: Magnum has manifests for {SUPPORTED_TAG}x only,"
                    " others get an older one"
                ),
                fix="--label calico_tag=v3.26.4",
            )
        )
    return tuple(found)


def _probes(readiness: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    if readiness and not any("bird" in word for word in readiness):
        return ()  # a VXLAN-only install has no BIRD to ask
    return (BIRDCL, SHOW_STATUS)


def _judge(facts: ClusterFacts) -> DriverVerdict:
    generic = checks.judge(facts)
    if not facts.probes:
        return DriverVerdict(checks=generic)
    check, not_checked, sessions = bgp.judge(facts)
    asked = sessions or check.findings  # nobody could be asked: then it did not pass either
    return DriverVerdict(
        checks=(*generic, check) if asked else generic, not_checked=not_checked, sessions=sessions
    )


CALICO = DriverProfile(
    driver=Driver.CALICO,
    title="Calico",
    comparison=ComparisonRow(
        network_policy="full: ingress and egress, and Calico's own policies",
        performance="native routing with BGP: packets leave unwrapped, close to the bare network",
        encryption="optional: WireGuard between nodes",
        recommended_for="production",
    ),
    enforces_network_policy=True,
    warning="",
    label_prefixes=("calico_",),
    pool_label="calico_ipv4pool",
    default_pool="10.100.0.0/16",
    labels_of=_labels_of,
    check_labels=_check_labels,
    pod_labels={"k8s-app": "calico-node"},
    container="calico-node",
    up_reason="CalicoIsUp",
    extras=(
        Extra(
            name="ippools",
            paths=("/apis/crd.projectcalico.org/v1/ippools", "/apis/projectcalico.org/v3/ippools"),
        ),
        Extra(
            name="clusterinformations",
            paths=(
                "/apis/crd.projectcalico.org/v1/clusterinformations",
                "/apis/projectcalico.org/v3/clusterinformations",
            ),
        ),
        Extra(
            name="felixconfigurations",
            paths=(
                "/apis/crd.projectcalico.org/v1/felixconfigurations",
                "/apis/projectcalico.org/v3/felixconfigurations",
            ),
        ),
    ),
    probes=_probes,
    judge=_judge,
    namespaces=("calico-system", "calico-apiserver", "tigera-operator"),
    state_groups=("crd.projectcalico.org", "projectcalico.org", "operator.tigera.io"),
    policy_kinds=tuple(
        (group, kind)
        for group in ("projectcalico.org", "crd.projectcalico.org")
        for kind in ("NetworkPolicy", "GlobalNetworkPolicy", "NetworkSet", "GlobalNetworkSet", "Tier")
    ),
    pod_annotations=("cni.projectcalico.org/",),
)
