"""The presets: valid manifests that do what their text says, on the engine."""

from __future__ import annotations

import pytest

from bot.policy import presets, validation
from bot.policy.errors import InvalidParameters
from bot.policy.presets import PRESETS, Parameters, Preset
from bot.policy.reach import engine, parser
from bot.policy.reach.connections import ALL, NOTHING
from bot.policy.reach.model import Address, PodRef, PolicyRef, Protocol
from bot.policy.rule_templates import with_dns
from tests.unit.policy.builders import SHOP, computed, pod, snapshot

CART, REDIS, WEB = PodRef("shop", "cart-1"), PodRef("shop", "redis-1"), PodRef("web", "frontend-1")
DNS = PodRef("kube-system", "coredns-1")


def required_parameters(preset: Preset) -> Parameters:
    """What a preset needs."""
    return Parameters(
        from_namespaces=("web",) if "--from-namespace" in preset.required_options else (),
        to_namespaces=("web",) if "--to-namespace" in preset.required_options else (),
    )


def after(
    name: str, *additions: str, pods: tuple[object, ...] = SHOP, **parameters: tuple[str, ...]
) -> engine.Reachability:
    manifest = presets.find(name).manifest("shop", Parameters(**parameters))
    if "dns" in additions:
        manifest = with_dns(manifest)
    return computed(manifest, pods=pods).after


def outside() -> Address:
    import ipaddress

    return ipaddress.ip_address("192.0.2.7")


def test_there_are_the_nine_and_each_tells_what_it_does() -> None:
    assert [preset.name for preset in PRESETS] == [
        "default-deny-ingress",
        "default-deny-egress",
        "deny-all",
        "allow-same-namespace",
        "allow-dns",
        "allow-from-namespace",
        "allow-to-namespace",
        "allow-ingress-controller",
        "allow-monitoring",
    ]
    assert all(preset.text.endswith(".") and preset.caution.endswith(".") for preset in PRESETS)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_each_is_a_policy_that_one_could_have_sent_oneself(preset: Preset) -> None:
    import yaml

    manifest = preset.manifest("shop", required_parameters(preset))
    assert validation.validate_manifest(yaml.safe_dump(manifest), namespace="shop") == manifest
    assert parser.errors_of(manifest) == ()


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_the_example_of_each_is_understood(preset: Preset) -> None:
    from bot.actions.grammar import parse
    from bot.actions.policies import PolicyPreview
    from bot.policy.service import manifest_of

    action = parse(f"policy preview {preset.name} {preset.example}")
    assert isinstance(action, PolicyPreview)
    assert manifest_of(action)["metadata"]["namespace"] == "shop"


def test_default_deny_ingress_closes_what_comes_in_and_leaves_what_goes_out() -> None:
    reach = after("default-deny-ingress")
    assert (
        reach.connections(WEB, CART)
        == reach.connections(REDIS, CART)
        == reach.connections(outside(), CART)
        == NOTHING
    )
    assert reach.connections(CART, WEB) == reach.connections(CART, outside()) == ALL


def test_default_deny_egress_closes_what_goes_out_and_dns_only_without_the_option() -> None:
    reach = after("default-deny-egress")
    assert reach.connections(CART, DNS) == reach.connections(CART, outside()) == NOTHING
    assert reach.connections(WEB, CART) == ALL
    assert str(after("default-deny-egress", "dns").connections(CART, DNS)) == "TCP 53,UDP 53"


def test_deny_all_closes_both_ways() -> None:
    reach = after("deny-all")
    assert reach.connections(WEB, CART) == reach.connections(CART, WEB) == NOTHING


def test_allow_same_namespace_denies_all_ingress_but_from_the_namespace() -> None:
    reach = after("allow-same-namespace", ports=("TCP/7070",))
    assert reach.connections(WEB, CART) == reach.connections(outside(), CART) == NOTHING
    assert str(reach.connections(REDIS, CART)) == "TCP 7070"
    assert reach.connections(CART, WEB) == ALL


def test_allow_dns_is_all_that_is_left() -> None:
    reach = after("allow-dns")
    assert str(reach.connections(CART, DNS)) == "TCP 53,UDP 53"
    assert reach.connections(CART, WEB) == NOTHING


