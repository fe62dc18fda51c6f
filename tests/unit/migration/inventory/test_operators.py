"""Which workloads are operators of custom resources."""

from __future__ import annotations

from bot.migration.inventory.operators import operators
from bot.migration.objects.copy_order import CopyStage, stage_of
from bot.migration.objects.fields import ref_of
from tests.unit.migration.builders import an, inventory, pods, workload


def test_a_deployment_that_writes_objects_of_a_copied_definition_is_an_operator() -> None:
    definition = an("CustomResourceDefinition", "dbs", spec={"group": "db.example"})
    role = an(
        "ClusterRole", "db", rules=[{"apiGroups": ["db.example"], "resources": ["*"], "verbs": ["update"]}]
    )
    bound = an(
        "ClusterRoleBinding",
        "db",
        roleRef={"kind": "ClusterRole", "name": "db"},
        subjects=[{"kind": "ServiceAccount", "name": "op", "namespace": "shop"}],
    )
    operator, web = workload(name="op", template=pods(serviceAccountName="op")), workload(name="web")
    resource = an("Db", "d", api="db.example/v1")
    source = inventory(definition, role, bound, operator, web, resource)
    assert operators(source, source.objects) == {ref_of(operator)}
    assert stage_of(ref_of(operator), [ref_of(operator)]) is CopyStage.OPERATORS
