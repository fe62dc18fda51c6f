"""The target is taken back: only what has the migration's label, and only by its uid."""

from __future__ import annotations

from bot.adapters.kube.errors import Conflict
from bot.migration.copy import copier, removal, startup
from bot.migration.objects.fields import Object, ref_of
from tests.unit.migration.builders import SERVED, an, workload
from tests.unit.migration.copy.copies import Copy, copy_of
from tests.unit.migration.copy.test_copier import ACTIVE
from tests.unit.migration.memory_kube import FORBIDDEN, MemoryKube

LABEL = {"xk8s.io/migration": "m1"}
WEB = workload(name="web", replicas=3)
SCALER = an(
    "HorizontalPodAutoscaler",
    "web",
    spec={"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
)


def started() -> Copy:
    copy = copy_of(WEB, SCALER, target=MemoryKube(ACTIVE))
    copier.copy(copy.writer, copy.plan, copy.inventory, copy.objects)
    for stages in startup.START_ORDER:
        startup.start(copy.writer, copy.plan, copy.inventory, copy.objects, stages=stages)
    return copy


def test_stopping_scales_workloads_to_0_and_removes_what_was_withheld() -> None:
    copy = started()
    assert copy.live(WEB)["spec"]["replicas"] == 3 and copy.target.live(SCALER) is not None
    _, removed = removal.stop(copy.writer, copy.plan, copy.inventory, copy.objects)
    assert copy.live(WEB)["spec"]["replicas"] == 0 and copy.target.live(SCALER) is None
    assert [(obj.ref, obj.removal) for obj in removed] == [(ref_of(SCALER), "gone")]


def test_what_is_not_there_is_not_created_by_stopping() -> None:
    copy = copy_of(WEB, target=MemoryKube(ACTIVE))
    removal.stop(copy.writer, copy.plan, copy.inventory, copy.objects)
    assert copy.target.live(WEB) is None


def remove_all(*objects: Object) -> tuple[MemoryKube, dict[str, str]]:
    target = MemoryKube(*objects)
    return target, {obj.ref.name: obj.removal for obj in removal.remove_all(target, SERVED, "m1")}


def test_only_what_has_the_label_is_removed_and_the_last_stage_first() -> None:
    configuration = an("ConfigMap", "ours", labels=LABEL), an("Namespace", "shop", labels=LABEL)
    web = an("Deployment", "web", labels=LABEL)
    target, removals = remove_all(
        *configuration, web, an("ConfigMap", "other", labels={"xk8s.io/migration": "m2"})
    )
    assert removals == {"web": "gone", "ours": "gone", "shop": "gone"}
    assert [request.rpartition("/")[2] for request in target.requests] == ["web", "ours", "shop"]


def test_what_a_controller_made_from_a_labelled_template_goes_with_its_owner() -> None:
    web = an("Deployment", "web", labels=LABEL)
    target, removals = remove_all(web, an("ReplicaSet", "web-1", owner=web, labels=LABEL))
    assert removals == {"web": "gone"} and len(target.objects) == 1


def test_a_volume_that_is_not_on_retain_is_kept_with_the_reason() -> None:
    volume = an("PersistentVolume", "pv", labels=LABEL, spec={"persistentVolumeReclaimPolicy": "Delete"})
    target = MemoryKube(volume)
    [removed] = removal.remove_all(target, SERVED, "m1")
    assert (removed.removal, removed.why) == ("kept", "it is not on Retain: its disk would go too")
    assert target.live(volume) is not None


def test_what_may_not_be_deleted_or_was_replaced_meanwhile_is_kept() -> None:
    for error, why in ((FORBIDDEN, "HTTP 403: no right"), (Conflict("no"), "it is another one by now")):
        copy = copy_of(target=MemoryKube(an("ConfigMap", "c", labels=LABEL)))

        def refuse(_path: str, _options: Object, error: Exception = error) -> None:
            raise error

        copy.target.answer_delete = refuse  # type: ignore[method-assign,assignment]
        [removed] = removal.remove(copy.writer, [ref_of(an("ConfigMap", "c"))])
        assert (removed.removal, removed.why) == ("kept", why)


def test_an_object_that_is_not_the_migrations_is_not_removed_by_name() -> None:
    copy = copy_of(target=MemoryKube(an("ConfigMap", "c")))
    assert removal.remove(copy.writer, [ref_of(an("ConfigMap", "c"))]) == ()
