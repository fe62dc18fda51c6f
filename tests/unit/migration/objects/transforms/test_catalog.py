"""An object on its way through the transforms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.common.canonical_json import canonical
from bot.migration.objects.fields import Object
from bot.migration.objects.transforms.catalog import CATALOG, transformed
from bot.settings.mappings import Mappings
from tests.unit.migration.builders import an, context, workload
from tests.unit.migration.objects.transforms.results import stripped
from tests.unit.migration.objects.transforms.test_pods import bare_pod
from tests.unit.migration.objects.transforms.test_services import service
from tests.unit.migration.objects.transforms.test_workloads import JOB_LABELS


def test_what_is_made_bears_the_migrations_label() -> None:
    result = transformed(an("ConfigMap"), context(), Mappings(), migration="m42")
    assert result.obj["metadata"]["labels"] == {"xk8s.io/migration": "m42"}


scalars = st.text(max_size=5) | st.integers(0, 9) | st.booleans()


bodies = st.dictionaries(
    st.sampled_from(["a", "b", "spec", "data"]),
    st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=2)
        ),
        max_leaves=4,
    ),
    max_size=3,
)


words = st.dictionaries(
    st.sampled_from(["a", "deployment.kubernetes.io/revision", "xk8s.io/held", "team"]),
    st.text(max_size=3),
    max_size=3,
)


@given(
    body=bodies,
    labels=words,
    annotations=words,
    finalizers=st.lists(st.sampled_from(["a/b", "kubernetes.io/x"]), max_size=2),
)
def test_stripping_again_changes_nothing_whatever_the_kind(
    body: Object, labels: dict[str, str], annotations: dict[str, str], finalizers: list[str]
) -> None:
    once = stripped(
        an(
            "Thing",
            api="x.example/v1",
            labels=labels,
            annotations=annotations,
            meta={"finalizers": finalizers},
            **body,
        )
    )
    assert canonical(stripped(once)) == canonical(once)


EXAMPLES = [
    service(clusterIP="10.254.0.9", type="NodePort", ports=[{"port": 80, "nodePort": 30001}]),
    bare_pod(),
    workload("StatefulSet"),
    workload("DaemonSet"),
    an(
        "Job",
        spec={
            "selector": {},
            "template": {"metadata": {"labels": dict(JOB_LABELS)}, "spec": {"containers": []}},
        },
    ),
    an("PersistentVolumeClaim", spec={"volumeName": "v", "dataSource": {"name": "s"}}),
    an("Namespace", "shop", spec={"finalizers": ["kubernetes"]}),
    an("Secret", type="kubernetes.io/service-account-token", data={"token": "dA=="}),
    an("ServiceAccount", secrets=[{"name": "t"}]),
    an("StorageClass", provisioner="kubernetes.io/cinder"),
    an("Endpoints", subsets=[{"addresses": [{"ip": "1.2.3.4", "nodeName": "n"}]}]),
    an(
        "ValidatingWebhookConfiguration",
        annotations={"cert-manager.io/inject-ca-from": "a"},
        webhooks=[{"name": "h", "clientConfig": {"caBundle": "x"}}],
    ),
]


@pytest.mark.parametrize("obj", EXAMPLES, ids=lambda obj: obj["kind"])
def test_a_copy_is_stripped_to_the_same_text(obj: Object) -> None:
    """That is how copies are compared: the target's object goes through the same rules."""
    once = stripped(obj)
    again = {
        **once,
        "metadata": {
            **once["metadata"],
            "uid": "other",
            "resourceVersion": "99",
            "creationTimestamp": "2027-01-01T00:00:00Z",
        },
    }
    assert canonical(stripped(again)) == canonical(once)


def test_every_kind_of_the_notes_has_its_unit() -> None:
    kinds = {kind for _, kind in CATALOG}
    assert kinds >= {
        "Service",
        "PersistentVolumeClaim",
        "Job",
        "CronJob",
        "Pod",
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ServiceAccount",
        "Secret",
        "ValidatingWebhookConfiguration",
        "MutatingWebhookConfiguration",
        "APIService",
        "CustomResourceDefinition",
        "Ingress",
        "Namespace",
        "NetworkPolicy",
        "RoleBinding",
        "ClusterRoleBinding",
        "ConfigMap",
        "Endpoints",
        "EndpointSlice",
        "StorageClass",
        "PodDisruptionBudget",
    }
