"""Writes allowed connections and changes as lines, JSON, CSV, and as graphs.

Everything is yielded line by line, because a cluster in which everyone may connect to everyone has as many
lines as it has pairs.
"""

import csv
import enum
import io
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence

from bot.policy import graphs
from bot.policy.graphs import Edge
from bot.policy.reach.allowed_connections import AllowedConnection
from bot.policy.reach.changes import ConnectionChange
from bot.policy.reach.difference import ReachDifference


class OutputFormat(enum.StrEnum):
    """How an answer is written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    DOT = "dot"
    MERMAID = "mermaid"


_GRAPHS: dict[OutputFormat, Callable[[Sequence[Edge]], Iterator[str]]] = {
    OutputFormat.DOT: graphs.dot,
    OutputFormat.MERMAID: graphs.mermaid,
}


def format_connections(
    rows: Iterable[AllowedConnection], form: OutputFormat, *, not_computed: Sequence[str] = ()
) -> Iterator[str]:
    """Yield the lines of allowed connections.

    `not_computed` are policies of other APIs, which only JSON has room for.
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
            return _GRAPHS[form]([Edge(row.source, row.destination, str(row.connections)) for row in rows])


def format_changes(
    difference: ReachDifference, form: OutputFormat, *, not_computed: Sequence[str] = ()
) -> Iterator[str]:
    """Yield the lines of what closes (`-`) and what opens (`+`); `not_computed` as in `connections`."""
    match form:
        case OutputFormat.TEXT:
            return itertools.chain.from_iterable(map(_diff_lines, difference.changes))
        case OutputFormat.JSON:
            return iter([json.dumps(_difference_as_json(difference, not_computed), indent=2)])
        case OutputFormat.CSV:
            cells = (tuple(_change_cells(change).values()) for change in difference.changes)
            return _csv(("src", "dst", "closes", "opens"), cells)
        case _:
            return _GRAPHS[form]([edge for change in difference.changes for edge in _edges(change)])


def _json_rows(rows: Iterable[AllowedConnection], not_computed: Sequence[str]) -> Iterator[str]:
    """One row is kept back until the next one is there: the last row has no comma after it."""
    yield '{"connections": ['
    pending = ""
    for row in rows:
        if pending:
            yield f"  {pending},"
        pending = json.dumps({"src": row.source, "dst": row.destination, "connections": str(row.connections)})
    if pending:
        yield f"  {pending}"
    yield (
        "]}"
        if not not_computed
        else f'], "verdict": "incomplete", "not_computed": {json.dumps(list(not_computed))}}}'
    )


def _difference_as_json(difference: ReachDifference, not_computed: Sequence[str]) -> dict[str, object]:
    document: dict[str, object] = {"changes": [_change_cells(change) for change in difference.changes]}
    for key, isolations in (("isolated", difference.isolated), ("released", difference.released)):
        document[key] = [
            {"pod": str(isolation.pod), "direction": str(isolation.direction)} for isolation in isolations
        ]
    document["loses_dns"] = [
        {"pod": str(lost.pod), "protocols": [str(protocol) for protocol in lost.protocols]}
        for lost in difference.loses_dns
    ]
    if not_computed:
        document |= {"verdict": "incomplete", "not_computed": list(not_computed)}
    return document


def _change_cells(change: ConnectionChange) -> dict[str, str]:
    return {
        "src": change.source,
        "dst": change.destination,
        "closes": str(change.closes) if change.closes else "",
        "opens": str(change.opens) if change.opens else "",
    }


def _diff_lines(change: ConnectionChange) -> Iterator[str]:
    for sign, changed in (("-", change.closes), ("+", change.opens)):
        if changed:
            yield f"{sign} {change.source} => {change.destination} : {changed}"


def _edges(change: ConnectionChange) -> Iterator[Edge]:
    if change.closes:
        yield Edge(change.source, change.destination, f"closes {change.closes}", "red")
    if change.opens:
        yield Edge(change.source, change.destination, f"opens {change.opens}", "green")


def _csv(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="")
    for row in itertools.chain([header], rows):
        writer.writerow(row)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
