"""Calico's options and Magnum labels in a cluster template.

The labels and their values are those of Magnum's user guide (magnum 20.0.2, `calico_*`).
"""

from collections.abc import Mapping

from bot.common.problems import Refusal
from bot.drivers.profile import SecurityRule
from bot.drivers.template_rules import LabelProblem, OptionAdvice, OptionValues, TemplateOption, TemplateRules

SUPPORTED_TAG = "v3.26."  # Magnum has a manifest of its own for these; other tags get the one of 3.21
WIREGUARD = SecurityRule(protocol="UDP", port=51820, purpose="WireGuard, where it is switched on")
# Neutron takes the protocol by its number; some of its versions refuse the name `ipip`
IPIP = SecurityRule(protocol="4", port=None, purpose="IP-in-IP, with `--ipip Always` or `CrossSubnet`")
_IPIP_MODES = {"always": "Always", "crosssubnet": "CrossSubnet", "never": "Never", "off": "Off"}


def ipip_mode(value: str) -> str:
    """Return an IP-in-IP mode as Magnum spells it. Raises `ValueError` if there is no such mode."""
    if value.lower() not in _IPIP_MODES:
        raise ValueError(f"`{value}` is not one of `Always`, `CrossSubnet`, `Never`, `Off`")
    return _IPIP_MODES[value.lower()]


def labels_of(options: OptionValues) -> dict[str, str]:
    """Return the labels that Calico's options stand for. Raises `Refusal` for WireGuard."""
    if options.get("wireguard"):
        raise Refusal(
            "WireGuard cannot be switched on in a template",
            why="Magnum has no label for it: it is switched on in the running cluster's FelixConfiguration",
            fix=(
                "Leave `--wireguard` out. In the cluster: kubectl patch felixconfiguration default --type"
                ' merge -p \'{"spec":{"wireguardEnabled":true}}\','
                f" and open {WIREGUARD} between the nodes."
            ),
        )
    return {"calico_ipv4pool_ipip": options["ipip"]} if options.get("ipip") else {}


def check_labels(labels: Mapping[str, str]) -> tuple[LabelProblem, ...]:
    """Find a tag for which Magnum has no manifest."""
    tag = labels.get("calico_tag", "")
    if tag.startswith(SUPPORTED_TAG):
        return ()
    problem = LabelProblem(
        what=(
            f"calico_tag {tag or 'is missing'}: Magnum has manifests for {SUPPORTED_TAG}x only, others get an"
            " older one"
        ),
        fix="--label calico_tag=v3.26.4",
    )
    return (problem,)


RULES = TemplateRules(
    label_prefixes=("calico_",),
    pool_label="calico_ipv4pool",
    default_pool="10.100.0.0/16",
    options=(
        TemplateOption(name="ipip", flag="--ipip", placeholder="MODE", check=ipip_mode),
        TemplateOption(name="wireguard", flag="--wireguard"),
    ),
    labels_of=labels_of,
    check_labels=check_labels,
    instead=OptionAdvice(
        why="Calico on Magnum routes with BGP (BIRD)",
        fix="Leave `{flag}` out, or use `--ipip` for an overlay between subnets.",
    ),
)
