"""Writes connections as graphs for Graphviz (DOT) and for Mermaid, with a box for each namespace."""

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Edge(NamedTuple):
    """One arrow; without a colour it has the default one."""

    source: str
    destination: str
    label: str
    colour: str = ""


def dot(edges: Sequence[Edge]) -> Iterator[str]:
    """Yield the lines of a DOT graph (https://graphviz.org/doc/info/lang.html)."""
    yield "digraph reach {"
    yield "  rankdir=LR;"
    yield "  node [shape=box];"
    for number, (namespace, names) in enumerate(_by_namespace(edges)):
        if namespace:
            yield f"  subgraph cluster_{number} {{"
            yield f"    label={_quote(namespace)};"
        yield from (f"    {_quote(name)}{'' if namespace else ' [shape=ellipse]'};" for name in names)
        if namespace:
            yield "  }"
    for source, destination, label, colour in edges:
        style = f", color={colour}, fontcolor={colour}" if colour else ""
        yield f"  {_quote(source)} -> {_quote(destination)} [label={_quote(label)}{style}];"
    yield "}"


def mermaid(edges: Sequence[Edge]) -> Iterator[str]:
    """Yield the lines of a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html)."""
    ids = {name: f"n{number}" for number, name in enumerate(sorted(_names(edges)))}
    yield "flowchart LR"
    for number, (namespace, names) in enumerate(_by_namespace(edges)):
        if namespace:
            yield f'  subgraph s{number}["{namespace}"]'
        yield from (
            f'    {ids[name]}["{name}"]' if namespace else f'  {ids[name]}(["{name}"])' for name in names
        )
        if namespace:
            yield "  end"
    for source, destination, label, _ in edges:
        yield f'  {ids[source]} -->|"{label}"| {ids[destination]}'
    for number, edge in enumerate(edges):
        if edge.colour:
            yield f"  linkStyle {number} stroke:{edge.colour}"


def _names(edges: Sequence[Edge]) -> set[str]:
    return {name for edge in edges for name in (edge.source, edge.destination)}


def _by_namespace(edges: Sequence[Edge]) -> Iterator[tuple[str, list[str]]]:
    """The ends by namespace, sorted; external ranges, which have none, come first."""
    names = sorted(_names(edges), key=lambda name: (_namespace(name), name))
    for namespace, members in itertools.groupby(names, key=_namespace):
        yield namespace, list(members)


def _namespace(name: str) -> str:
    return name.partition("/")[0] if "/" in name else ""


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
