"""What becomes of an object that is written: created, left alone, added to, or refused."""

from __future__ import annotations

import dataclasses

import pytest

from bot.adapters.kube.errors import Cause, Conflict, Invalid, NamespaceTerminating, ServerFailed
from bot.migration.copy import writer
from bot.migration.copy.writer import STARTED, WriteAction, WrittenObject, existing, write
from bot.migration.objects.copy_order import CopyStage
from bot.migration.objects.fields import Object, ref_of, with_annotation
from tests.unit.migration.builders import an, workload
from tests.unit.migration.copy.copies import Copy, copy_of
from tests.unit.migration.memory_kube import MemoryKube

SETTINGS = an("ConfigMap", "settings", data={"k": "v"})
PATH = "/api/v1/namespaces/shop/configmaps/settings"


def written(
    copy: Copy, obj: Object, stage: CopyStage = CopyStage.CONFIGURATION, *, started: bool = False
) -> WrittenObject:
    ref = ref_of(obj)
    body = copy.objects.final[ref] if started else copy.objects.waiting[ref]
    assert body is not None
    [[entry]] = write(copy.writer, [[ref]], {ref: body}, stage, started=started)
    return entry


def test_an_object_is_created_once_and_then_unchanged() -> None:
    copy = copy_of(SETTINGS)
    assert written(copy, SETTINGS).action is WriteAction.CREATED
    assert written(copy, SETTINGS).action is WriteAction.UNCHANGED


def test_an_object_that_somebody_changed_is_updated() -> None:
    copy = copy_of(SETTINGS)
    written(copy, SETTINGS)
    copy.live(SETTINGS)["data"]["k"] = "other"
    assert written(copy, SETTINGS).action is WriteAction.UPDATED
    assert copy.live(SETTINGS)["data"] == {"k": "v"}


def test_the_targets_own_object_is_left_alone_and_a_difference_is_a_failure() -> None:
    equal = copy_of(SETTINGS, target=MemoryKube(an("ConfigMap", "settings", data={"k": "v"})))
    assert written(equal, SETTINGS).action is WriteAction.PRESENT
    differing = copy_of(SETTINGS, target=MemoryKube(an("ConfigMap", "settings", data={"k": "w"})))
    entry = written(differing, SETTINGS)
    assert entry.action is WriteAction.DIFFERS and entry.failed
    assert differing.live(SETTINGS)["data"] == {"k": "w"} and not differing.target.requests


def test_an_account_that_the_target_has_of_its_own_is_added_to_and_not_taken_over() -> None:
    account = an("ServiceAccount", "runner", imagePullSecrets=[{"name": "pull"}])
    copy = copy_of(account, target=MemoryKube(an("ServiceAccount", "runner")))
    assert written(copy, account, CopyStage.ACCESS).action is WriteAction.PRESENT
    assert copy.live(account)["imagePullSecrets"] == [{"name": "pull"}]
    assert "labels" not in copy.live(account)["metadata"]


def test_a_class_that_the_target_has_of_its_own_is_kept() -> None:
    storage = an("StorageClass", "fast", provisioner="cinder.csi.openstack.org")
    copy = copy_of(storage, target=MemoryKube(an("StorageClass", "fast", provisioner="other")))
    entry = written(copy, storage, CopyStage.CLASSES)
    assert entry.action is WriteAction.PRESENT and "is kept" in entry.why
    assert copy.live(storage)["provisioner"] == "other"


def test_what_has_started_is_not_put_back_to_waiting() -> None:
    web = workload(name="web", replicas=3)
    copy = copy_of(web)
    assert written(copy, web, CopyStage.WORKLOADS).action is WriteAction.CREATED
    assert copy.live(web)["spec"]["replicas"] == 0
    assert written(copy, web, CopyStage.WORKLOADS, started=True).action is WriteAction.UPDATED
    assert copy.live(web)["metadata"]["annotations"][STARTED] == "true"
    assert written(copy, web, CopyStage.WORKLOADS).action is WriteAction.UNCHANGED
    assert copy.live(web)["spec"]["replicas"] == 3


