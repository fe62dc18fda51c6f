"""BGP sessions of all nodes together: one cause is one finding, a session is counted once."""

from __future__ import annotations

import pytest

from bot.drivers.calico import bgp
from bot.drivers.facts import ClusterFacts, NotChecked, ProbeResult
from tests.unit.drivers.builders import facts, lines, node, printed

HEADER = "name     proto    table    state  since       info\n"
ADDRESSES = {"n1": "10.0.0.1", "n2": "10.0.0.2", "n3": "10.0.0.3"}
UP = "up     2026-10-15  Established"
PASSIVE = "start  08:41:19    Passive"
REFUSED = "start  08:41:17    Active        Socket: Connection refused"
TIMED_OUT = "start  08:41:17    Connect       Socket: Connection timed out"


def output(**sessions: str) -> str:
    """What `birdcl show protocols` prints on a node: its mesh peers by node, and their state."""
    peers = {name: ADDRESSES[name].replace(".", "_") for name in sessions}
    return HEADER + "".join(
        f"Mesh_{peers[name]} BGP      master   {state}\n" for name, state in sessions.items()
    )


def mesh(**outputs: str) -> ClusterFacts:
    nodes = tuple(node(name, ip=ip) for name, ip in ADDRESSES.items())
    return facts(nodes=nodes, probes=printed(**outputs))


def test_a_session_that_both_ends_report_is_counted_once() -> None:
    result = bgp.evaluate(mesh(n1=output(n2=UP, n3=UP), n2=output(n1=UP, n3=UP), n3=output(n1=UP, n2=UP)))
    assert result.check is not None and not result.check.findings and not result.not_checked
    assert (result.sessions.total, result.sessions.down) == (3, ())


def test_the_reason_comes_from_the_end_that_connects_and_not_from_the_one_that_waits() -> None:
    result = bgp.evaluate(mesh(n1=output(n2=REFUSED), n2=output(n1=PASSIVE)))
    assert result.check is not None
    [finding] = result.check.findings
    assert finding.node == "n2", "it is the peer that refuses"
    assert finding.detail == (
        "BGP not established with n1: start Active Socket: Connection refused (the peer's BIRD is down)"
    )
    assert finding.advice == "look at calico-node on the peer; /xk8s diagnose prod-eu --node n2"
    assert [session.info for session in result.sessions.down] == ["Active Socket: Connection refused"]


def test_broken_pairs_are_one_finding_at_the_node_that_they_share() -> None:
    result = bgp.evaluate(
        mesh(
            n1=output(n2=UP, n3=TIMED_OUT), n2=output(n1=UP, n3=TIMED_OUT), n3=output(n1=PASSIVE, n2=PASSIVE)
        )
    )
    assert result.check is not None
    assert lines(result.check.findings) == [
        "error BGP sessions are down [n3] BGP not established with n1, n2: start Connect Socket:"
        " Connection timed out (TCP 179 is filtered or the peer is gone)"
    ]
    assert "check the security group's rule for TCP 179" in result.check.findings[0].advice
    assert (result.sessions.total, len(result.sessions.down)) == (3, 2)


def test_a_peer_outside_the_cluster_is_named_by_its_address() -> None:
    text = (
        HEADER
        + "Global_192_0_2_9 BGP      master   start  08:40:55    Idle          BGP Error: Bad peer AS\n"
    )
    result = bgp.evaluate(mesh(n1=text))
    assert result.check is not None
    [finding] = result.check.findings
    assert finding.node == "192.0.2.9" and "(the AS numbers differ)" in finding.detail
    assert finding.advice == "compare ASNumber and BGPPeer; /xk8s diagnose prod-eu"


def test_an_unknown_reason_is_shown_without_a_meaning() -> None:
    result = bgp.evaluate(mesh(n1=output(n2="start  08:41:17    Close")))
    assert result.check is not None
    assert result.check.findings[0].detail == "BGP not established with n1: start Close"
    assert result.check.findings[0].advice == "/xk8s diagnose prod-eu --node n2"


def test_a_bird_that_is_down_is_the_finding_of_its_node() -> None:
    down = "Unable to connect to server control socket (/var/run/calico/bird.ctl): No such file or directory"
    result = bgp.evaluate(mesh(n1=down, n2=output(n3=UP)))
    assert result.check is not None
    assert lines(result.check.findings) == [f"error BIRD is not running [n1] {down}"]


def test_what_could_not_be_asked_is_grouped_by_its_reason() -> None:
    probes = {
        "n1": ProbeResult(failure="timed out"),
        "n2": ProbeResult(failure="timed out"),
        "n3": ProbeResult(output="<html>"),
    }
    result = bgp.evaluate(facts(nodes=tuple(node(name) for name in probes), probes=probes))
    assert result.not_checked == (
        NotChecked(what="BGP sessions of 2 nodes", why="timed out"),
        NotChecked(what="BGP sessions of n3", why="its answer was not understood"),
    )
    assert result.check is None, "a check that nobody could answer has not passed"


@pytest.mark.parametrize(
    ("readiness", "queried"),
    [
        pytest.param(("/bin/calico-node", "-felix-ready", "-bird-ready"), True, id="with-bird"),
        pytest.param(("/bin/calico-node", "-felix-ready"), False, id="vxlan-only"),
        pytest.param((), True, id="no-probe"),
    ],
)
def test_nodes_are_asked_unless_their_readiness_shows_that_there_is_no_bird(
    readiness: tuple[str, ...], queried: bool
) -> None:
    assert bgp.commands(readiness) == ((bgp.BIRDCL, bgp.SHOW_STATUS) if queried else ())
