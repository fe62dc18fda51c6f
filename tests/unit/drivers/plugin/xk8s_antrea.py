"""A driver as another package would bring it: Antrea, with one of everything that a profile may have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.drivers.driver import Driver
from bot.drivers.facts import Check, ClusterFacts, Finding, error
from bot.drivers.policy_apis import PolicyApi
from bot.drivers.profile import ComparisonRow, DriverProfile, ResourceList, SecurityRule
from bot.drivers.template_rules import LabelProblem, OptionAdvice, OptionValues, TemplateOption, TemplateRules

MODES = ("geneve", "vxlan")


def encapsulation(value: str) -> str:
    """Check the value of `--encap`."""
    if value.lower() not in MODES:
        raise ValueError(f"`{value}` is not one of `geneve`, `vxlan`")
    return value.lower()


def labels_of(options: OptionValues) -> dict[str, str]:
    """Turn the options into labels."""
    return {"antrea_tunnel": options["encap"]} if options.get("encap") else {}


def check_labels(labels: Mapping[str, str]) -> tuple[LabelProblem, ...]:
    """Refuse a tag that does not exist."""
    if labels.get("antrea_tag", "v2").startswith("v2"):
        return ()
    return (LabelProblem(what="antrea_tag: there is v2", fix="--label antrea_tag=v2.1.0"),)


def agents(facts: ClusterFacts) -> Iterable[Finding]:
    """Find agents that report themselves unhealthy."""
    for agent in facts.resources["antreaagentinfos"]:
        if not agent.spec.get("healthy", True):
            yield error("an agent is unhealthy", "AgentHealthy is False", advice=facts.diagnose())


PROFILE = DriverProfile(
    driver=Driver("antrea"),
    title="Antrea",
    summary="for production, Open vSwitch",
    comparison=ComparisonRow(
        network_policy="full, with tiers",
        performance="Geneve overlay on Open vSwitch",
        encryption="IPsec or WireGuard",
        recommended_for="production with Windows nodes",
    ),
    production=True,
    enforces_network_policy=True,
    warning="",
    template=TemplateRules(
        label_prefixes=("antrea_",),
        pool_label="antrea_pod_cidr",
        default_pool="10.103.0.0/16",
        options=(
            TemplateOption(
                name="encap",
                flag="--encap",
                placeholder="MODE",
                check=encapsulation,
                label="Encapsulation",
                hint="geneve or vxlan",
            ),
        ),
        labels_of=labels_of,
        check_labels=check_labels,
        instead=OptionAdvice(why="Antrea encapsulates", fix="Use `--encap geneve` instead of `{flag}`."),
    ),
    security_rules=(SecurityRule(protocol="UDP", port=6081, purpose="Geneve"),),
    pod_labels={"app": "antrea", "component": "antrea-agent"},
    container="antrea-agent",
    up_reason="AntreaIsUp",
    namespaces=("antrea-system",),
    state_groups=("crd.antrea.io",),
    resources=(
        ResourceList(name="antreaagentinfos", paths=("/apis/crd.antrea.io/v1beta1/antreaagentinfos",)),
    ),
    checks=(Check(name="Antrea's agents", find=agents),),
    policies=PolicyApi(
        groups=("crd.antrea.io",),
        policies={"NetworkPolicy": "networkpolicies", "ClusterNetworkPolicy": "clusternetworkpolicies"},
        referenced=("Tier",),
        cluster_scoped=frozenset({"ClusterNetworkPolicy"}),
        tools="antctl or kubectl",
    ),
)
