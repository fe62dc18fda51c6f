"""Connections and changes written as lines, JSON, CSV and graphs; no format loses what is not computed."""

from __future__ import annotations

import json

import pytest

from bot.policy import formats
from bot.policy.formats import OutputFormat
from bot.policy.reach.allowed_connections import AllowedConnection
from bot.policy.reach.connections import ALL, Connections
from bot.policy.reach.difference import compare_states
from bot.policy.reach.model import Protocol
from tests.unit.policy.builders import computed, manifest

HTTP = Connections.of(Protocol.TCP, 80, 80)
WEB, DB, RANGE = "shop/web[Deployment]", "shop/db[Deployment]", "0.0.0.0-255.255.255.255"
ROWS = (AllowedConnection(WEB, DB, HTTP), AllowedConnection(RANGE, WEB, ALL))


def written(form: OutputFormat, **options: tuple[str, ...]) -> list[str]:
    return list(formats.format_connections(ROWS, form, **options))


def test_text_and_csv_have_one_line_for_each_row() -> None:
    assert written(OutputFormat.TEXT) == [
        f"{WEB} => {DB} : TCP 80",
        f"{RANGE} => {WEB} : All Connections",
    ]
    assert written(OutputFormat.CSV) == [
        "src,dst,connections",
        f"{WEB},{DB},TCP 80",
        f"{RANGE},{WEB},All Connections",
    ]


@pytest.mark.parametrize("rows", [(), ROWS[:1], ROWS], ids=["none", "one", "two"])
def test_json_is_one_document_for_any_number_of_rows(rows: tuple[AllowedConnection, ...]) -> None:
    document = json.loads("\n".join(formats.format_connections(rows, OutputFormat.JSON)))
    assert [(row["src"], row["dst"], row["connections"]) for row in document["connections"]] == [
        (row.source, row.destination, str(row.connections)) for row in rows
    ]
    assert "verdict" not in document


def test_json_says_that_an_answer_is_incomplete() -> None:
    document = json.loads("\n".join(written(OutputFormat.JSON, not_computed=("GlobalNetworkPolicy x",))))
    assert (document["verdict"], document["not_computed"]) == ("incomplete", ["GlobalNetworkPolicy x"])


def test_a_csv_cell_with_commas_is_quoted() -> None:
    dns_and_http = HTTP | Connections.of(Protocol.UDP, 53, 53)
    rows = [AllowedConnection(WEB, DB, dns_and_http)]
    assert list(formats.format_connections(rows, OutputFormat.CSV))[1] == f'{WEB},{DB},"TCP 80,UDP 53"'


def test_a_graph_has_a_box_for_each_namespace_and_ranges_outside_of_them() -> None:
    lines = written(OutputFormat.DOT)
    assert lines[0] == "digraph reach {" and lines[-1] == "}"
    assert f'  "{RANGE}" [shape=ellipse];' in [f"  {line.strip()}" for line in lines]
    assert next(line for line in lines if "label=" in line).strip() == 'label="shop";'
    assert f'  "{WEB}" -> "{DB}" [label="TCP 80"];' in lines
    lines = written(OutputFormat.MERMAID)
    assert lines[0] == "flowchart LR" and '  subgraph s1["shop"]' in lines
    assert f'  n0(["{RANGE}"])' in lines and '  n2 -->|"TCP 80"| n1' in lines


def test_what_closes_and_what_opens_is_marked_in_every_format() -> None:
    narrow = manifest("deny", policyTypes=["Ingress"], ingress=[{"ports": [{"port": 81}]}])
    state = computed(manifest("deny", policyTypes=["Ingress"], ingress=[{"ports": [{"port": 80}]}]), narrow)
    changes = compare_states(state.before, state.after)
    text = list(formats.format_changes(changes, OutputFormat.TEXT))
    assert any(line.startswith("- ") and line.endswith("TCP 81") for line in text)
    assert any(line.startswith("+ ") and line.endswith("TCP 80") for line in text)
    document = json.loads("\n".join(formats.format_changes(changes, OutputFormat.JSON, not_computed=("x",))))
    assert {(row["closes"], row["opens"]) for row in document["changes"]} == {("TCP 81", "TCP 80")}
    assert (document["isolated"], document["loses_dns"], document["not_computed"]) == ([], [], ["x"])
    graph = list(formats.format_changes(changes, OutputFormat.DOT))
    assert any("closes TCP 81" in line and "color=red" in line for line in graph)
    assert any("opens TCP 80" in line and "color=green" in line for line in graph)
