"""Role bindings."""

from __future__ import annotations

from tests.unit.migration.builders import an
from tests.unit.migration.objects.transforms.results import warnings_of


def test_a_binding_of_accounts_elsewhere_is_reported() -> None:
    subjects = [{"kind": "ServiceAccount", "name": "a", "namespace": "monitoring"}]
    assert "monitoring" in warnings_of(an("RoleBinding", subjects=subjects, roleRef={}))
