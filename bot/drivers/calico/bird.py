"""Reads what BIRD and Calico's tools print about BGP sessions.

Three forms: `birdcl show protocols` (columns name, proto, table, state, since, info), and the tables of
`calicoctl node status` and `calico-node -show-status`, whose cells may wrap over lines.
"""

from __future__ import annotations

import re

from bot.drivers.facts import BgpSession

MESH, SPECIFIC, GLOBAL = "node-to-node mesh", "node specific", "global"
_KINDS = {"Mesh": MESH, "Node": SPECIFIC, "Global": GLOBAL}
_PROTOCOL = re.compile(
    r"^(Mesh|Node|Global)_([0-9A-Fa-f_]+)\s+BGP\s+\S+\s+(\S+)\s+(\d{4}-\d\d-\d\d(?:"
    r" [\d:.]+)?|[\d:.]+)\s*(.*)$"
)


class BirdDown(Exception):
    """BIRD does not run or does not answer; the text says which."""


def parse(output: str, *, node: str) -> tuple[BgpSession, ...]:
    """Read sessions from whichever form the output has. Raises `BirdDown`, or `ValueError` for none of
    them.
    """
    for sign in ("unable to connect to BIRD", "Unable to connect to server control socket", "is not running"):
        line = next((line.strip() for line in output.splitlines() if sign in line), None)
        if line is not None:
            raise BirdDown(line)
    if "PEER ADDRESS" in output or "PEER TYPE" in output or "peers found" in output:
        return _tables(output, node)
    if re.search(r"^name\s+proto\s+table\s+state", output, re.MULTILINE):
        return _protocols(output, node)
    raise ValueError("not a BGP status")


def _protocols(output: str, node: str) -> tuple[BgpSession, ...]:
    found = []
    for line in output.splitlines():
        match = _PROTOCOL.match(line.strip())
        if match:
            kind, name, state, since, info = match.groups()
            peer = name.replace("_", ":" if re.search("[A-Fa-f]|__", name) or name.count("_") > 3 else ".")
            found.append(
                BgpSession(
                    node=node,
                    peer=peer,
                    kind=_KINDS[kind],
                    state=state,
                    since=since,
                    info=" ".join(info.split()),
                )
            )
    return tuple(found)


def _tables(output: str, node: str) -> tuple[BgpSession, ...]:
    rows: list[list[str]] = []
    header: list[str] = []
    for line in output.splitlines():
        if not line.startswith("|"):
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if "STATE" in cells:
            header = cells
        elif header and cells[0]:
            rows.append(cells)
        elif header and rows:  # a cell that wrapped
            rows[-1] = [f"{upper} {lower}".strip() for upper, lower in zip(rows[-1], cells, strict=False)]
    return tuple(_session(dict(zip(header, row, strict=False)), node) for row in rows)


def _session(row: dict[str, str], node: str) -> BgpSession:
    info = row.get("INFO") or row.get("BGPSTATE", "")
    return BgpSession(
        node=node,
        peer=row.get("PEER ADDRESS", ""),
        kind=row.get("PEER TYPE", "").replace("NodeMesh", MESH),
        state=row.get("STATE", ""),
        since=row.get("SINCE", ""),
        info=info,
    )
