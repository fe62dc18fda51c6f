"""What has changed on the source since it was planned."""

from __future__ import annotations

from bot.migration.objects.fields import ref_of
from bot.migration.source.drift import drift
from bot.settings.mappings import Mappings
from tests.unit.migration.builders import an, inventory, workload
from tests.unit.migration.planning.plans import HOME, KEY, plan


def test_the_second_look_names_what_changed_went_and_came() -> None:
    web, removed = workload(name="web"), an("ConfigMap", "gone")
    planned = plan(web, removed, an("ConfigMap", "kept"))
    changed = {**web, "spec": {**web["spec"], "replicas": 7}}
    result = drift(
        planned, inventory(HOME, changed, an("ConfigMap", "kept"), an("ConfigMap", "new")), Mappings(), KEY
    )
    assert [ref.name for ref in result.changed] == ["web"]
    assert [ref.name for ref in result.gone] == ["gone"]
    assert [ref.name for ref in result.new] == ["new"]
    assert [ref.name for ref in result.replaced] == ["kept"]
    assert bool(result) and "Deployment shop/web (changed)" in list(result.lines())


def test_a_namespace_that_was_made_since_is_new_unless_namespaces_were_chosen() -> None:
    planned = plan(workload(name="web"))
    later = inventory(HOME, an("Namespace", "late"), an("Namespace", "kube-system"))
    assert [ref.name for ref in drift(planned, later, Mappings(), KEY).new] == ["late"]
    chosen = planned.model_copy(update={"everything": False})
    assert drift(chosen, later, Mappings(), KEY).new == ()


def test_a_source_that_stayed_as_it_was_shows_no_drift() -> None:
    objects = [HOME, workload(name="web"), an("Secret", "s", data={"a": "Yg=="})]
    planned = plan(*objects[1:])
    assert not drift(planned, inventory(*objects), Mappings(), KEY)
    assert ref_of(objects[1]) in planned.by_ref
