"""Judges the BGP sessions of all nodes together.

A node's own readiness hides most of this: after its first 30 seconds one established session is enough.
In the mesh the node with the lower address connects and the other only waits ("Passive"), so a waiting
side says nothing about itself: the reason stands with the peer.
"""

from __future__ import annotations

from collections import defaultdict

from bot.drivers.calico import bird
from bot.drivers.facts import BgpSession, CheckResult, ClusterFacts, Finding, NotChecked, Severity

_MEANINGS = (
    ("Connection refused", "the peer's BIRD is down", "look at calico-node on the peer"),
    ("timed out", "TCP 179 is filtered or the peer is gone", "check the security group's rule for TCP 179"),
    ("unreachable", "TCP 179 is filtered or the peer is gone", "check the security group and the route"),
    ("Bad peer AS", "the AS numbers differ", "compare ASNumber and BGPPeer"),
    ("BGP Error", "the peer refuses the session", "compare BGPPeer and BGPConfiguration"),
    ("OpenSent", "the handshake is stuck", "check the MTU, AS numbers and duplicate addresses"),
    ("OpenConfirm", "the handshake is stuck", "check the MTU, AS numbers and duplicate addresses"),
)


def judge(facts: ClusterFacts) -> tuple[CheckResult, tuple[NotChecked, ...], tuple[BgpSession, ...]]:
    """Return the check, what could not be asked, and every session."""
    sessions: list[BgpSession] = []
    findings: list[Finding] = []
    unasked: dict[str, list[str]] = defaultdict(list)
    for node, probe in sorted(facts.probes.items()):
        if probe.failure:
            unasked[probe.failure].append(node)
            continue
        try:
            sessions += bird.parse(probe.output, node=node)
        except bird.BirdDown as down:
            findings.append(_bird_down(facts, node, str(down)))
        except ValueError:
            unasked["its answer was not understood"].append(node)
    findings += _down(facts, sessions)
    return CheckResult(name="BGP sessions", findings=tuple(findings)), _not_checked(unasked), tuple(sessions)


def _bird_down(facts: ClusterFacts, node: str, said: str) -> Finding:
    return Finding(
        severity=Severity.ERROR,
        title="BIRD is not running",
        node=node,
        detail=said,
        advice=f"/xk8s diagnose {facts.cluster} --node {node}",
    )


def _not_checked(unasked: dict[str, list[str]]) -> tuple[NotChecked, ...]:
    return tuple(
        NotChecked(
            what=f"BGP sessions of {nodes[0]}" if len(nodes) == 1 else f"BGP sessions of {len(nodes)} nodes",
            why=why,
        )
        for why, nodes in unasked.items()
    )


def _down(facts: ClusterFacts, sessions: list[BgpSession]) -> list[Finding]:
    names = {node.internal_ip: node.name for node in facts.nodes}
    by_end = {(session.node, names.get(session.peer, session.peer)): session for session in sessions}
    broken: dict[frozenset[str], BgpSession] = {}
    for (node, peer), session in by_end.items():
        if session.established:
            continue
        ends = frozenset({node, peer})
        other = by_end.get((peer, node))
        # the side that connects knows why; the other only waits
        if session.info.startswith("Passive") and other is not None and not other.established:
            broken.setdefault(ends, other)
        elif ends not in broken or broken[ends].info.startswith("Passive"):
            broken[ends] = session
    return [_grouped(facts, node, found, names) for node, found in sorted(_by_culprit(broken, names).items())]


def _by_culprit(
    broken: dict[frozenset[str], BgpSession], names: dict[str, str]
) -> dict[str, list[BgpSession]]:
    """Put broken pairs under the node that most of them share: one cause, one finding."""
    left = dict(broken)
    grouped: dict[str, list[BgpSession]] = {}
    while left:
        counts: dict[str, int] = defaultdict(int)
        for ends in left:
            for end in ends:
                counts[end] += 1
        first = next(iter(left.values()))
        most = max(counts.values())
        culprit = (
            names.get(first.peer, first.peer)
            if most == 1
            else max(sorted(counts), key=lambda end: counts[end])
        )
        grouped[culprit] = [session for ends, session in left.items() if culprit in ends]
        left = {ends: session for ends, session in left.items() if culprit not in ends}
    return grouped


def _grouped(facts: ClusterFacts, node: str, sessions: list[BgpSession], names: dict[str, str]) -> Finding:
    session = next((found for found in sessions if not found.info.startswith("Passive")), sessions[0])
    meaning, advice = next(
        ((meaning, advice) for sign, meaning, advice in _MEANINGS if sign in session.info), ("", "")
    )
    others = sorted(
        {end for found in sessions for end in (found.node, names.get(found.peer, found.peer))} - {node}
    )
    shown = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
    said = f"{session.state} {session.info}".strip()
    detail = f"BGP not established with {shown}: {said}" + (f" ({meaning})" if meaning else "")
    command = (
        f"/xk8s diagnose {facts.cluster} --node {node}"
        if node in set(names.values())
        else f"/xk8s diagnose {facts.cluster}"
    )
    return Finding(
        severity=Severity.ERROR,
        title="BGP sessions are down",
        node=node,
        detail=detail,
        advice=f"{advice}; {command}" if advice else command,
    )
