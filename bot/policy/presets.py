"""Ready-made NetworkPolicies: what most teams need, each with what it does and what it does not.

A preset is one policy in one namespace, for all its pods, as in the recipes of the Kubernetes documentation
(https://kubernetes.io/docs/concepts/services-networking/network-policies/). Policies only ever add up: an
`allow-…` preset lets nothing through that another policy blocks at the other end of a connection.
"""

import dataclasses
import difflib
from collections.abc import Callable, Mapping

from bot.policy import rule_templates
from bot.policy.errors import InvalidParameters
from bot.policy.reach.model import API_VERSION, KIND
from bot.policy.reach.selector_parser import LONGEST_SUBDOMAIN
from bot.policy.rule_templates import Manifest, allow_egress, allow_ingress, namespace_peer

MANAGED_BY = {"app.kubernetes.io/managed-by": "xk8s"}
INGRESS_NAMESPACE = "ingress-nginx"
MONITORING_NAMESPACE = "monitoring"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parameters:
    """The options given with a preset. `ports` are `TCP/80` or `UDP/8000-8100`, checked by the grammar."""

    from_namespaces: tuple[str, ...] = ()
    to_namespaces: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Preset:
    """One preset.

    `text` says in a sentence what it does, `caution` what surprises people. `example` is what is typed after
    `policy preview` and the preset's name. `options` are those that it knows, of which `required_options`
    must be given.
    """

    name: str
    text: str
    caution: str
    example: str
    spec: Callable[[Parameters], Manifest]
    options: tuple[str, ...] = ()
    required_options: tuple[str, ...] = ()

    def manifest(self, namespace: str, parameters: Parameters) -> Manifest:
        """Return the policy for a namespace. Raises `InvalidParameters`."""
        self._check(parameters)
        return {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": {
                "name": self._policy_name(parameters),
                "namespace": namespace,
                "labels": dict(MANAGED_BY),
            },
            "spec": self.spec(parameters),
        }

    def _policy_name(self, parameters: Parameters) -> str:
        """The preset's name, with the namespaces where two of the same preset make sense side by side."""
        by_source = "--from-namespace" in self.required_options
        namespaces = parameters.from_namespaces if by_source else parameters.to_namespaces
        name = "-".join([self.name, *namespaces])
        if len(name) > LONGEST_SUBDOMAIN:
            raise InvalidParameters(
                f"{len(namespaces)} namespaces make too long a name for one policy",
                why=f"{len(name)} characters; Kubernetes takes {LONGEST_SUBDOMAIN}",
                fix="Make two policies of it.",
            )
        return name

    def _check(self, parameters: Parameters) -> None:
        options = {
            "--from-namespace": parameters.from_namespaces,
            "--to-namespace": parameters.to_namespaces,
            "--port": parameters.ports,
        }
        for option, value in options.items():
            if value and option not in self.options:
                known_options = " and ".join(f"`{name}`" for name in self.options)
                raise InvalidParameters(
                    f"{self.name} does not take `{option}`",
                    why=f"it takes {known_options or 'no options'}",
                    fix="See `/xk8s policy presets`.",
                )
        for option in self.required_options:
            if not options[option]:
                raise InvalidParameters(
                    f"{self.name} needs `{option}`", fix=f"`/xk8s policy preview {self.name} {self.example}`"
                )


def _from_namespaces(parameters: Parameters, default: str = "") -> Manifest:
    names = parameters.from_namespaces or (default,)
    return allow_ingress([namespace_peer(name) for name in names], parameters.ports)


def _to_namespaces(parameters: Parameters) -> Manifest:
    return allow_egress([namespace_peer(name) for name in parameters.to_namespaces], parameters.ports)


def _ingress_controller(parameters: Parameters) -> Manifest:
    if parameters.from_namespaces:
        return _from_namespaces(parameters)
    controller = {"app.kubernetes.io/component": "controller"}
    return allow_ingress([namespace_peer(INGRESS_NAMESPACE, controller)], parameters.ports)


