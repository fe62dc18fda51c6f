"""The examples of the NetworkPolicy concept page and of the API reference, and what their sentences say."""

from __future__ import annotations

import pytest

from tests.unit.policy.reach.yaml_clusters import can, namespace, opens, policy, world

OUTSIDE = "203.0.113.7"

EXAMPLE = policy("""
    podSelector: {matchLabels: {role: db}}
    policyTypes: [Ingress, Egress]
    ingress:
    - from:
      - ipBlock: {cidr: 172.17.0.0/16, except: [172.17.1.0/24]}
      - namespaceSelector: {matchLabels: {project: myproject}}
      - podSelector: {matchLabels: {role: frontend}}
      ports: [{protocol: TCP, port: 6379}]
    egress:
    - to:
      - ipBlock: {cidr: 10.0.0.0/24}
      ports: [{protocol: TCP, port: 5978}]
""")
EXAMPLE_PODS = {
    "default__db": "role=db",
    "default__frontend": "role=frontend",
    "default__plain": "",
    "myproject__any": "",
    "other__frontend": "role=frontend",
}


@pytest.mark.parametrize(
    ("source", "connections"),
    [
        ("frontend", "TCP 6379"),
        ("plain", "No Connections"),
        ("myproject/any", "TCP 6379"),
        ("other/frontend", "No Connections"),
        ("172.17.0.0", "TCP 6379"),
        ("172.17.0.255", "TCP 6379"),
        ("172.17.1.0", "No Connections"),
        ("172.17.1.255", "No Connections"),
        ("172.17.2.0", "TCP 6379"),
        ("172.17.255.255", "TCP 6379"),
        ("172.16.255.255", "No Connections"),
        ("172.18.0.0", "No Connections"),
    ],
)
def test_the_example_of_the_concept_page_lets_in(source: str, connections: str) -> None:
    reach = world(EXAMPLE, namespace("myproject", project="myproject"), **EXAMPLE_PODS)
    assert opens(reach, source, "db") == connections


@pytest.mark.parametrize(
    ("destination", "connections"),
    [
        ("10.0.0.0", "TCP 5978"),
        ("10.0.0.255", "TCP 5978"),
        ("10.0.1.0", "No Connections"),
        ("9.255.255.255", "No Connections"),
        ("plain", "No Connections"),
    ],
)
def test_the_example_of_the_concept_page_lets_out(destination: str, connections: str) -> None:
    reach = world(EXAMPLE, namespace("myproject", project="myproject"), **EXAMPLE_PODS)
    assert opens(reach, "db", destination) == connections


def test_one_entry_with_both_selectors_needs_both_and_two_entries_either() -> None:
    both = """
        podSelector: {matchLabels: {app: web}}
        ingress:
        - from:
          - namespaceSelector: {matchLabels: {user: alice}}
            podSelector: {matchLabels: {role: client}}
    """
    either = both.replace(
        "            podSelector: {matchLabels: {role", "          - podSelector: {matchLabels: {role"
    )
    pods = {
        "default__web": "app=web",
        "default__client": "role=client",
        "alice__client": "role=client",
        "alice__other": "",
    }
    alice = namespace("alice", user="alice")
    connections = [
        can(world(policy(both), alice, **pods), source, "web")
        for source in ("client", "alice/client", "alice/other")
    ]
    assert connections == [False, True, False]
    connections = [
        can(world(policy(either), alice, **pods), source, "web")
        for source in ("client", "alice/client", "alice/other")
    ]
    assert connections == [True, True, True]


def test_default_deny_all_ingress() -> None:
    reach = world(policy("podSelector: {}\npolicyTypes: [Ingress]"), default__a="", default__b="")
    assert opens(reach, "b", "a") == "No Connections"
    assert opens(reach, "a", OUTSIDE) == "All Connections"


def test_allow_all_ingress() -> None:
    reach = world(
        policy("podSelector: {}\ningress: [{}]\npolicyTypes: [Ingress]", name="allow"),
        policy("podSelector: {}\npolicyTypes: [Ingress]", name="deny"),
        default__a="",
    )
    assert opens(reach, OUTSIDE, "a") == "All Connections"  # no other policy can deny what one allows


