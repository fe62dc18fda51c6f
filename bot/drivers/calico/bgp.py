"""Judges the BGP sessions of all nodes together.

The readiness of a node hides most failures: after its first 30 seconds one established session is enough. In
the full mesh the node with the lower address connects and the other only waits ("Passive"), so a waiting end
says nothing about itself, and the reason is found at its peer.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from bot.common.wording import first_names
from bot.drivers.calico import bird
from bot.drivers.calico.bird import BgpSession
from bot.drivers.facts import CheckResult, ClusterFacts, Finding, NotChecked, SessionTable, error
from bot.drivers.profile import NodeProbe, ProbeFindings, SecurityRule

BIRDCL = ("birdcl", "-s", "/var/run/calico/bird.ctl", "show", "protocols")
SHOW_STATUS = ("/bin/calico-node", "-show-status")
PORT = SecurityRule(protocol="TCP", port=179, purpose="BGP sessions between all nodes")

# a part of BIRD's reason, what it means, and what to do
_MEANINGS = (
    ("Connection refused", "the peer's BIRD is down", "look at calico-node on the peer"),
    ("timed out", f"{PORT} is filtered or the peer is gone", f"check the security group's rule for {PORT}"),
    ("unreachable", f"{PORT} is filtered or the peer is gone", "check the security group and the route"),
    ("Bad peer AS", "the AS numbers differ", "compare ASNumber and BGPPeer"),
    ("BGP Error", "the peer refuses the session", "compare BGPPeer and BGPConfiguration"),
    ("OpenSent", "the handshake is stuck", "check the MTU, AS numbers and duplicate addresses"),
    ("OpenConfirm", "the handshake is stuck", "check the MTU, AS numbers and duplicate addresses"),
)

Ends = frozenset[str]  # the two nodes of a session; a peer outside the cluster by its address
NodeNames = Mapping[str, str]  # InternalIP to node


def commands(readiness: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the commands that print BGP sessions; none for a VXLAN-only installation, which has no BIRD."""
    if readiness and not any("bird" in word for word in readiness):
        return ()
    return (BIRDCL, SHOW_STATUS)


def evaluate(facts: ClusterFacts) -> ProbeFindings:
    """Read the sessions from the output of every node, and find those that are down."""
    sessions: list[BgpSession] = []
    findings: list[Finding] = []
    failures: dict[str, list[str]] = defaultdict(list)
    for node, result in sorted(facts.probes.items()):
        if result.failure:
            failures[result.failure].append(node)
            continue
        try:
            sessions += bird.parse(result.output, node=node)
        except bird.BirdDown as down:
            advice = facts.diagnose(node)
            findings.append(error("BIRD is not running", str(down), node=node, advice=advice))
        except ValueError:
            failures["its answer was not understood"].append(node)
    names = {node.internal_ip: node.name for node in facts.nodes}
    findings += _session_findings(facts, sessions, names)
    unique = _unique(sessions, names)
    return ProbeFindings(
        check=CheckResult(name="BGP sessions", findings=tuple(findings)) if sessions or findings else None,
        not_checked=tuple(_not_checked(why, nodes) for why, nodes in failures.items()),
        sessions=SessionTable(
            total=len(unique), down=tuple(session for session in unique if not session.established)
        ),
    )


PROBE = NodeProbe(
    subject="BGP session",
    up="Established",
    columns=("Node", "Peer", "Type", "State", "Since", "Info"),
    commands=commands,
    evaluate=evaluate,
)


def _not_checked(why: str, nodes: list[str]) -> NotChecked:
    of = nodes[0] if len(nodes) == 1 else f"{len(nodes)} nodes"
    return NotChecked(what=f"BGP sessions of {of}", why=why)


def _ends(session: BgpSession, names: NodeNames) -> Ends:
    return frozenset({session.node, names.get(session.peer, session.peer)})


def _unique(sessions: Iterable[BgpSession], names: NodeNames) -> list[BgpSession]:
    """Count a session that both of its ends report once, and prefer the end that says more about it."""
    unique: dict[Ends, BgpSession] = {}
    for session in sessions:
        earlier = unique.get(_ends(session, names))
        if earlier is None or earlier.passive or (earlier.established and not session.established):
            unique[_ends(session, names)] = session
    return list(unique.values())


def _session_findings(facts: ClusterFacts, sessions: list[BgpSession], names: NodeNames) -> list[Finding]:
    broken = _broken(sessions, names)
    return [_finding(facts, node, group, names) for node, group in sorted(_by_culprit(broken, names).items())]


def _broken(sessions: list[BgpSession], names: NodeNames) -> dict[Ends, BgpSession]:
    """Return each broken pair with the session of the end that knows the reason: the one that connects."""
    by_end = {(session.node, names.get(session.peer, session.peer)): session for session in sessions}
    broken: dict[Ends, BgpSession] = {}
    for (node, peer), session in by_end.items():
        if session.established:
            continue
        ends = frozenset({node, peer})
        counterpart = by_end.get((peer, node))
        if session.passive and counterpart is not None and not counterpart.established:
            broken.setdefault(ends, counterpart)
        elif ends not in broken or broken[ends].passive:
            broken[ends] = session
    return broken


def _by_culprit(broken: dict[Ends, BgpSession], names: NodeNames) -> dict[str, list[BgpSession]]:
    """Group broken pairs under the node that most of them share, so that one cause is one finding."""
    remaining = dict(broken)
    groups: dict[str, list[BgpSession]] = {}
    while remaining:
        counts = Counter(sorted(end for ends in remaining for end in ends))
        culprit, most = counts.most_common(1)[0]
        if most == 1:
            first = next(iter(remaining.values()))
            culprit = names.get(first.peer, first.peer)
        groups[culprit] = [session for ends, session in remaining.items() if culprit in ends]
        remaining = {ends: session for ends, session in remaining.items() if culprit not in ends}
    return groups


def _finding(facts: ClusterFacts, culprit: str, sessions: list[BgpSession], names: NodeNames) -> Finding:
    session = next((session for session in sessions if not session.passive), sessions[0])
    meaning, advice = next(
        ((meaning, advice) for sign, meaning, advice in _MEANINGS if sign in session.info), ("", "")
    )
    peers = sorted(frozenset[str]().union(*(_ends(session, names) for session in sessions)) - {culprit})
    status = f"{session.state} {session.info}".strip() + (f" ({meaning})" if meaning else "")
    command = facts.diagnose(culprit if culprit in names.values() else "")
    return error(
        "BGP sessions are down",
        f"BGP not established with {first_names(peers, 3)}: {status}",
        node=culprit,
        advice=f"{advice}; {command}" if advice else command,
    )
