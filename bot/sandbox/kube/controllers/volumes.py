"""PersistentVolumes: claims are bound or provisioned, and what is left of a claim follows its reclaim policy."""

from __future__ import annotations

from bot.sandbox.kube.api.store import Store
from bot.sandbox.kube.controllers.owning import Object, is_live

DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
PROTECTION = "kubernetes.io/pvc-protection"


class Volumes:
    """The controllers of claims and volumes."""

    watches = frozenset({"PersistentVolumeClaim", "PersistentVolume", "StorageClass", "Pod"})
    patient = False
    next_due = None

    def __init__(self, store: Store) -> None:
        self._store = store
        registry = store.registry
        self._claims, self._volumes = registry.named("PersistentVolumeClaim"), registry.named("PersistentVolume")
        self._classes, self._pods = registry.named("StorageClass"), registry.named("Pod")

    def sync(self) -> None:
        """Look at every claim and volume once."""
        for claim in self._store.all_of(self._claims):
            if not is_live(claim):
                self._finish(claim)
            elif (claim.get("status") or {}).get("phase") != "Bound":
                self._bind(claim)
        for volume in self._store.all_of(self._volumes):
            self._volume(volume)

    def _finish(self, claim: Object) -> None:
        """A claim that no pod uses any more loses its protection."""
        name, namespace = claim["metadata"]["name"], claim["metadata"]["namespace"]
        used = any(
            (volume.get("persistentVolumeClaim") or {}).get("claimName") == name
            for pod in self._store.all_of(self._pods, namespace)
            for volume in pod["spec"].get("volumes") or []
        )
        finalizers = claim["metadata"].get("finalizers", [])
        if not used and PROTECTION in finalizers:
            left = [each for each in finalizers if each != PROTECTION]
            self._store.mutate(self._claims, namespace, name, lambda obj: obj["metadata"].update(finalizers=left))

    def _bind(self, claim: Object) -> None:
        named = claim["spec"].get("volumeName")
        volume = next((v for v in self._store.all_of(self._volumes) if _suits(v, claim, named)), None)
        if volume is None:
            volume = None if named else self._provision(claim)
        if volume is None:
            return
        name = volume["metadata"]["name"]
        reference = {
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": claim["metadata"]["name"],
            "namespace": claim["metadata"]["namespace"], "uid": claim["metadata"]["uid"],
        }  # fmt: skip
        self._store.mutate(self._volumes, None, name, lambda obj: obj["spec"].update(claimRef=reference))
        self._phase(name, "Bound")

        def bind(obj: Object) -> None:
            obj["spec"]["volumeName"] = name
            obj["spec"].setdefault("volumeMode", "Filesystem")

        at = claim["metadata"]["namespace"], claim["metadata"]["name"]
        self._store.mutate(self._claims, *at, bind)
        status = {
            "phase": "Bound", "accessModes": claim["spec"].get("accessModes", []),
            "capacity": dict(volume["spec"].get("capacity", {})),
        }  # fmt: skip
        self._store.mutate(self._claims, *at, lambda obj: obj.update(status=status), subresource="status")

    def _provision(self, claim: Object) -> Object | None:
        found = self._class(claim)
        if found is None:
            return None
        uid = claim["metadata"]["uid"]
        volume = {
            "metadata": {
                "name": f"pvc-{uid}", "finalizers": ["kubernetes.io/pv-protection"],
                "annotations": {"pv.kubernetes.io/provisioned-by": found["provisioner"]},
            },
            "spec": {
                "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
                "accessModes": claim["spec"].get("accessModes", ["ReadWriteOnce"]), "volumeMode": "Filesystem",
                "persistentVolumeReclaimPolicy": found.get("reclaimPolicy", "Delete"),
                "storageClassName": found["metadata"]["name"],
                "csi": {"driver": found["provisioner"], "volumeHandle": uid, "fsType": "ext4"},
            },
            "status": {"phase": "Available"},
        }  # fmt: skip
        return self._store.create(self._volumes, volume)

    def _class(self, claim: Object) -> Object | None:
        wanted = claim["spec"].get("storageClassName")
        for found in self._store.all_of(self._classes):
            default = (found["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true"
            if found["metadata"]["name"] == wanted or (wanted is None and default):
                return found
        return None

    def _volume(self, volume: Object) -> None:
        reference, name = volume["spec"].get("claimRef"), volume["metadata"]["name"]
        if not is_live(volume):
            self._store.drop(self._volumes, None, name)
            return
        if not reference or not reference.get("uid"):
            if (volume.get("status") or {}).get("phase") != "Available":
                self._phase(name, "Available")
            return
        if self._store.has(self._claims, reference["namespace"], reference["name"]):
            claim = self._store.peek(self._claims, reference["namespace"], reference["name"])
            if claim["metadata"]["uid"] == reference["uid"]:
                return
        if volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
            self._store.drop(self._volumes, None, name)
        else:
            self._phase(name, "Released")

    def _phase(self, name: str, phase: str) -> None:
        self._store.mutate(
            self._volumes, None, name, lambda obj: obj.update(status={"phase": phase}), subresource="status"
        )


def _suits(volume: Object, claim: Object, named: str | None) -> bool:
    reference = volume["spec"].get("claimRef") or {}
    metadata = claim["metadata"]
    if reference and (reference.get("namespace"), reference.get("name")) != (metadata["namespace"], metadata["name"]):
        return False
    if reference.get("uid") and reference["uid"] != metadata["uid"]:
        return False
    if named:
        return bool(volume["metadata"]["name"] == named)
    same_class = volume["spec"].get("storageClassName", "") == (claim["spec"].get("storageClassName") or "")
    return same_class and (volume.get("status") or {}).get("phase") == "Available"
