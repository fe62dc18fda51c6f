"""A change and its way back: whatever is patched, the inverse leads to exactly what was there."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.migration.objects.canonical import digest, text
from bot.migration.objects.merge_patch import holds, inverse, merged
from bot.migration.source.before_image import BeforeImage, ChangePhase, change
from tests.unit.migration.builders import an, workload

keys = st.sampled_from(["a", "b", "c"])
values = st.recursive(
    st.text(max_size=3) | st.integers(0, 3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(keys, values, max_size=3)
patches = st.recursive(
    st.dictionaries(keys, st.none() | st.integers(0, 3), max_size=3),
    lambda inner: st.dictionaries(keys, inner | st.none() | st.text(max_size=2), max_size=3),
    max_leaves=6,
)


@given(live=objects, patch=patches)
def test_the_inverse_leads_back_exactly(live: dict[str, Any], patch: dict[str, Any]) -> None:
    assert text(merged(merged(live, patch), inverse(live, patch))) == text(live)


@given(live=objects, patch=patches)
def test_a_patch_holds_once_it_was_made_and_making_it_again_changes_nothing(
    live: dict[str, Any], patch: dict[str, Any]
) -> None:
    once = merged(live, patch)
    assert holds(once, patch)
    assert merged(once, patch) == once


@given(live=objects, patch=patches)
def test_what_holds_already_is_not_changed(live: dict[str, Any], patch: dict[str, Any]) -> None:
    if holds(live, patch):
        assert merged(live, patch) == live


def test_the_image_shows_how_an_object_was_before_and_after_it_was_changed() -> None:
    was = workload(replicas=3)
    patch = {"metadata": {"annotations": {"xk8s.io/replicas": "3"}}, "spec": {"replicas": 0}}
    image = BeforeImage(
        migration="m1", changes=(change(ChangePhase.SCALE, was, "/path", patch, "3 replicas → 0"),)
    )
    assert text(image.before(merged(was, patch))) == text(was)
    assert image.before(was) is was


def test_an_object_that_was_made_anew_is_not_taken_for_the_old_one() -> None:
    was, patch = workload(replicas=3), {"spec": {"replicas": 0}}
    image = BeforeImage(migration="m1", changes=(change(ChangePhase.SCALE, was, "/path", patch, ""),))
    other = merged(workload(replicas=3), patch)
    assert image.before(other)["spec"]["replicas"] == 0


server_owned = st.fixed_dictionaries(
    {
        "uid": st.text(max_size=4),
        "resourceVersion": st.text(max_size=4),
        "generation": st.integers(0, 9),
        "creationTimestamp": st.text(max_size=4),
        "managedFields": st.lists(st.just({}), max_size=2),
    }
)


@given(one=server_owned, other=server_owned, status=objects)
def test_a_digest_ignores_what_servers_own(
    one: dict[str, Any], other: dict[str, Any], status: dict[str, Any]
) -> None:
    left = an("ConfigMap", meta=one, data={"k": "v"}, status=status)
    right = an("ConfigMap", meta=other, data={"k": "v"}, annotations={}, labels={})
    assert digest(left, b"key") == digest(right, b"key")
    assert digest(left, b"key") != digest(an("ConfigMap", data={"k": "w"}), b"key")


def test_the_digest_of_a_secret_is_keyed() -> None:
    secret = an("Secret", data={"password": "aHVudGVyMg=="})
    assert digest(secret, b"one").startswith("keyed:")
    assert digest(secret, b"one") == digest(secret, b"one") != digest(secret, b"two")
    assert digest(an("ConfigMap"), b"one") == digest(an("ConfigMap"), b"two")