PRESETS: tuple[Preset, ...] = (
    Preset(
        name="default-deny-ingress",
        example="prod-eu -n shop",
        spec=lambda _: rule_templates.deny("Ingress"),
        text="Nothing reaches the namespace's pods but what another policy allows.",
        caution="Traffic from outside stops too, also through an Ingress controller.",
    ),
    Preset(
        name="default-deny-egress",
        example="prod-eu -n shop --allow-dns",
        spec=lambda _: rule_templates.deny("Egress"),
        text="The namespace's pods reach nothing but what another policy allows.",
        caution="DNS stops with it: add `--allow-dns`, or most programs find nothing any more.",
    ),
    Preset(
        name="deny-all",
        example="prod-eu -n shop --allow-dns",
        spec=lambda _: rule_templates.deny("Ingress", "Egress"),
        text="Nothing goes in or out of the namespace's pods but what another policy allows.",
        caution="DNS stops with it, unless `--allow-dns` is added.",
    ),
    Preset(
        name="allow-same-namespace",
        example="prod-eu -n shop",
        spec=lambda parameters: allow_ingress([{"podSelector": {}}], parameters.ports),
        options=("--port",),
        text="Denies all ingress and allows only what comes from pods of the same namespace.",
        caution="What other namespaces and the outside sent stops. Egress is not touched.",
    ),
    Preset(
        name="allow-dns",
        example="prod-eu -n shop",
        spec=lambda _: {**rule_templates.deny("Egress"), "egress": [rule_templates.dns_rule()]},
        text="The namespace's pods may ask the cluster's DNS, UDP and TCP 53.",
        caution="It isolates egress: without another policy that allows more, DNS is all that is left.",
    ),
    Preset(
        name="allow-from-namespace",
        example="prod-eu -n shop --from-namespace web --port TCP/8080",
        spec=_from_namespaces,
        options=("--from-namespace", "--port"),
        required_options=("--from-namespace",),
        text="Pods of the named namespaces may reach this namespace's pods, on all ports or those named.",
        caution="It isolates ingress: what is not allowed by this or another policy stops.",
    ),
    Preset(
        name="allow-to-namespace",
        example="prod-eu -n shop --to-namespace billing --port TCP/443 --allow-dns",
        spec=_to_namespaces,
        options=("--to-namespace", "--port"),
        required_options=("--to-namespace",),
        text="The namespace's pods may reach pods of the named namespaces, on all ports or those named.",
        caution="It isolates egress, and with it DNS, unless `--allow-dns` is added.",
    ),
    Preset(
        name="allow-ingress-controller",
        example="prod-eu -n shop --from-namespace kube-system",
        spec=_ingress_controller,
        options=("--from-namespace", "--port"),
        text=(
            "The Ingress controller may reach the namespace's pods: its controller pods in"
            f" {INGRESS_NAMESPACE}, or all pods of the namespace in `--from-namespace`."
        ),
        caution=(
            "A controller on the host network (Magnum's traefik and nginx) comes from its node's address:"
            " no selector matches it, use your own YAML with an ipBlock."
        ),
    ),
    Preset(
        name="allow-monitoring",
        example="prod-eu -n shop --port TCP/9090",
        spec=lambda parameters: _from_namespaces(parameters, MONITORING_NAMESPACE),
        options=("--from-namespace", "--port"),
        text=(
            f"Monitoring may scrape the namespace's pods: from the namespace {MONITORING_NAMESPACE}, or those"
            " in `--from-namespace`."
        ),
        caution="It isolates ingress: without another policy that allows more, scraping is all that is left.",
    ),
)
BY_NAME: Mapping[str, Preset] = {preset.name: preset for preset in PRESETS}


def find(name: str) -> Preset:
    """Return the preset of a name. Raises `InvalidParameters` with the nearest one."""
    preset = BY_NAME.get(name.lower())
    if preset is not None:
        return preset
    near = difflib.get_close_matches(name.lower(), BY_NAME, n=1, cutoff=0.5)
    suggestion = f"Did you mean `{near[0]}`? " if near else ""
    raise InvalidParameters(f"There is no preset {name}", fix=f"{suggestion}See `/xk8s policy presets`.")