def test_default_deny_all_egress() -> None:
    reach = world(policy("podSelector: {}\npolicyTypes: [Egress]"), default__a="", default__b="")
    assert opens(reach, "a", "b") == "No Connections"
    assert opens(reach, OUTSIDE, "a") == "All Connections"


def test_allow_all_egress() -> None:
    reach = world(
        policy("podSelector: {}\negress: [{}]\npolicyTypes: [Egress]", name="allow"),
        policy("podSelector: {}\npolicyTypes: [Egress]", name="deny"),
        default__a="",
    )
    assert opens(reach, "a", OUTSIDE) == "All Connections"


def test_default_deny_of_both_directions() -> None:
    reach = world(policy("podSelector: {}\npolicyTypes: [Ingress, Egress]"), default__a="", other__b="")
    assert opens(reach, "a", "other/b") == "No Connections"
    assert opens(reach, "other/b", "a") == "No Connections"


def test_a_range_of_ports() -> None:
    reach = world(
        policy("""
            podSelector: {matchLabels: {role: db}}
            policyTypes: [Egress]
            egress:
            - to: [{ipBlock: {cidr: 10.0.0.0/24}}]
              ports: [{protocol: TCP, port: 32000, endPort: 32768}]
        """),
        default__db="role=db",
    )
    assert opens(reach, "db", "10.0.0.9") == "TCP 32000-32768"


def test_several_namespaces_by_label() -> None:
    reach = world(
        policy("""
            podSelector: {matchLabels: {app: myapp}}
            policyTypes: [Egress]
            egress:
            - to:
              - namespaceSelector:
                  matchExpressions: [{key: namespace, operator: In, values: [frontend, backend]}]
        """),
        namespace("frontend", namespace="frontend"),
        namespace("backend", namespace="backend"),
        namespace("other"),
        default__app="app=myapp",
        frontend__a="",
        backend__b="",
        other__c="",
    )
    assert [can(reach, "app", to) for to in ("frontend/a", "backend/b", "other/c")] == [True, True, False]


def test_a_namespace_by_its_name_needs_no_namespace_object() -> None:
    reach = world(
        policy(
            "podSelector: {}\ningress:\n- from:\n  - namespaceSelector: {matchLabels:"
            " {kubernetes.io/metadata.name: ops}}"
        ),
        default__a="",
        ops__b="",
        other__c="",
    )
    assert [can(reach, source, "a") for source in ("ops/b", "other/c")] == [True, False]


def test_sctp_is_a_protocol_of_its_own() -> None:
    reach = world(policy("ingress: [{ports: [{protocol: SCTP, port: 7777}]}]"), default__a="", default__b="")
    assert opens(reach, "b", "a") == "SCTP 7777"


@pytest.mark.parametrize(
    ("spec", "ingress", "egress"),
    [
        pytest.param("podSelector: {}", False, True, id="no-types-no-rules"),
        pytest.param("podSelector: {}\negress: []", False, True, id="an-empty-egress-does-not-isolate"),
        pytest.param("podSelector: {}\negress:", False, True, id="nor-one-that-is-null"),
        pytest.param(
            "podSelector: {}\negress: [{to: [{podSelector: {}}]}]", False, False, id="one-rule-does"
        ),
        pytest.param("podSelector: {}\npolicyTypes: []", False, True, id="empty-types-are-absent-types"),
        pytest.param(
            "podSelector: {}\npolicyTypes: [Egress]\ningress: [{}]", True, False, id="unlisted-is-ignored"
        ),
        pytest.param(
            "podSelector: {}\npolicyTypes: [Egress, Ingress]", False, False, id="order-does-not-matter"
        ),
        pytest.param("ingress: []", False, True, id="without-a-podSelector-all-pods"),
        pytest.param("{}", False, True, id="an-empty-spec"),
    ],
)
def test_which_directions_a_policy_isolates(spec: str, ingress: bool, egress: bool) -> None:
    reach = world(policy(spec), default__a="", other__b="")
    assert (can(reach, "other/b", "a"), can(reach, "a", "other/b")) == (ingress, egress)


