"""`xk8s reach` as one types it: what is printed, and how it exits."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli.main import main

PODS = """
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop},
 spec: {replicas: 2, template: {metadata: {labels: {app: web}}, spec: {containers: []}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: db, namespace: shop},
 spec: {template: {metadata: {labels: {app: db}}, spec: {containers: []}}}}
---
"""
WEB_TO_DB = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: both, namespace: shop}
spec:
  policyTypes: [Ingress, Egress]
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 80}, {port: 8080, endPort: 8090}, {port: 53, protocol: UDP}]
  egress: [{to: [{podSelector: {matchLabels: {app: db}}}]}]
"""
LINE = "shop/web[Deployment] => shop/db[Deployment] : TCP 80,8080-8090,UDP 53"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    directory = tmp_path / "now"
    directory.mkdir()
    (directory / "all.yaml").write_text(PODS + WEB_TO_DB)
    return directory


def xk8s(*words: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, ["reach", *map(str, words)], input=stdin)


def test_lines_by_workload(folder: Path) -> None:
    result = xk8s(folder)
    assert (result.stdout, result.exit_code) == (f"{LINE}\n", 0)


def test_lines_by_pod(folder: Path) -> None:
    result = xk8s(folder, "--level", "pod")
    assert result.stdout.splitlines() == [
        "shop/web-1 => shop/db-1 : TCP 80,8080-8090,UDP 53",
        "shop/web-2 => shop/db-1 : TCP 80,8080-8090,UDP 53",
    ]


def test_json_holds_the_same_three_strings(folder: Path) -> None:
    source, destination, connections = (
        "shop/web[Deployment]",
        "shop/db[Deployment]",
        "TCP 80,8080-8090,UDP 53",
    )
    assert json.loads(xk8s(folder, "--json").stdout) == {
        "connections": [{"src": source, "dst": destination, "connections": connections}]
    }
    result = list(csv.reader(io.StringIO(xk8s(folder, "--csv").stdout)))
    assert result == [["src", "dst", "connections"], [source, destination, connections]]


def test_json_of_nothing_is_json(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}')
    assert json.loads(xk8s(tmp_path, "--json").stdout) == {"connections": []}


def test_graphs_name_every_end_and_edge(folder: Path) -> None:
    dot = xk8s(folder, "--dot").stdout
    assert dot.startswith("digraph reach {")
    assert '"shop/web[Deployment]" -> "shop/db[Deployment]" [label="TCP 80,8080-8090,UDP 53"];' in dot
    mermaid = xk8s(folder, "--mermaid").stdout.splitlines()
    assert mermaid == [
        "flowchart LR",
        '  subgraph s0["shop"]',
        '    n0["shop/db[Deployment]"]',
        '    n1["shop/web[Deployment]"]',
        "  end",
        '  n1 -->|"TCP 80,8080-8090,UDP 53"| n0',
    ]


def test_several_paths_and_the_standard_input_are_one_cluster(tmp_path: Path) -> None:
    (tmp_path / "pods.yaml").write_text(PODS.rstrip().removesuffix("---"))
    result = xk8s(tmp_path / "pods.yaml", "-", stdin=WEB_TO_DB)
    assert result.stdout == f"{LINE}\n"


def test_policies_of_other_apis_are_told_on_the_standard_error_and_in_json(folder: Path) -> None:
    (folder / "calico.yaml").write_text(
        "{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: deny}}"
    )
    result = xk8s(folder)
    assert result.exit_code == 0
    assert "incomplete" in result.stderr
    assert "GlobalNetworkPolicy deny" in result.stderr
    as_json = json.loads(xk8s(folder, "--json").stdout)
    assert (as_json["verdict"], as_json["not_computed"]) == (
        "incomplete",
        ["GlobalNetworkPolicy deny (projectcalico.org)"],
    )


@pytest.fixture
def before(tmp_path: Path) -> Path:
    directory = tmp_path / "before"
    directory.mkdir()
    (directory / "all.yaml").write_text(PODS + WEB_TO_DB.replace("port: 80}", "port: 81}"))
    return directory


def test_a_difference_is_told_line_by_line_and_exits_with_1(before: Path, folder: Path) -> None:
    result = xk8s("--diff", before, folder)
    assert result.stdout.splitlines() == [
        "- shop/web[Deployment] => shop/db[Deployment] : TCP 81",
        "+ shop/web[Deployment] => shop/db[Deployment] : TCP 80",
    ]
    assert result.exit_code == 1


def test_a_difference_in_other_formats(before: Path, folder: Path) -> None:
    result = json.loads(xk8s("--diff", before, folder, "--json").stdout)
    assert result["changes"] == [
        {"src": "shop/web[Deployment]", "dst": "shop/db[Deployment]", "closes": "TCP 81", "opens": "TCP 80"}
    ]
    assert xk8s("--diff", before, folder, "--csv").stdout.splitlines() == [
        "src,dst,closes,opens",
        "shop/web[Deployment],shop/db[Deployment],TCP 81,TCP 80",
    ]
    assert "color=red" in xk8s("--diff", before, folder, "--dot").stdout
    assert "linkStyle 0 stroke:red" in xk8s("--diff", before, folder, "--mermaid").stdout
    assert (
        xk8s("--diff", before, folder, "--level", "pod")
        .stdout.splitlines()[0]
        .startswith("- shop/web-1 => shop/db-1")
    )


def test_no_difference_says_so_and_exits_with_0(folder: Path) -> None:
    result = xk8s("--diff", folder, folder)
    assert (result.stdout, result.exit_code) == ("", 0)
    assert "nothing changes" in result.stderr


def test_pods_that_lose_dns_are_told(tmp_path: Path, folder: Path) -> None:
    dns = (
        "---\n{apiVersion: v1, kind: Pod, metadata: {name: dns, namespace: kube-system, labels: {k8s-app:"
        " kube-dns}}}"
    )
    for name, policy in (("open", ""), ("closed", WEB_TO_DB)):
        (tmp_path / f"{name}.yaml").write_text(PODS + policy + dns)
    result = xk8s("--diff", tmp_path / "open.yaml", tmp_path / "closed.yaml")
    assert "shop/web-1 loses DNS (TCP, UDP 53 to kube-system)" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--diff", "only-one"],
        ["nowhere"],
        ["--diff", "nowhere", "nowhere-else"],
        ["--level", "node", "."],
    ],
)
def test_bad_input_exits_with_2(words: list[str]) -> None:
    assert xk8s(*words).exit_code == 2


def test_a_bad_file_is_told_in_three_lines(folder: Path) -> None:
    (folder / "bad.yaml").write_text(WEB_TO_DB.replace("port: 80}", "port: 99999}").replace("both", "other"))
    result = xk8s(folder)
    assert result.exit_code == 2
    assert result.stdout == ""
    problem, why, fix = result.stderr.splitlines()
    assert problem == "xk8s: The manifests cannot be read"
    assert why.endswith(
        "bad.yaml, document 1 (NetworkPolicy shop/other): spec.ingress[0].ports[0].port: must be between 1"
        " and 65535, not 99999"
    )
    assert fix
