"""A copy is proven by counts and digests; what differs is named by its fields."""

from __future__ import annotations

from bot.adapters.kube.errors import Invalid
from bot.migration.copy import comparison, copier
from bot.migration.objects.fields import ref_of
from tests.unit.migration.builders import an, workload
from tests.unit.migration.copy.copies import Copy, copy_of
from tests.unit.migration.copy.test_copier import ACTIVE
from tests.unit.migration.memory_kube import MemoryKube

WEB, SETTINGS, INGRESS = (
    workload(name="web"),
    an("ConfigMap", "settings", data={"k": "v"}),
    an("Ingress", "web"),
)


def copied() -> Copy:
    copy = copy_of(WEB, SETTINGS, INGRESS, target=MemoryKube(ACTIVE))
    copier.copy(copy.writer, copy.plan, copy.inventory, copy.objects)
    return copy


def compare(copy: Copy) -> comparison.CopyComparison:
    return comparison.compare(copy.writer, {**copy.objects.waiting})


def test_a_whole_copy_is_proven_with_its_counts() -> None:
    result = compare(copied())
    assert not result.differences and result.equal == 4
    assert [(count.kind, count.planned, count.present) for count in result.counts if count.namespace] == [
        ("ConfigMap", 1, 1),
        ("Deployment", 1, 1),
    ]


def test_what_is_missing_and_what_is_there_too_early_is_named() -> None:
    copy = copied()
    del copy.target.objects["/api/v1/namespaces/shop/configmaps/settings"]
    copy.target.put({**INGRESS, "metadata": {**INGRESS["metadata"], "labels": {"xk8s.io/migration": "m1"}}})
    texts = {difference.ref: difference.what for difference in compare(copy).differences}
    assert texts == {ref_of(SETTINGS): "it is missing", ref_of(INGRESS): "it is there before the cut-over"}


def test_an_ingress_of_the_targets_own_is_no_copy_that_came_too_early() -> None:
    copy = copied()
    copy.target.put(INGRESS)
    assert not compare(copy).differences


def test_a_field_that_differs_is_named_without_its_value() -> None:
    copy = copied()
    copy.live(SETTINGS)["data"] = {"k": "hunter2"}
    [difference] = compare(copy).differences
    assert (difference.ref, difference.what) == (ref_of(SETTINGS), "data.k differ")


def test_what_the_target_would_not_take_is_told_but_of_a_secret_not_why() -> None:
    secret = an("Secret", "s", data={"k": "dg=="})
    copy = copy_of(SETTINGS, secret, target=MemoryKube(ACTIVE, SETTINGS, an("Secret", "s")))
    copy.live(SETTINGS)["data"] = {"k": "w"}
    refusal = Invalid("no", why="value dg== is invalid")
    copy.target.answer_patch = lambda *_args, **_named: (_ for _ in ()).throw(refusal)  # type: ignore[method-assign]
    texts = {difference.ref.kind: difference.what for difference in compare(copy).differences}
    assert texts["ConfigMap"] == "the target would not take it: value dg== is invalid"
    assert texts["Secret"] == "the target would not take it"