@pytest.mark.parametrize("peers", ["from: []", "from:", "ports: [{port: 80}]"])
def test_missing_null_and_empty_peers_are_everyone(peers: str) -> None:
    reach = world(policy(f"ingress:\n- {peers}"), default__a="", other__b="")
    assert can(reach, "other/b", "a")
    assert can(reach, OUTSIDE, "a")


@pytest.mark.parametrize("ports", ["ports: []", "ports:", "from: [{namespaceSelector: {}}]"])
def test_missing_null_and_empty_ports_are_all_ports(ports: str) -> None:
    reach = world(policy(f"ingress:\n- {ports}"), default__a="", other__b="")
    assert opens(reach, "other/b", "a") == "All Connections"


def test_empty_selectors_are_all_pods_of_the_namespace_and_all_pods_of_all_but_nobody_outside() -> None:
    reach = world(policy("ingress: [{from: [{podSelector: {}}]}]"), default__a="", default__b="", other__c="")
    assert [can(reach, source, "a") for source in ("b", "other/c", OUTSIDE)] == [True, False, False]
    every = world(
        policy("ingress: [{from: [{namespaceSelector: {}}]}]"), default__a="", default__b="", other__c=""
    )
    assert [can(every, source, "a") for source in ("b", "other/c", OUTSIDE)] == [True, True, False]


@pytest.mark.parametrize(
    ("expression", "matching"),
    [
        ("{key: tier, operator: In, values: [x, y]}", ["x", "y"]),
        ("{key: tier, operator: NotIn, values: [x]}", ["y", "z", "none"]),
        ("{key: tier, operator: Exists}", ["x", "y", "z"]),
        ("{key: tier, operator: DoesNotExist}", ["none"]),
    ],
)
def test_match_expressions(expression: str, matching: list[str]) -> None:
    reach = world(
        policy(
            "podSelector: {matchLabels: {app: web}}\ningress: [{from: [{podSelector:"
            f" {{matchExpressions: [{expression}]}}}}]}}]"
        ),
        default__web="app=web",
        default__x="tier=x",
        default__y="tier=y",
        default__z="tier=z",
        default__none="",
    )
    assert [name for name in ("x", "y", "z", "none") if can(reach, name, "web")] == matching


def test_match_expressions_beside_a_namespace_selector_range_over_those_namespaces() -> None:
    peer = (
        "{namespaceSelector: {}, podSelector: {matchExpressions: [{key: tier, operator: NotIn, values:"
        " [x]}]}}"
    )
    reach = world(
        policy(f"ingress: [{{from: [{peer}]}}]"), default__a="", other__x="tier=x", other__y="tier=y"
    )
    assert [can(reach, source, "a") for source in ("other/x", "other/y")] == [False, True]


def test_a_protocol_that_is_left_out_is_tcp_and_one_without_a_port_is_all_its_ports() -> None:
    assert (
        opens(world(policy("ingress: [{ports: [{port: 53}]}]"), default__a="", default__b=""), "b", "a")
        == "TCP 53"
    )
    assert opens(world(policy("ingress: [{ports: [{}]}]"), default__a="", default__b=""), "b", "a") == "TCP"
    reach = world(policy("ingress: [{ports: [{protocol: UDP}, {port: 80}]}]"), default__a="", default__b="")
    assert opens(reach, "b", "a") == "TCP 80,UDP"


def test_a_named_port_is_the_destinations_in_both_directions() -> None:
    reach = world(
        policy(
            "podSelector: {matchLabels: {app: web}}\negress: [{ports: [{port: http}]}]\npolicyTypes:"
            " [Egress]",
            name="out",
        ),
        policy("podSelector: {matchLabels: {app: db}}\ningress: [{ports: [{port: http}]}]", name="into"),
        default__web="app=web http=TCP/1111",
        default__db="app=db http=TCP/8080 http=TCP/8081 http=UDP/53",
        default__none="",
    )
    assert opens(reach, "web", "db") == "TCP 8080-8081"  # both containers, TCP only
    assert opens(reach, "web", "none") == "No Connections"
    assert opens(reach, "web", OUTSIDE) == "No Connections"  # never for addresses outside
    assert opens(reach, OUTSIDE, "db") == "TCP 8080-8081"


def test_a_name_that_no_container_has_still_isolates() -> None:
    reach = world(policy("ingress: [{ports: [{port: nosuch}]}]"), default__a="http=TCP/80", default__b="")
    assert opens(reach, "b", "a") == "No Connections"


