"""Parses what BIRD and Calico's tools print about BGP sessions.

There are three forms: `birdcl show protocols` (columns name, proto, table, state, since, info), and the
tables of `calicoctl node status` and of `calico-node -show-status`, whose cells may wrap over several lines.
"""

import re

from bot.drivers.facts import Session

MESH, SPECIFIC, GLOBAL = "node-to-node mesh", "node specific", "global"
_KINDS = {"Mesh": MESH, "Node": SPECIFIC, "Global": GLOBAL}
_PROTOCOL = re.compile(
    r"^(Mesh|Node|Global)_([0-9A-Fa-f_]+)\s+BGP\s+\S+\s+(\S+)\s+"
    r"(\d{4}-\d\d-\d\d(?: [\d:.]+)?|[\d:.]+)\s*(.*)$"
)
_DOWN = ("unable to connect to BIRD", "Unable to connect to server control socket", "is not running")


class BirdDown(Exception):
    """BIRD does not run or does not answer; the text says which."""


class BgpSession(Session):
    """A BGP session: `state` is BIRD's (up, start, down), `info` is Established or the reason why not."""

    @property
    def established(self) -> bool:
        """Whether routes are exchanged."""
        return self.state == "up" and self.info.startswith("Established")

    @property
    def passive(self) -> bool:
        """Whether this end only waits to be connected to, so that the reason is known to its peer."""
        return self.info.startswith("Passive")


def parse(output: str, *, node: str) -> tuple[BgpSession, ...]:
    """Read the sessions of `node` from an output in any of the three forms.

    Raises `BirdDown`, or `ValueError` if the output has none of these forms.
    """
    down = next((line.strip() for sign in _DOWN for line in output.splitlines() if sign in line), None)
    if down is not None:
        raise BirdDown(down)
    if any(sign in output for sign in ("PEER ADDRESS", "PEER TYPE", "peers found")):
        return _parse_tables(output, node)
    if re.search(r"^name\s+proto\s+table\s+state", output, re.MULTILINE):
        return _parse_protocols(output, node)
    raise ValueError("not a BGP status")


def _parse_protocols(output: str, node: str) -> tuple[BgpSession, ...]:
    sessions = []
    for line in output.splitlines():
        match = _PROTOCOL.match(line.strip())
        if match:
            kind, name, state, since, info = match.groups()
            is_ipv6 = re.search("[A-Fa-f]|__", name) or name.count("_") > 3
            session = BgpSession(
                node=node,
                peer=name.replace("_", ":" if is_ipv6 else "."),
                kind=_KINDS[kind],
                state=state,
                since=since,
                info=" ".join(info.split()),
            )
            sessions.append(session)
    return tuple(sessions)


def _parse_tables(output: str, node: str) -> tuple[BgpSession, ...]:
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
        elif header and rows:  # the rest of cells that wrapped
            rows[-1] = [f"{upper} {lower}".strip() for upper, lower in zip(rows[-1], cells, strict=False)]
    return tuple(_session(dict(zip(header, row, strict=False)), node) for row in rows)


def _session(row: dict[str, str], node: str) -> BgpSession:
    return BgpSession(
        node=node,
        peer=row.get("PEER ADDRESS", ""),
        kind=row.get("PEER TYPE", "").replace("NodeMesh", MESH),
        state=row.get("STATE", ""),
        since=row.get("SINCE", ""),
        info=row.get("INFO") or row.get("BGPSTATE", ""),
    )