def test_allow_from_and_to_a_namespace_with_ports_and_ranges() -> None:
    reach = after("allow-from-namespace", from_namespaces=("web",), ports=("TCP/7070", "UDP/8000-8010"))
    assert str(reach.connections(WEB, CART)) == "TCP 7070,UDP 8000-8010"
    assert reach.connections(REDIS, CART) == NOTHING
    reach = after("allow-to-namespace", to_namespaces=("web",))
    assert reach.connections(CART, WEB) == ALL and reach.connections(CART, REDIS) == NOTHING


def test_the_ingress_controller_and_monitoring_are_let_in() -> None:
    controller = pod(
        "ingress-1", namespace="ingress-nginx", labels={"app.kubernetes.io/component": "controller"}
    )
    backend = pod("default-1", namespace="ingress-nginx")
    scraper = pod("prometheus-1", namespace="monitoring")
    pods = (*SHOP, controller, backend, scraper)
    reach = after("allow-ingress-controller", pods=pods)
    assert reach.connections(controller.ref, CART) == ALL
    assert reach.connections(backend.ref, CART) == reach.connections(scraper.ref, CART) == NOTHING
    reach = after("allow-ingress-controller", pods=pods, from_namespaces=("web",))
    assert reach.connections(WEB, CART) == ALL and reach.connections(controller.ref, CART) == NOTHING
    reach = after("allow-monitoring", pods=pods, ports=("TCP/9090",))
    assert str(reach.connections(scraper.ref, CART)) == "TCP 9090" and reach.connections(WEB, CART) == NOTHING


def test_dns_is_added_once_and_only_where_egress_is_isolated() -> None:
    deny = presets.find("deny-all").manifest("shop", Parameters())
    once = with_dns(deny)
    assert with_dns(once) == once and deny["spec"].get("egress") is None
    ingress = presets.find("default-deny-ingress").manifest("shop", Parameters())
    assert with_dns(ingress) is ingress
    implied = {**ingress, "spec": {"podSelector": {}, "egress": [{}]}}
    assert len(with_dns(implied)["spec"]["egress"]) == 2


def test_two_of_a_preset_for_different_namespaces_stand_side_by_side() -> None:
    policies = [
        presets.find("allow-from-namespace").manifest("shop", Parameters(from_namespaces=(name,)))
        for name in ("a", "b")
    ]
    assert [policy["metadata"]["name"] for policy in policies] == [
        "allow-from-namespace-a",
        "allow-from-namespace-b",
    ]
    names = tuple(f"namespace-{number:053d}" for number in range(5))
    with pytest.raises(InvalidParameters, match="too long a name"):
        presets.find("allow-to-namespace").manifest("shop", Parameters(to_namespaces=names))


@pytest.mark.parametrize(
    ("name", "parameters", "words"),
    [
        ("deny-all", Parameters(ports=("TCP/80",)), "deny-all does not take `--port`"),
        ("allow-dns", Parameters(from_namespaces=("a",)), "allow-dns does not take `--from-namespace`"),
        (
            "allow-monitoring",
            Parameters(to_namespaces=("a",)),
            "allow-monitoring does not take `--to-namespace`",
        ),
        ("allow-from-namespace", Parameters(), "allow-from-namespace needs `--from-namespace`"),
        ("allow-to-namespace", Parameters(ports=("TCP/80",)), "allow-to-namespace needs `--to-namespace`"),
    ],
)
def test_what_a_preset_does_not_take_or_lacks_is_said(name: str, parameters: Parameters, words: str) -> None:
    with pytest.raises(InvalidParameters, match=words):
        presets.find(name).manifest("shop", parameters)


def test_an_unknown_preset_gets_the_nearest() -> None:
    with pytest.raises(InvalidParameters) as refusal:
        presets.find("deny-al")
    assert "Did you mean `deny-all`?" in refusal.value.fix


def test_a_preset_over_another_policy_is_counted_with_it() -> None:
    result = computed(
        presets.find("allow-dns").manifest("shop", Parameters()),
        presets.find("deny-all").manifest("shop", Parameters()),
    )
    assert str(result.after.connections(CART, DNS)) == "TCP 53,UDP 53"
    assert result.preview.ref == PolicyRef("shop", "allow-dns") and snapshot().cluster.policies == ()
    assert result.before.connections(CART, DNS) == NOTHING and Protocol.TCP