def test_what_one_block_excepts_another_rule_may_allow() -> None:
    reach = world(
        policy(
            "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}, {ipBlock: {cidr:"
            " 10.1.2.0/24}}]}]"
        ),
        default__a="",
    )
    assert [can(reach, source, "a") for source in ("10.0.0.1", "10.1.1.255", "10.1.2.0", "10.1.3.0")] == [
        True,
        False,
        True,
        False,
    ]


def test_a_block_matches_pods_whose_addresses_are_known() -> None:
    reach = world(
        policy("podSelector: {matchLabels: {app: web}}\ningress: [{from: [{ipBlock: {cidr: 10.9.0.0/24}}]}]"),
        default__web="app=web",
        default__inside="10.9.0.7",
        default__beside="10.9.1.7",
        default__dual="fd00::1 10.9.0.8",
        default__unknown="",
    )
    assert [can(reach, source, "web") for source in ("inside", "beside", "dual", "unknown")] == [
        True,
        False,
        True,
        False,
    ]


def test_rules_are_a_union_whose_peers_and_ports_do_not_cross() -> None:
    reach = world(
        policy("""
            podSelector: {matchLabels: {app: web}}
            ingress:
            - {from: [{podSelector: {matchLabels: {app: a}}}], ports: [{port: 80}]}
            - {from: [{podSelector: {matchLabels: {app: b}}}], ports: [{port: 443}]}
        """),
        default__web="app=web",
        default__a="app=a",
        default__b="app=b",
    )
    assert (opens(reach, "a", "web"), opens(reach, "b", "web")) == ("TCP 80", "TCP 443")


def test_a_host_network_pod_is_not_isolated_and_as_a_peer_it_is_its_nodes_address() -> None:
    reach = world(
        policy("podSelector: {}\npolicyTypes: [Ingress, Egress]", name="deny"),
        policy("podSelector: {matchLabels: {app: web}}\ningress: [{from: [{podSelector: {}}]}]", name="pods"),
        policy(
            "podSelector: {matchLabels: {app: db}}\ningress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}]}]",
            name="nodes",
        ),
        default__web="app=web node:n1",
        default__db="app=db node:n1",
        default__agent="app=agent host node:n2 192.0.2.5",
        other__client="",
    )
    assert opens(reach, "other/client", "agent") == "All Connections"
    assert opens(reach, "agent", "web") == "No Connections"
    assert opens(reach, "agent", "db") == "All Connections"


def test_a_pods_own_node_and_the_pods_on_its_network_always_reach_it() -> None:
    node = (
        "---\napiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {addresses: [{type: InternalIP,"
        " address: 192.0.2.1}]}"
    )
    reach = world(
        policy("podSelector: {}\npolicyTypes: [Ingress, Egress]"),
        node,
        default__web="node:n1",
        default__far="node:n2",
        kube_system__agent="host node:n1 192.0.2.1",
    )
    assert opens(reach, "192.0.2.1", "web") == "All Connections"
    assert opens(reach, "kube-system/agent", "web") == "All Connections"
    assert opens(reach, "kube-system/agent", "far") == "No Connections"
    assert opens(reach, "192.0.2.1", "far") == "No Connections"
    assert opens(reach, "web", "kube-system/agent") == "No Connections"  # that is egress, and it is denied


def test_equal_labels_in_two_namespaces_are_two_kinds_of_pods() -> None:
    reach = world(policy("podSelector: {}\ningress: []"), default__a="app=x", other__a="app=x", third__c="")
    assert [can(reach, "third/c", destination) for destination in ("default/a", "other/a")] == [False, True]


def test_ipv6_blocks_and_exceptions() -> None:
    reach = world(
        policy("ingress: [{from: [{ipBlock: {cidr: 'fd00::/64', except: ['fd00::8/125']}}]}]"), default__a=""
    )
    connections = [
        can(reach, source, "a")
        for source in ("fcff::1", "fd00::7", "fd00::8", "fd00::f", "fd00::10", "fd00:0:0:1::")
    ]
    assert connections == [False, True, False, False, True, False]
    assert not can(reach, "10.0.0.1", "a")
