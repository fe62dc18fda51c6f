"""Allowed connections and changes, written down: as lines, JSON, CSV, and as graphs in DOT and Mermaid.

Everything is yielded line by line, because a cluster in which everyone may talk to everyone has as many lines
as it has pairs.
"""

from __future__ import annotations

import csv
import enum
import io
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence

from bot.policy.reach.allowed_connections import Row
from bot.policy.reach.changes import ConnectionChange
from bot.policy.reach.difference import ReachDifference


class OutputFormat(enum.StrEnum):
    """How an answer is written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    DOT = "dot"
    MERMAID = "mermaid"


Edge = tuple[str, str, str, str]  # source, destination, label, colour (empty: none)


def connections(
    rows: Iterable[Row], form: OutputFormat, *, not_computed: Sequence[str] = ()
) -> Iterator[str]:
    """Allowed connections. `not_computed` are policies of other APIs, told where the format has room for
    it.
    """
    match form:
        case OutputFormat.TEXT:
            return (str(row) for row in rows)
        case OutputFormat.JSON:
            return _json_rows(rows, not_computed)
        case OutputFormat.CSV:
            cells = ((row.source, row.destination, str(row.connections)) for row in rows)
            return _csv(("src", "dst", "connections"), cells)
        case _:
            return _GRAPHS[form]([(row.source, row.destination, str(row.connections), "") for row in rows])


def changes(
    difference: ReachDifference, form: OutputFormat, *, not_computed: Sequence[str] = ()
) -> Iterator[str]:
    """What closes (`-`) and opens (`+`)."""
    match form:
        case OutputFormat.TEXT:
            return itertools.chain.from_iterable(map(_lines, difference.changes))
        case OutputFormat.JSON:
            return iter([json.dumps(_difference_as_json(difference, not_computed), indent=2)])
        case OutputFormat.CSV:
            cells = (
                (change.source, change.destination, _or_empty(change.closes), _or_empty(change.opens))
                for change in difference.changes
            )
            return _csv(("src", "dst", "closes", "opens"), cells)
        case _:
            return _GRAPHS[form](list(itertools.chain.from_iterable(map(_edges, difference.changes))))


def _json_rows(rows: Iterable[Row], not_computed: Sequence[str]) -> Iterator[str]:
    yield '{"connections": ['
    before = ""
    for row in rows:
        found = {"src": row.source, "dst": row.destination, "connections": str(row.connections)}
        if before:
            yield f"  {before},"
        before = json.dumps(found)
    if before:
        yield f"  {before}"
    yield (
        "]}"
        if not not_computed
        else f'], "verdict": "incomplete", "not_computed": {json.dumps(list(not_computed))}}}'
    )


def _difference_as_json(difference: ReachDifference, not_computed: Sequence[str]) -> dict[str, object]:
    found: dict[str, object] = {
        "changes": [
            {
                "src": change.source,
                "dst": change.destination,
                "closes": _or_empty(change.closes),
                "opens": _or_empty(change.opens),
            }
            for change in difference.changes
        ],
        "isolated": [
            {"pod": str(each.pod), "direction": str(each.direction)} for each in difference.isolated
        ],
        "released": [
            {"pod": str(each.pod), "direction": str(each.direction)} for each in difference.released
        ],
        "loses_dns": [
            {"pod": str(each.pod), "protocols": [str(one) for one in each.protocols]}
            for each in difference.loses_dns
        ],
    }
    if not_computed:
        found |= {"verdict": "incomplete", "not_computed": list(not_computed)}
    return found


def _or_empty(found: object) -> str:
    return str(found) if found else ""


def _lines(change: ConnectionChange) -> Iterator[str]:
    for sign, found in (("-", change.closes), ("+", change.opens)):
        if found:
            yield f"{sign} {change.source} => {change.destination} : {found}"


def _edges(change: ConnectionChange) -> Iterator[Edge]:
    if change.closes:
        yield change.source, change.destination, f"closes {change.closes}", "red"
    if change.opens:
        yield change.source, change.destination, f"opens {change.opens}", "green"


def _csv(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="")
    for row in itertools.chain([header], rows):
        writer.writerow(row)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _dot(edges: Sequence[Edge]) -> Iterator[str]:
    yield "digraph reach {"
    yield "  rankdir=LR;"
    yield "  node [shape=box];"
    for number, (namespace, names) in enumerate(_by_namespace(edges)):
        if namespace:
            yield f"  subgraph cluster_{number} {{"
            yield f"    label={_quoted(namespace)};"
        yield from (f"    {_quoted(name)}{'' if namespace else ' [shape=ellipse]'};" for name in names)
        if namespace:
            yield "  }"
    for source, destination, label, colour in edges:
        style = f", color={colour}, fontcolor={colour}" if colour else ""
        yield f"  {_quoted(source)} -> {_quoted(destination)} [label={_quoted(label)}{style}];"
    yield "}"


def _mermaid(edges: Sequence[Edge]) -> Iterator[str]:
    names = sorted({name for edge in edges for name in edge[:2]})
    ids = {name: f"n{number}" for number, name in enumerate(names)}
    yield "flowchart LR"
    for number, (namespace, members) in enumerate(_by_namespace(edges)):
        if namespace:
            yield f'  subgraph s{number}["{namespace}"]'
        yield from (
            f'    {ids[name]}["{name}"]' if namespace else f'  {ids[name]}(["{name}"])' for name in members
        )
        if namespace:
            yield "  end"
    for source, destination, label, _ in edges:
        yield f'  {ids[source]} -->|"{label}"| {ids[destination]}'
    for number, (_, _, _, colour) in enumerate(edges):
        if colour:
            yield f"  linkStyle {number} stroke:{colour}"


def _by_namespace(edges: Sequence[Edge]) -> Iterator[tuple[str, list[str]]]:
    """The ends by namespace, sorted; ranges outside, which have none, first."""
    names = sorted({name for edge in edges for name in edge[:2]}, key=lambda name: (_namespace(name), name))
    for namespace, members in itertools.groupby(names, key=_namespace):
        yield namespace, list(members)


def _namespace(name: str) -> str:
    return name.partition("/")[0] if "/" in name else ""


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_GRAPHS: dict[OutputFormat, Callable[[Sequence[Edge]], Iterator[str]]] = {
    OutputFormat.DOT: _dot,
    OutputFormat.MERMAID: _mermaid,
}
