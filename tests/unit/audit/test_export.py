"""Events as other systems read them: one a line, whatever stands in them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.audit.export import FIELDS, ExportFormat, lines
from storage.audit_events import OUTCOME, AuditEvent
from tests.support.audit_events import audit_event

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40)


def event(**changes: Any) -> AuditEvent:
    return audit_event(**({"phase": OUTCOME, "at": NOW, "duration_ms": 800, "position": 7} | changes))


@given(detail=texts, target=texts, arguments=st.dictionaries(texts, texts, max_size=3))
def test_json_lines_lose_nothing_and_are_one_line_an_event(
    detail: str, target: str, arguments: dict[str, str]
) -> None:
    exported = event(detail=detail, target=target, arguments=arguments)
    [line] = lines([exported], ExportFormat.JSONL)
    assert "\n" not in line
    record = json.loads(line)
    assert AuditEvent(**(record | {"at": datetime.fromisoformat(record["at"])})) == exported


@given(detail=texts, target=texts)
def test_csv_is_read_back_column_by_column(detail: str, target: str) -> None:
    heading, row = lines([event(operation="op-1", detail=detail, target=target)], ExportFormat.CSV)
    [cells] = list(csv.DictReader(io.StringIO(f"{heading}\n{row}\n", newline="")))
    assert list(cells) == list(FIELDS) and cells["operation"] == "op-1" and cells["duration_ms"] == "800"
    assert cells["detail"].lstrip("'") == detail.lstrip("'")
    assert cells["target"].lstrip("'") == target.lstrip("'")


@pytest.mark.parametrize("formula", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_spreadsheet_runs_nothing_of_it(formula: str) -> None:
    _, row = lines([event(target=formula)], ExportFormat.CSV)
    [cells] = list(csv.reader(io.StringIO(row, newline="")))
    assert cells[FIELDS.index("target")] == f"'{formula}"


@given(detail=texts, target=texts)
def test_cef_is_one_line_whose_head_has_seven_bars(detail: str, target: str) -> None:
    [line] = lines([event(detail=detail, target=target)], ExportFormat.CEF)
    assert len(line.splitlines()) <= 1 or not re.search(r"[\r\n]", line)
    head = re.split(r"(?<!\\)\|", line.split(" rt=")[0])
    assert head[0] == "CEF:0" and len(re.findall(r"(?<!\\)\|", line.split("rt=")[0])) == 7


def test_cef_says_who_what_on_what_and_how_bad_it_is() -> None:
    failed = event(operation="op-1", actor="U1", target="k8s-dev", outcome="failed", detail="a=b | c\\d\ne")
    [line] = lines([failed], ExportFormat.CEF)
    assert line.startswith("CEF:0|xk8s|xk8s|") and "|template.create|template.create failed|5|" in line
    assert "suid=U1" in line and "cs2=k8s-dev" in line and "externalId=op-1" in line
    assert r"msg=a\=b | c\\d\ne" in line


def test_nothing_is_collected() -> None:
    produced: list[int] = []

    def endless() -> Iterator[AuditEvent]:
        for number in range(10_000):
            produced.append(number)
            yield event(position=number)

    exported_lines = lines(endless(), ExportFormat.JSONL)
    next(exported_lines)
    assert produced == [0]
