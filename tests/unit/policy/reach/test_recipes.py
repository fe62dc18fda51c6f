"""The recipes of ahmetb/kubernetes-network-policy-recipes, case by case; the manifests are our own."""

from __future__ import annotations

from tests.unit.policy.reach.yaml_clusters import can, namespace, opens, policy, world

OUTSIDE = "93.184.216.34"


def test_00_without_policies_everyone_reaches_everyone() -> None:
    reach = world(default__web="app=web", other__client="")
    assert opens(reach, "other/client", "web") == "All Connections"
    assert opens(reach, OUTSIDE, "web") == "All Connections"
    assert opens(reach, "web", OUTSIDE) == "All Connections"


def test_01_deny_all_traffic_to_an_application() -> None:
    reach = world(
        policy("podSelector: {matchLabels: {app: web}}\ningress: []"),
        default__web="app=web",
        default__other="app=other",
        elsewhere__client="",
    )
    for source in ("other", "elsewhere/client", OUTSIDE):
        assert opens(reach, source, "web") == "No Connections"
        assert opens(reach, source, "other") == "All Connections"
    assert opens(reach, "web", "other") == "All Connections"
    assert opens(reach, "web", "web") == "All Connections"  # a pod cannot be kept from itself


def test_02_limit_traffic_to_an_application() -> None:
    reach = world(
        policy("""
            podSelector: {matchLabels: {app: bookstore, role: api}}
            ingress:
            - from:
              - podSelector: {matchLabels: {app: bookstore}}
        """),
        default__api="app=bookstore role=api",
        default__front="app=bookstore role=frontend",
        default__stranger="app=coffeeshop",
        other__front="app=bookstore",
    )
    assert can(reach, "front", "api")
    assert not can(reach, "stranger", "api")
    assert not can(reach, "other/front", "api")  # a podSelector alone means the policy's own namespace
    assert can(reach, "stranger", "front")


def test_02a_allow_all_traffic_to_an_application_beside_a_deny_all() -> None:
    deny = policy("podSelector: {}\ningress: []", name="deny")
    allow = policy("podSelector: {matchLabels: {app: web}}\ningress: [{}]", name="allow")
    reach = world(deny, allow, default__web="app=web", default__db="app=db", other__client="")
    for source in ("db", "other/client", OUTSIDE):
        assert opens(reach, source, "web") == "All Connections"
    assert opens(reach, "other/client", "db") == "No Connections"


def test_03_deny_all_non_whitelisted_traffic_in_a_namespace() -> None:
    reach = world(policy("podSelector: {}\ningress: []"), default__a="app=a", default__b="app=b", other__c="")
    for source in ("b", "other/c", OUTSIDE):
        assert opens(reach, source, "a") == "No Connections"
    assert opens(reach, "a", "other/c") == "All Connections"


def test_04_deny_traffic_from_other_namespaces() -> None:
    reach = world(
        policy("podSelector:\n  matchLabels:\ningress:\n- from:\n  - podSelector: {}", namespace="secondary"),
        secondary__web="app=web",
        secondary__client="",
        default__client="",
    )
    assert can(reach, "secondary/client", "secondary/web")
    assert not can(reach, "default/client", "secondary/web")
    assert not can(reach, OUTSIDE, "secondary/web")


def test_05_allow_traffic_from_all_namespaces() -> None:
    reach = world(
        policy("podSelector: {matchLabels: {app: web}}\ningress:\n- from:\n  - namespaceSelector: {}"),
        default__web="app=web",
        secondary__client="",
        default__client="",
    )
    assert can(reach, "secondary/client", "web")
    assert can(reach, "client", "web")
    assert not can(reach, OUTSIDE, "web")  # all namespaces are not the whole world


def test_06_allow_traffic_from_a_namespace() -> None:
    reach = world(
        policy("""
            podSelector: {matchLabels: {app: web}}
            ingress:
            - from:
              - namespaceSelector: {matchLabels: {purpose: production}}
        """),
        namespace("prod", purpose="production"),
        namespace("dev", purpose="testing"),
        default__web="app=web",
        prod__client="",
        dev__client="",
        default__client="",
    )
    assert can(reach, "prod/client", "web")
    assert not can(reach, "dev/client", "web")
    assert not can(reach, "client", "web")


def test_07_allow_traffic_from_some_pods_in_another_namespace() -> None:
    reach = world(
        policy("""
            podSelector: {matchLabels: {app: web}}
            ingress:
            - from:
              - namespaceSelector: {matchLabels: {team: operations}}
                podSelector: {matchLabels: {type: monitoring}}
        """),
        namespace("ops", team="operations"),
        default__web="app=web",
        ops__monitor="type=monitoring",
        ops__plain="",
        default__monitor="type=monitoring",
    )
    assert can(reach, "ops/monitor", "web")
    assert not can(reach, "ops/plain", "web")
    assert not can(reach, "default/monitor", "web")


def test_08_allow_external_traffic() -> None:
    reach = world(
        policy("podSelector: {matchLabels: {app: web}}\ningress:\n- from: []", name="external"),
        policy("podSelector: {}\ningress: []", name="deny"),
        default__web="app=web",
        default__db="",
    )
    assert can(reach, OUTSIDE, "web")
    assert can(reach, "db", "web")
    assert not can(reach, OUTSIDE, "db")