def test_a_dry_run_writes_nothing() -> None:
    copy = copy_of(SETTINGS)
    copy.writer = dataclasses.replace(copy.writer, dry_run=True)
    assert written(copy, SETTINGS).action is WriteAction.CREATED
    assert not copy.target.objects and not copy.target.requests


def test_a_version_that_was_changed_meanwhile_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    copy = copy_of(SETTINGS)
    written(copy, SETTINGS)
    stale = existing(copy.writer, [ref_of(SETTINGS)])[ref_of(SETTINGS)]
    copy.target.put(
        {**copy.live(SETTINGS), "metadata": {**copy.live(SETTINGS)["metadata"], "resourceVersion": "999"}}
    )
    monkeypatch.setattr(writer, "existing", lambda _writer, refs: dict.fromkeys(refs, stale))
    assert written(copy, SETTINGS).action is WriteAction.UNCHANGED


def test_a_conflict_that_stays_is_recorded_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "LONGEST_PAUSE", 0.0)
    copy = copy_of(SETTINGS)
    copy.writer = copy.writer
    monkeypatch.setattr(
        copy.target,
        "answer_patch",
        lambda *_args, **_named: (_ for _ in ()).throw(Conflict("no", why="changed")),
    )
    entry = written(copy, SETTINGS)
    assert (entry.action, entry.why) == (WriteAction.CONFLICT, "changed")
    assert len(copy.target.requests) == writer.TRIES


def test_a_refusal_names_what_the_server_says_but_of_a_secret_only_fields() -> None:
    secret = an("Secret", "s", data={"k": "aHVudGVyMg=="})
    copy = copy_of(SETTINGS, secret)
    refusal = Invalid("no", why="value hunter2 is invalid")
    refusal.causes = (Cause(field="data.k", message="hunter2"),)
    monkey = {PATH: refusal, "/api/v1/namespaces/shop/secrets/s": refusal}
    assert _refused(copy, SETTINGS, monkey).why == "value hunter2 is invalid"
    assert _refused(copy, secret, monkey).why == "the API server refuses it (data.k)"
    failures = {PATH: NamespaceTerminating("no", why="x")}
    assert _refused(copy, SETTINGS, failures).why == "the namespace shop is being deleted"


def _refused(
    copy: Copy, obj: Object, failures: dict[str, Invalid] | dict[str, NamespaceTerminating]
) -> WrittenObject:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(writer, "existing", lambda _writer, _refs: {})
        copy.target.failures = dict(failures)
        entry = written(copy, obj)
    assert entry.action is WriteAction.REFUSED
    return entry


def test_an_api_server_that_fails_raises() -> None:
    copy = copy_of(SETTINGS)
    copy.target.failures = {PATH: ServerFailed("no")}
    with pytest.raises(ServerFailed):
        written(copy, SETTINGS)


def test_a_kind_that_the_target_does_not_serve_is_refused() -> None:
    copy = copy_of(SETTINGS)
    old = {**SETTINGS, "apiVersion": "v0"}
    [[entry]] = write(copy.writer, [[ref_of(old)]], {ref_of(old): old}, CopyStage.CONFIGURATION)
    assert entry.why == "the target does not serve v0 ConfigMap"


def test_what_exists_is_read_one_by_one_or_by_a_list() -> None:
    unrelated, web = an("ConfigMap", "other"), workload(name="web")
    copy = copy_of(SETTINGS, target=MemoryKube(SETTINGS, unrelated, web))
    refs = [ref_of(obj) for obj in (SETTINGS, unrelated, web, an("ConfigMap", "missing"))]
    present = existing(copy.writer, refs)
    assert set(present) == set(refs[:3])
    assert all(obj["kind"] == ref.kind for ref, obj in present.items())


def test_a_started_form_keeps_the_annotations_there_were() -> None:
    marked = with_annotation(SETTINGS, "team", "shop")
    assert writer.started_form(marked)["metadata"]["annotations"] == {"team": "shop", STARTED: "true"}
