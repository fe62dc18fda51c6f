"""The files of containers: on mounted disks, in mounted ConfigMaps and Secrets, and in the container
itself.
"""

from __future__ import annotations

import base64
from typing import Any

from sandbox.infrastructure.volumes import BlockStorage
from sandbox.kube.api.store import Store

Object = dict[str, Any]


class ContainerFiles:
    """What one container of a pod sees."""

    def __init__(
        self,
        store: Store,
        storage: BlockStorage,
        layers: dict[str, dict[str, str]],
        pod: Object,
        container: str,
    ) -> None:
        self._store = store
        self._storage = storage
        self._own = layers.setdefault(f"{pod['metadata'].get('uid', '')}/{container}", {})
        self._pod = pod
        found = (each for each in pod["spec"]["containers"] if each["name"] == container)
        mounts: list[Object] = next(found, {"volumeMounts": []}).get("volumeMounts") or []
        self._mounts = sorted(mounts, key=lambda mount: -len(mount["mountPath"]))

    def read(self, path: str) -> str | None:
        """A file's text; None if there is none."""
        files, inner = self._at(path)
        return files.get(inner)

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        files, inner = self._at(path)
        files[inner] = text

    def remove(self, path: str) -> bool:
        """Remove a file; whether there was one."""
        files, inner = self._at(path)
        return files.pop(inner, None) is not None

    def names(self, path: str) -> list[str]:
        """The files directly in a folder."""
        files, inner = self._at(path.rstrip("/") + "/")
        folder = inner.rstrip("/") + "/" if inner.strip("/") else ""
        return sorted({name.removeprefix(folder).split("/")[0] for name in files if name.startswith(folder)})

    def _at(self, path: str) -> tuple[dict[str, str], str]:
        for mount in self._mounts:
            base = mount["mountPath"].rstrip("/") + "/"
            if (path + "/").startswith(base):
                sub = mount.get("subPath", "").strip("/")
                inner = path[len(base) :].lstrip("/")
                return self._volume(mount["name"]), f"{sub}/{inner}" if sub else inner
        return self._own, path

    def _volume(self, name: str) -> dict[str, str]:
        volume: Object = next(
            (each for each in self._pod["spec"].get("volumes") or [] if each["name"] == name), {}
        )
        namespace = self._pod["metadata"]["namespace"]
        claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        if claim:
            return self._disk(namespace, claim)
        for source, field, kind in (("configMap", "name", "ConfigMap"), ("secret", "secretName", "Secret")):
            found = (volume.get(source) or {}).get(field)
            if found and self._store.has(self._store.registry.named(kind), namespace, found):
                data = self._store.peek(self._store.registry.named(kind), namespace, found).get("data") or {}
                return {
                    key: base64.b64decode(value).decode() if kind == "Secret" else value
                    for key, value in data.items()
                }
        return self._own

    def _disk(self, namespace: str, claim: str) -> dict[str, str]:
        claims, volumes = (
            self._store.registry.named("PersistentVolumeClaim"),
            self._store.registry.named("PersistentVolume"),
        )
        if not self._store.has(claims, namespace, claim):
            return {}
        name = self._store.peek(claims, namespace, claim)["spec"].get("volumeName", "")
        if not self._store.has(volumes, None, name):
            return {}
        handle = (self._store.peek(volumes, None, name)["spec"].get("csi") or {}).get("volumeHandle", "")
        disk = self._storage.volumes.get(handle)
        return disk.files if disk is not None else {}