def test_08_allow_external_traffic_to_one_port() -> None:
    reach = world(
        policy("podSelector: {matchLabels: {app: web}}\ningress:\n- ports:\n  - port: 80\n  from: []"),
        default__web="app=web",
    )
    assert opens(reach, OUTSIDE, "web") == "TCP 80"


def test_09_allow_traffic_only_to_a_port() -> None:
    reach = world(
        policy("""
            podSelector: {matchLabels: {app: apiserver}}
            ingress:
            - ports:
              - port: 5000
              from:
              - podSelector: {matchLabels: {role: monitoring}}
        """),
        default__apiserver="app=apiserver",
        default__monitor="role=monitoring",
        default__other="",
    )
    assert opens(reach, "monitor", "apiserver") == "TCP 5000"
    assert opens(reach, "other", "apiserver") == "No Connections"


def test_10_allow_traffic_with_multiple_selectors() -> None:
    reach = world(
        policy("""
            podSelector: {matchLabels: {app: bookstore, role: db}}
            ingress:
            - from:
              - podSelector: {matchLabels: {app: bookstore, role: search}}
              - podSelector: {matchLabels: {app: bookstore, role: api}}
              - podSelector: {matchLabels: {app: inventory, role: web}}
        """),
        default__db="app=bookstore role=db",
        default__search="app=bookstore role=search",
        default__api="app=bookstore role=api",
        default__catalog="app=inventory role=web",
        default__half="app=bookstore role=web",
    )
    assert all(can(reach, source, "db") for source in ("search", "api", "catalog"))
    assert not can(reach, "half", "db")  # peers are alternatives, their labels do not mix


def test_11_deny_egress_traffic_from_an_application() -> None:
    reach = world(
        policy("podSelector: {matchLabels: {app: foo}}\npolicyTypes: [Egress]\negress: []"),
        default__foo="app=foo",
        default__other="",
        kube_system__dns="k8s-app=kube-dns",
    )
    for destination in ("other", "kube-system/dns", OUTSIDE):
        assert opens(reach, "foo", destination) == "No Connections"
    assert can(reach, "other", "foo")


def test_11_deny_egress_but_dns() -> None:
    reach = world(
        policy("""
            podSelector: {matchLabels: {app: foo}}
            policyTypes: [Egress]
            egress:
            - ports:
              - {port: 53, protocol: UDP}
              - {port: 53, protocol: TCP}
        """),
        default__foo="app=foo",
        default__other="",
        kube_system__dns="k8s-app=kube-dns",
    )
    assert opens(reach, "foo", "kube-system/dns") == "TCP 53,UDP 53"
    assert opens(reach, "foo", OUTSIDE) == "TCP 53,UDP 53"  # no `to`: to everyone


def test_12_deny_all_non_whitelisted_traffic_from_a_namespace() -> None:
    reach = world(
        policy("podSelector: {}\npolicyTypes: [Egress]\negress: []"),
        default__a="",
        default__b="",
        other__c="",
    )
    for destination in ("b", "other/c", OUTSIDE):
        assert opens(reach, "a", destination) == "No Connections"
    assert opens(reach, "other/c", "a") == "All Connections"


def test_14_deny_external_egress_traffic() -> None:
    reach = world(
        policy("""
            podSelector: {matchLabels: {app: foo}}
            policyTypes: [Egress]
            egress:
            - ports:
              - {port: 53, protocol: UDP}
              - {port: 53, protocol: TCP}
              to:
              - namespaceSelector: {}
            - to:
              - namespaceSelector: {}
        """),
        default__foo="app=foo",
        other__c="",
    )
    assert opens(reach, "foo", "other/c") == "All Connections"
    assert opens(reach, "foo", OUTSIDE) == "No Connections"


def test_advanced_default_deny_of_both_directions_is_undone_only_by_both_ends() -> None:
    both = "podSelector: {}\npolicyTypes: [Ingress, Egress]"
    out = policy(
        """
        podSelector: {matchLabels: {app: web}}
        policyTypes: [Egress]
        egress:
        - to:
          - podSelector: {matchLabels: {app: db}}
          ports: [{port: 5432}]
    """,
        name="out",
    )
    into = policy(
        """
        podSelector: {matchLabels: {app: db}}
        ingress:
        - from:
          - podSelector: {matchLabels: {app: web}}
          ports: [{port: 5432}, {port: 8080}]
    """,
        name="into",
    )
    pods = {"default__web": "app=web", "default__db": "app=db"}
    assert opens(world(policy(both, name="deny"), out, **pods), "web", "db") == "No Connections"
    assert opens(world(policy(both, name="deny"), into, **pods), "web", "db") == "No Connections"
    assert opens(world(policy(both, name="deny"), out, into, **pods), "web", "db") == "TCP 5432"


def test_advanced_monitoring_may_scrape_a_named_port_everywhere() -> None:
    reach = world(
        policy(
            "podSelector: {}\ningress:\n- from:\n  - namespaceSelector: {matchLabels: {purpose:"
            " monitoring}}\n  ports: [{port: metrics}]"
        ),
        namespace("monitoring", purpose="monitoring"),
        default__a="metrics=TCP/9090",
        default__b="metrics=TCP/9100",
        default__c="",
        monitoring__prometheus="",
    )
    assert opens(reach, "monitoring/prometheus", "a") == "TCP 9090"
    assert opens(reach, "monitoring/prometheus", "b") == "TCP 9100"
    assert opens(reach, "monitoring/prometheus", "c") == "No Connections"
