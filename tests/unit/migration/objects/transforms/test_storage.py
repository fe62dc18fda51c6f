"""Claims and storage classes."""

from __future__ import annotations

from tests.unit.migration.builders import an
from tests.unit.migration.objects.transforms.results import stripped


def test_a_claim_forgets_its_volume_and_where_it_was_made() -> None:
    marks = {
        "pv.kubernetes.io/bind-completed": "yes",
        "pv.kubernetes.io/bound-by-controller": "yes",
        "volume.kubernetes.io/storage-provisioner": "c",
        "volume.kubernetes.io/selected-node": "n",
    }
    obj = an(
        "PersistentVolumeClaim",
        annotations=marks,
        spec={
            "volumeName": "pv-1",
            "storageClassName": "fast",
            "dataSource": {"name": "s"},
            "dataSourceRef": {"name": "s"},
        },
    )
    copy = stripped(obj)
    assert copy["spec"] == {"storageClassName": "fast"}
    assert "annotations" not in copy["metadata"]


def test_a_class_of_the_old_annotation_becomes_a_field() -> None:
    obj = an(
        "PersistentVolumeClaim", annotations={"volume.beta.kubernetes.io/storage-class": "gold"}, spec={}
    )
    assert stripped(obj)["spec"]["storageClassName"] == "gold"


def test_an_in_tree_storage_class_gets_the_csi_driver() -> None:
    obj = an("StorageClass", provisioner="kubernetes.io/cinder")
    assert stripped(obj)["provisioner"] == "cinder.csi.openstack.org"
