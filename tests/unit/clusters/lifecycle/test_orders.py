"""Which clusters can be created: the rules that are checked before Magnum is asked."""

from __future__ import annotations

from typing import Any

import pytest

from bot.actions.clusters import ClusterCreate
from bot.adapters.openstack.magnum_errors import MagnumUnreachable
from bot.clusters.lifecycle.orders import BadCluster, ClusterTaken, build_order, refuse_taken_name
from bot.clusters.lifecycle.provisioner import ClusterOrder
from bot.clusters.templates.results import Template
from tests.unit.clusters.fakes import FakeMagnum, FakeProjects, cluster, template

BASE = Template.from_magnum(template())


def order(**words: Any) -> ClusterOrder:
    return build_order(ClusterCreate(**{"cluster": "dev", "template": "base", **words}), BASE)


def test_what_is_left_out_is_one_of_each() -> None:
    assert (order().nodes, order().masters) == (1, 1)
    assert (order(nodes=5, masters=3).nodes, order(nodes=5, masters=3).masters) == (5, 3)


@pytest.mark.parametrize("name", ["dev", "D.e_v-1", "a" * 63])
def test_a_name_that_magnum_takes_is_taken(name: str) -> None:
    assert order(cluster=name).name == name


@pytest.mark.parametrize(
    ("words", "headline"),
    [
        ({"cluster": "1dev"}, "`1dev` cannot be a cluster's name"),
        ({"cluster": "a" * 64}, "cannot be a cluster's name"),
        ({"cluster": "dev eu"}, "cannot be a cluster's name"),
        ({"nodes": 0}, "A cluster needs at least one node"),
        ({"masters": 0}, "0 control-plane nodes are not possible"),
        ({"masters": 4}, "4 control-plane nodes are not possible"),
    ],
)
def test_what_cannot_come_up_is_refused_with_what_to_say(words: dict[str, Any], headline: str) -> None:
    with pytest.raises(BadCluster) as refusal:
        order(**words)
    assert headline in refusal.value.what and refusal.value.why and "Say " in refusal.value.fix


def test_several_control_plane_nodes_need_a_load_balancer_before_them() -> None:
    unbalanced = Template.from_magnum(template(master_lb_enabled=False))
    action = ClusterCreate(cluster="dev", template="base", masters=3)
    assert build_order(action, BASE).masters == 3
    with pytest.raises(BadCluster, match="has one control-plane node"):
        build_order(action, unbalanced)


def test_a_name_that_a_cluster_has_is_refused_and_so_is_not_knowing() -> None:
    magnum = FakeMagnum(clusters=[cluster("dev")], templates=[template()])
    project = FakeProjects(magnum).parts
    refuse_taken_name(project, "new")
    with pytest.raises(ClusterTaken, match="A cluster dev exists already") as refusal:
        refuse_taken_name(project, "dev")
    assert refusal.value.why == "id u-dev, CREATE_COMPLETE in Magnum"
    magnum.failure = MagnumUnreachable("Magnum does not answer")
    with pytest.raises(MagnumUnreachable):
        refuse_taken_name(project, "new")
