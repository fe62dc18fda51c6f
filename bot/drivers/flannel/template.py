"""Flannel's options and Magnum labels in a cluster template.

The labels and their values are those of Magnum's user guide (magnum 20.0.2, `flannel_*`).
"""

from collections.abc import Mapping

from bot.common.problems import Refusal
from bot.drivers.template_rules import LabelProblem, OptionAdvice, OptionValues, TemplateOption, TemplateRules

BACKENDS = ("vxlan", "host-gw", "udp")


def labels_of(options: OptionValues) -> dict[str, str]:
    """Return the labels that Flannel's options stand for. Raises `Refusal` for what Flannel cannot do."""
    if options.get("wireguard"):
        raise Refusal(
            "Flannel on Magnum cannot encrypt",
            why=f"its backends are {', '.join(BACKENDS)}",
            fix="For encryption use Calico: `/xk8s template create calico`.",
        )
    backend = options.get("backend")
    if backend and backend not in BACKENDS:
        raise Refusal(
            f"Flannel on Magnum has no backend `{backend}`",
            why=f"there are {', '.join(BACKENDS)}",
            fix="Use `--backend vxlan`, or leave it out.",
        )
    return {"flannel_backend": backend} if backend else {}


def check_labels(labels: Mapping[str, str]) -> tuple[LabelProblem, ...]:
    """Find a backend that Flannel on Magnum does not have."""
    backend = labels.get("flannel_backend", "vxlan")
    if backend in BACKENDS:
        return ()
    what = f"flannel_backend {backend}: there are {', '.join(BACKENDS)}"
    return (LabelProblem(what=what, fix="--backend vxlan"),)


RULES = TemplateRules(
    label_prefixes=("flannel_",),
    pool_label="flannel_network_cidr",
    default_pool="10.100.0.0/16",
    options=(
        TemplateOption(name="backend", flag="--backend", placeholder="NAME"),
        TemplateOption(name="wireguard", flag="--wireguard"),
    ),
    labels_of=labels_of,
    check_labels=check_labels,
    instead=OptionAdvice(why="Flannel has backends instead", fix="Use `--backend vxlan` or `host-gw`."),
)
