"""Selectors evaluated over many objects at once, against evaluating them one by one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.policy.reach.label_index import LabelIndex
from bot.policy.reach.model import LabelSelector, Operator, Requirement
from tests.unit.policy.reach.cluster_strategies import labels

keys, values = st.sampled_from(("app", "tier", "zone")), st.sampled_from(("x", "y", "z", ""))


@st.composite
def requirements(draw: st.DrawFn) -> Requirement:
    operator = draw(st.sampled_from(Operator))
    with_values = operator in (Operator.IN, Operator.NOT_IN)
    return Requirement(draw(keys), operator, tuple(draw(st.lists(values, max_size=2))) if with_values else ())


@given(st.lists(labels, max_size=8), st.lists(requirements(), max_size=3))
def test_the_index_selects_what_a_selector_matches(
    objects: list[dict[str, str]], required: list[Requirement]
) -> None:
    selector = LabelSelector(tuple(required))
    selected = LabelIndex(objects).select(selector).tolist()
    assert selected == [selector.matches(object_labels) for object_labels in objects]
