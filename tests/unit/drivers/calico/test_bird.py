"""What BIRD and Calico's tools print, as they really print it."""

from __future__ import annotations

import pytest

from bot.drivers.calico import bird

STATUS = """Calico process is running.

IPv4 BGP status
+--------------+-------------------+-------+------------+--------------------------------+
| PEER ADDRESS |     PEER TYPE     | STATE |   SINCE    |              INFO              |
+--------------+-------------------+-------+------------+--------------------------------+
| 10.20.0.11   | node-to-node mesh | up    | 2026-03-02 | Established                    |
| 10.20.0.27   | node-to-node mesh | start | 08:41:17   | Active Socket: Connection      |
|              |                   |       |            | refused                        |
| 10.20.0.40   | node-to-node mesh | start | 08:41:19   | Passive                        |
| 10.20.9.1    | global            | start | 08:40:55   | Idle BGP Error: Bad peer AS    |
+--------------+-------------------+-------+------------+--------------------------------+

IPv6 BGP status
No IPv6 peers found.
"""
PROTOCOLS = """BIRD v0.3.3+birdv1.6.8 ready.
name     proto    table    state  since       info
static1  Static   master   up     2026-10-15
kernel1  Kernel   master   up     2026-10-15
Mesh_10_20_0_11 BGP      master   up     2026-10-15  Established
Mesh_10_20_0_27 BGP      master   start  08:41:17    Active        Socket: Connection refused
Global_10_20_9_1 BGP      master   start  08:40:55    Idle          BGP Error: Bad peer AS
Node_fd00__11 BGP      master   up     2026-10-15  Established
"""


def test_a_table_whose_cells_wrap_is_read_whole() -> None:
    sessions = bird.parse(STATUS, node="n")
    assert [(s.peer, s.kind, s.state, s.since, s.info) for s in sessions] == [
        ("10.20.0.11", "node-to-node mesh", "up", "2026-03-02", "Established"),
        ("10.20.0.27", "node-to-node mesh", "start", "08:41:17", "Active Socket: Connection refused"),
        ("10.20.0.40", "node-to-node mesh", "start", "08:41:19", "Passive"),
        ("10.20.9.1", "global", "start", "08:40:55", "Idle BGP Error: Bad peer AS"),
    ]
    assert [s.established for s in sessions] == [True, False, False, False]


def test_birds_own_protocols_are_read_and_those_that_are_not_bgp_left_out() -> None:
    sessions = bird.parse(PROTOCOLS, node="n")
    assert [(s.peer, s.kind, s.state, s.info) for s in sessions] == [
        ("10.20.0.11", "node-to-node mesh", "up", "Established"),
        ("10.20.0.27", "node-to-node mesh", "start", "Active Socket: Connection refused"),
        ("10.20.9.1", "global", "start", "Idle BGP Error: Bad peer AS"),
        ("fd00::11", "node specific", "up", "Established"),
    ]


def test_no_peers_are_no_sessions() -> None:
    assert bird.parse("Calico process is running.\n\nIPv4 BGP status\nNo IPv4 peers found.\n", node="n") == ()


@pytest.mark.parametrize(
    "output",
    [
        "Error querying BIRD: unable to connect to BIRDv4 socket",
        "Unable to connect to server control socket (/var/run/calico/bird.ctl): No such file or directory",
        "Calico process is not running.",
        "The BGP backend process (BIRD) is not running.",
    ],
)
def test_a_bird_that_is_down_is_told_in_its_own_words(output: str) -> None:
    with pytest.raises(bird.BirdDown, match=r"BIRD|socket|not running"):
        bird.parse(output, node="n")


@pytest.mark.parametrize("output", ["", "sh: birdcl: not found", "<html>"])
def test_anything_else_is_not_taken_for_a_status(output: str) -> None:
    with pytest.raises(ValueError):
        bird.parse(output, node="n")
