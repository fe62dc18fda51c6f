"""Flannel as Magnum installs it, and by upstream's manifest."""

from bot.drivers.driver import Driver
from bot.drivers.flannel import checks, template
from bot.drivers.profile import ComparisonRow, DriverProfile, SecurityRule

PROFILE = DriverProfile(
    driver=Driver("flannel"),
    title="Flannel",
    summary="for development and test, no NetworkPolicy",
    comparison=ComparisonRow(
        network_policy="none: policies are accepted by the API and not enforced",
        performance="VXLAN overlay: every packet between nodes is wrapped, 50 bytes less per packet",
        encryption="none",
        recommended_for="development and test",
    ),
    production=False,
    enforces_network_policy=False,
    warning="For development and test: Flannel enforces no NetworkPolicy and encrypts nothing.",
    template=template.RULES,
    security_rules=(
        SecurityRule(protocol="UDP", port=8472, purpose="VXLAN, the default backend"),
        SecurityRule(protocol="UDP", port=8285, purpose="the backend `udp`"),
    ),
    pod_labels={"app": "flannel"},
    container="kube-flannel",
    up_reason="FlannelIsUp",
    namespaces=("kube-flannel",),
    add_ons=("kube-flannel",),
    limits_bandwidth=False,
    checks=checks.CHECKS,
)
