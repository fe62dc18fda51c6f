"""Every mistake in a NetworkPolicy is told with its field; whatever it is, the answer is a policy or a
refusal.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.reach.parser import InvalidPolicy, errors_of, parse_policy
from tests.unit.policy.reach import cluster_strategies
from tests.unit.policy.reach.yaml_clusters import policy


def errors(spec: str) -> list[str]:
    return [str(error) for error in errors_of(yaml.safe_load(policy(spec)))]


def rule(peer: str = "podSelector: {}", port: str = "port: 80") -> str:
    return f"ingress: [{{from: [{{{peer}}}], ports: [{{{port}}}]}}]"


@pytest.mark.parametrize(
    ("spec", "field", "reason"),
    [
        ("podselector: {}", "spec.podselector", "unknown field, did you mean podSelector?"),
        ("ingress: [{form: []}]", "spec.ingress[0].form", "unknown field, did you mean from?"),
        ("egress: [{from: []}]", "spec.egress[0].from", "unknown field"),
        (
            rule(peer="podSelector: {matchLabel: {a: b}}"),
            "spec.ingress[0].from[0].podSelector.matchLabel",
            "did you mean matchLabels",
        ),
        ("podSelector: {matchLabels: {app: 1}}", "spec.podSelector.matchLabels.app", "put it in quotes"),
        ("podSelector: {matchLabels: {'a b': x}}", "spec.podSelector.matchLabels", "is not a label key"),
        ("podSelector: {matchLabels: {a: 'x y'}}", "spec.podSelector.matchLabels.a", "is not a label value"),
        ("podSelector: {matchLabels: {UP.er/a: x}}", "spec.podSelector.matchLabels", "not a DNS subdomain"),
        (
            "podSelector: {matchExpressions: [{key: a, operator: in, values: [x]}]}",
            "spec.podSelector.matchExpressions[0].operator",
            "must be one of",
        ),
        (
            "podSelector: {matchExpressions: [{key: a, operator: In}]}",
            "spec.podSelector.matchExpressions[0].values",
            "must not be empty",
        ),
        (
            "podSelector: {matchExpressions: [{key: a, operator: Exists, values: [x]}]}",
            "spec.podSelector.matchExpressions[0].values",
            "must be empty",
        ),
        ("policyTypes: [ingress]", "spec.policyTypes[0]", "must be Ingress or Egress"),
        ("policyTypes: Ingress", "spec.policyTypes", "must be a list"),
        ("policyTypes: [Ingress, Egress, Ingress]", "spec.policyTypes", "may not have more than two"),
        ("ingress: {}", "spec.ingress", "must be a list, not a mapping"),
        ("ingress: [null]", "spec.ingress[0]", "must be a mapping"),
        ("ingress: [{from: [{}]}]", "spec.ingress[0].from[0]", "needs a podSelector"),
        (
            rule(peer="ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}"),
            "spec.ingress[0].from[0]",
            "stands alone",
        ),
        (rule(peer="ipBlock: {}"), "spec.ingress[0].from[0].ipBlock.cidr", "is required"),
        (rule(peer="ipBlock: {cidr: 10.0.0.0}"), "spec.ingress[0].from[0].ipBlock.cidr", "is not a block"),
        (rule(peer="ipBlock: {cidr: 10.0.0.0/33}"), "spec.ingress[0].from[0].ipBlock.cidr", "is not a block"),
        (
            rule(peer="ipBlock: {cidr: 10.0.0.0/255.0.0.0}"),
            "spec.ingress[0].from[0].ipBlock.cidr",
            "is not a block",
        ),
        (
            rule(peer="ipBlock: {cidr: '::ffff:10.0.0.0/104'}"),
            "spec.ingress[0].from[0].ipBlock.cidr",
            "write it as IPv4",
        ),
        (
            rule(peer="ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}"),
            "spec.ingress[0].from[0].ipBlock.except[0]",
            "must lie within",
        ),
        (
            rule(peer="ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}"),
            "spec.ingress[0].from[0].ipBlock.except[0]",
            "and be smaller",
        ),
        (
            rule(peer="ipBlock: {cidr: 10.0.0.0/8, except: ['fd00::/64']}"),
            "spec.ingress[0].from[0].ipBlock.except[0]",
            "must lie within",
        ),
        (rule(port="port: 0"), "spec.ingress[0].ports[0].port", "between 1 and 65535"),
        (rule(port="port: 65536"), "spec.ingress[0].ports[0].port", "between 1 and 65535"),
        (rule(port="port: '80'"), "spec.ingress[0].ports[0].port", "without quotes"),
        (
            rule(port="port: 80.5"),
            "spec.ingress[0].ports[0].port",
            "must be a whole number or the name of a port, not 80.5",
        ),
        (
            rule(port="port: 80, endPort: 90.5"),
            "spec.ingress[0].ports[0].endPort",
            "must be a whole number, not 90.5",
        ),
        (
            rule(port="port: true"),
            "spec.ingress[0].ports[0].port",
            "must be a whole number or the name of a port, not true or false",
        ),
        (rule(port="port: Http"), "spec.ingress[0].ports[0].port", "is not the name of a port"),
        (
            rule(port="port: a-name-that-is-too-long"),
            "spec.ingress[0].ports[0].port",
            "is not the name of a port",
        ),
        (rule(port="port: 80, endPort: 79"), "spec.ingress[0].ports[0].endPort", "must not be below"),
        (rule(port="endPort: 80"), "spec.ingress[0].ports[0].endPort", "needs a port"),
        (rule(port="port: http, endPort: 80"), "spec.ingress[0].ports[0].endPort", "named port"),
        (rule(port="port: 80, endPort: 70000"), "spec.ingress[0].ports[0].endPort", "between 1 and 65535"),
        (
            rule(port="port: 80, protocol: tcp"),
            "spec.ingress[0].ports[0].protocol",
            "must be TCP, UDP or SCTP",
        ),
        (
            rule(port="port: 80, protocol: ICMP"),
            "spec.ingress[0].ports[0].protocol",
            "must be TCP, UDP or SCTP",
        ),
    ],
)
def test_a_mistake_is_told_with_its_field(spec: str, field: str, reason: str) -> None:
    found_errors = errors(spec)
    assert len(found_errors) == 1
    assert found_errors[0].startswith(f"{field}: ")
    assert reason in found_errors[0]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"apiVersion": "extensions/v1beta1"}, "apiVersion"),
        ({"kind": "Deployment"}, "kind"),
        ({"metadata": {"name": "Upper"}}, "metadata.name"),
        ({"metadata": {}}, "metadata.name"),
        ({"metadata": {"name": "a" * 254}}, "metadata.name"),
        ({"metadata": {"name": "a", "namespace": "a.b"}}, "metadata.namespace"),
        ({"metadata": {"name": "a", "namespace": "n" * 64}}, "metadata.namespace"),
        ({"metadata": []}, "metadata"),
        ({"specs": {}}, "specs"),
        ({"spec": []}, "spec"),
    ],
)
def test_a_mistake_around_the_spec(change: dict[str, Any], field: str) -> None:
    manifest = {**yaml.safe_load(policy("{}")), **change}
    assert field in [error.field for error in errors_of(manifest)]


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({}, "is required"),
        ({"name": ""}, "is required"),
        ({"name": 123}, "put it in quotes"),
        ({"name": "A"}, "DNS subdomain"),
    ],
)
def test_what_is_wrong_with_a_name_is_told_once(metadata: dict[str, Any], reason: str) -> None:
    (error,) = errors_of({**yaml.safe_load(policy("{}")), "metadata": metadata})
    assert error.field == "metadata.name" and reason in error.reason


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(InvalidPolicy) as caught:
        parse_policy(
            yaml.safe_load(policy("podselector: {}\ningress: [{ports: [{port: 0}, {port: 99999}]}]"))
        )
    assert len(caught.value.errors) == 3
    assert "default/policy" in caught.value.what
    assert "spec.ingress[0].ports[1].port" in caught.value.why


@given(cluster_strategies.policies())
def test_what_an_api_server_takes_is_taken(manifest: dict[str, Any]) -> None:
    parsed = parse_policy(manifest)
    assert (parsed.namespace, parsed.name) == (manifest["metadata"]["namespace"], "p")


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 70000)
    | st.text(max_size=4)
    | st.sampled_from(["Ingress", "10.0.0.0/8", "In"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "podSelector",
                    "ingress",
                    "egress",
                    "from",
                    "to",
                    "ports",
                    "port",
                    "endPort",
                    "ipBlock",
                    "cidr",
                    "except",
                    "matchLabels",
                    "matchExpressions",
                    "key",
                    "operator",
                    "values",
                    "protocol",
                    "x",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(values)
def test_garbage_is_refused_or_read_and_never_breaks_the_parser(spec: Any) -> None:
    manifest = {**yaml.safe_load(policy("{}")), "spec": spec}
    if errors_of(manifest):
        with pytest.raises(InvalidPolicy):
            parse_policy(manifest)
    else:
        parse_policy(manifest)
