"""A person's own YAML: every mistake is told with its field, and nothing else than one NetworkPolicy
gets through.
"""

from __future__ import annotations

import string
import textwrap
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.policy import validation, yaml_document
from bot.policy.errors import InvalidManifest
from tests.support.property_examples import examples

GOOD = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, labels: {team: shop}}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress]
  ingress:
    - from: [{namespaceSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]
      ports: [{port: 8080, endPort: 8090}, {port: metrics, protocol: UDP}]
"""


def refused(text: str | bytes, namespace: str = "shop") -> InvalidManifest:
    with pytest.raises(InvalidManifest) as refusal:
        validation.validate_manifest(text, namespace=namespace)
    return refusal.value


def spec(text: str) -> str:
    return (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name:"
        f" x}}\nspec:\n{textwrap.indent(text, '  ')}"
    )


def test_a_policy_is_taken_and_given_its_namespace() -> None:
    policy = validation.validate_manifest(GOOD, namespace="shop")
    assert policy["metadata"] == {"name": "web", "labels": {"team": "shop"}, "namespace": "shop"}
    assert policy["spec"]["ingress"][0]["ports"][0] == {"port": 8080, "endPort": 8090}


def test_what_kubectl_prints_is_taken_without_what_the_server_wrote() -> None:
    printed = yaml.safe_load(GOOD)
    printed["metadata"] |= {
        "uid": "u",
        "resourceVersion": "12",
        "creationTimestamp": "2026-11-24T12:00:00Z",
        "generation": 1,
        "managedFields": [{"manager": "kubectl"}],
        "namespace": "shop",
    }
    printed["status"] = {}
    policy = validation.validate_manifest(yaml.safe_dump(printed), namespace="shop")
    assert set(policy) == {"apiVersion", "kind", "metadata", "spec"}
    assert set(policy["metadata"]) == {"name", "labels", "namespace"}


def test_json_is_taken_too() -> None:
    import json

    assert (
        validation.validate_manifest(json.dumps(yaml.safe_load(GOOD)), namespace="shop")["metadata"]["name"]
        == "web"
    )


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        pytest.param("podSelectr: {}", "spec.podSelectr", "did you mean podSelector?", id="misspelt-field"),
        pytest.param(
            "ingress: [{form: []}]", "spec.ingress[0].form", "did you mean from?", id="misspelt-peers"
        ),
        pytest.param("ingress: {from: []}", "spec.ingress", "must be a list", id="a-map-for-a-list"),
        pytest.param(
            "policyTypes: [Inbound]",
            "spec.policyTypes[0]",
            "must be Ingress or Egress",
            id="a-type-that-is-none",
        ),
        pytest.param(
            "podSelector: {matchLabels: {app: 1}}",
            "spec.podSelector.matchLabels.app",
            "put it in quotes",
            id="a-number-as-label",
        ),
        pytest.param(
            "podSelector: {matchExpressions: [{key: app, operator: In}]}",
            "spec.podSelector.matchExpressions[0].values",
            "must not be empty",
            id="in-without-values",
        ),
        pytest.param(
            "podSelector: {matchExpressions: [{key: app, operator: Equals, values: [a]}]}",
            "spec.podSelector.matchExpressions[0].operator",
            "must be one of",
            id="an-operator-that-is-none",
        ),
        pytest.param(
            "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0}}]}]",
            "spec.ingress[0].from[0].ipBlock.cidr",
            "",
            id="an-address-as-cidr",
        ),
        pytest.param(
            "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/33}}]}]",
            "spec.ingress[0].from[0].ipBlock.cidr",
            "",
            id="a-bad-cidr",
        ),
        pytest.param(
            "egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]",
            "spec.egress[0].to[0].ipBlock.except[0]",
            "",
            id="an-exception-outside",
        ),
        pytest.param(
            "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]}]",
            "spec.ingress[0].from[0]",
            "",
            id="two-peers-in-one",
        ),
        pytest.param("ingress: [{from: [{}]}]", "spec.ingress[0].from[0]", "", id="an-empty-peer"),
        pytest.param(
            "ingress: [{ports: [{port: 70000}]}]",
            "spec.ingress[0].ports[0].port",
            "between 1 and 65535",
            id="a-port-too-high",
        ),
        pytest.param(
            "ingress: [{ports: [{port: '80'}]}]",
            "spec.ingress[0].ports[0].port",
            "without quotes",
            id="a-port-in-quotes",
        ),
        pytest.param(
            "ingress: [{ports: [{port: 80-90}]}]",
            "spec.ingress[0].ports[0].port",
            "`endPort: 90`",
            id="a-range-in-one",
        ),
        pytest.param(
            "ingress: [{ports: [{port: 90, endPort: 80}]}]",
            "spec.ingress[0].ports[0].endPort",
            "below",
            id="a-range-backwards",
        ),
        pytest.param(
            "ingress: [{ports: [{port: web, endPort: 80}]}]",
            "spec.ingress[0].ports[0].endPort",
            "named port",
            id="a-range-of-a-name",
        ),
        pytest.param(
            "ingress: [{ports: [{protocol: ICMP}]}]",
            "spec.ingress[0].ports[0].protocol",
            "TCP, UDP or SCTP",
            id="a-protocol-that-is-none",
        ),
    ],
)
def test_a_mistake_is_told_with_its_field(text: str, field: str, words: str) -> None:
    refusal = refused(spec(text))
    assert f"`{field}`" in refusal.why and words in refusal.why


def test_all_mistakes_are_told_at_once_and_only_so_many_are_listed() -> None:
    assert (
        refused(spec("podSelectr: {}\npolicyTypes: [In]")).what
        == "2 things are wrong with this NetworkPolicy"
    )
    refusal = refused(spec("ingress:\n" + "  - {form: []}\n" * 20))
    assert (
        refusal.what.startswith("20 things")
        and refusal.why.count("\n") == 8
        and "…and 12 more" in refusal.why
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(GOOD.replace("web,", f"{'a' * 254},"), "at most 253", id="a-name-over-the-limit"),
        pytest.param(GOOD.replace("web,", "Web_1,"), "DNS subdomain", id="a-name-that-is-none"),
        pytest.param(GOOD.replace("name: web, ", ""), "`metadata.name`", id="no-name"),
        pytest.param(
            GOOD.replace("team: shop", "team: a b"), "`metadata.labels.team`", id="a-label-with-a-space"
        ),
        pytest.param(
            GOOD.replace("labels: {team: shop}", "generateName: x"),
            "`metadata.generateName`",
            id="a-generated-name",
        ),
        pytest.param(
            GOOD.replace("labels: {team: shop}", "annotations: {a: 1}"),
            "`metadata.annotations.a`",
            id="a-number-as-annotation",
        ),
    ],
)
def test_metadata_is_checked(text: str, words: str) -> None:
    assert words in refused(text).why


def test_a_policy_for_another_namespace_is_refused() -> None:
    refusal = refused(GOOD.replace("name: web,", "name: web, namespace: billing,"))
    assert (
        refusal.what == "The policy is for the namespace billing, you said -n shop"
        and "`-n billing`" in refusal.fix
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}",
            "This is a Deployment, not a NetworkPolicy",
            id="deployment",
        ),
        pytest.param("apiVersion: v1\nkind: List\nitems: []", "This is a List", id="list"),
        pytest.param(
            "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy",
            "This is Calico's own NetworkPolicy",
            id="calico",
        ),
        pytest.param(
            "apiVersion: extensions/v1beta1\nkind: NetworkPolicy",
            "is of extensions/v1beta1",
            id="an-old-version",
        ),
        pytest.param("kind: NetworkPolicy", "no apiVersion", id="no-version"),
        pytest.param("hello: world", "This is no Kubernetes object", id="no-kind"),
        pytest.param("hello", "This is no Kubernetes object", id="a-word"),
        pytest.param("- a\n- b", "This is no Kubernetes object", id="a-list"),
        pytest.param("", "There is nothing in this YAML", id="nothing"),
        pytest.param("# only a comment", "There is nothing in this YAML", id="a-comment"),
        pytest.param(f"{GOOD}\n---\n{GOOD}", "There are 2 documents in this YAML", id="two-documents"),
        pytest.param("a: [", "This is no YAML", id="broken"),
        pytest.param("\ta: b", "This is no YAML", id="tab"),
        pytest.param("a: 1\na: 2", "This is no YAML", id="twice"),
        pytest.param("!!python/object/apply:os.system ['true']", "This is no YAML", id="python-tag"),
        pytest.param("null: x", "This is no YAML", id="nothing-as-field"),
        pytest.param("x" * (yaml_document.LARGEST + 1), "That is too large for a policy", id="too-large"),
        pytest.param(b"\xff\xfe\x00\x01", "This is no text", id="binary"),
        pytest.param("[" * 10_000, "This is no policy", id="endless-nesting"),
        pytest.param("[1, " * 40 + "]" * 40, "This is no policy", id="deep"),
        pytest.param("- a\n" * 60_000, "This is no policy", id="many-parts"),
    ],
)
def test_whatever_is_no_policy_is_refused_with_the_reason(text: str | bytes, words: str) -> None:
    assert words in refused(text).what


def test_a_trailing_separator_makes_no_second_document() -> None:
    assert validation.validate_manifest(f"---\n{GOOD}\n---\n", namespace="shop")["metadata"]["name"] == "web"


def test_a_bomb_is_refused_before_it_is_built() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    refusal = refused("\n".join(levels))
    assert refusal.what == "This is no policy" and "*a4 and the aliases before it written out" in refusal.why


def test_what_is_null_is_left_out_as_an_api_server_leaves_it_out_and_a_null_label_is_an_empty_one() -> None:
    head = (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web, labels: null,"
        " annotations: {a: null}}\n"
    )
    spec = (
        "{podSelector: {matchLabels: {app: null}}, egress: null, ingress: [{from: null, ports: [{port: 1,"
        " endPort: null}]}]}"
    )
    policy = validation.validate_manifest(f"{head}spec: {spec}", namespace="shop")
    assert policy["metadata"] == {"name": "web", "namespace": "shop", "annotations": {"a": ""}}
    assert policy["spec"] == {
        "podSelector": {"matchLabels": {"app": ""}},
        "ingress": [{"ports": [{"port": 1}]}],
    }
    assert "spec" not in validation.validate_manifest(f"{head}spec:\n", namespace="shop")


def test_an_anchor_that_is_used_again_is_written_out() -> None:
    text = GOOD.replace(
        "labels: {team: shop}", "labels: &own {team: shop}, annotations: {<<: *own, kept: by-hand}"
    )
    metadata = validation.validate_manifest(text, namespace="shop")["metadata"]
    assert metadata["labels"] == {"team": "shop"}
    assert metadata["annotations"] == {"team": "shop", "kept": "by-hand"}


def test_ten_megabytes_are_refused_by_their_size() -> None:
    refusal = refused(b"a" * 10_000_000)
    assert "10,000,000 bytes; at most 262,144 are taken" in refusal.why


def test_dates_and_odd_words_stay_what_they_are() -> None:
    policy = validation.validate_manifest(
        GOOD.replace("labels: {team: shop}", "annotations: {since: 2026-11-24}"), namespace="shop"
    )
    assert policy["metadata"]["annotations"] == {"since": "2026-11-24"}


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(string.printable, max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "from",
                    "to",
                    "ports",
                    "port",
                    "endPort",
                    "protocol",
                    "podSelector",
                    "namespaceSelector",
                    "ipBlock",
                    "cidr",
                    "except",
                    "matchLabels",
                    "matchExpressions",
                    "key",
                    "operator",
                    "values",
                    "ingress",
                    "egress",
                    "policyTypes",
                ]
            )
            | st.text(string.ascii_letters, min_size=1, max_size=6),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=examples(300), deadline=None)
@given(st.dictionaries(st.sampled_from(["podSelector", "ingress", "egress", "policyTypes", "x"]), junk), junk)
def test_any_object_is_a_policy_or_is_refused_with_fields(spec: dict[str, Any], metadata: Any) -> None:
    document = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata,
        "spec": spec,
    }
    try:
        policy = validation.validate_manifest(yaml.safe_dump(document), namespace="shop")
    except InvalidManifest as refusal:
        assert refusal.what and refusal.fix and (refusal.mistakes or refusal.why)
    else:
        assert policy["metadata"]["namespace"] == "shop"


@settings(max_examples=examples(300), deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_text_is_answered_by_a_policy_or_a_refusal(text: str | bytes) -> None:
    with pytest.raises(InvalidManifest):
        validation.validate_manifest(text, namespace="shop")
