"""The files of containers: on mounted disks, in ConfigMaps and Secrets, and in the container itself."""

from __future__ import annotations

import base64
from collections.abc import Callable

from sandbox.infrastructure.block_storage import BlockStorage
from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.store import Store
from sandbox.kube.objects import Object, by_name

FileTree = dict[str, str]  # text by path


class FileSystems:
    """The files of all containers of one cluster."""

    def __init__(self, store: Store, storage: BlockStorage) -> None:
        self._store = store
        self._storage = storage
        self._writable_layers: dict[str, FileTree] = {}  # by the uid of the pod and the container

    def of(self, pod: Object, container: str) -> ContainerFiles:
        """Return what one container of a pod sees."""
        key = f"{pod['metadata'].get('uid', '')}/{container}"
        layer = self._writable_layers.setdefault(key, {})
        mounts = by_name(pod["spec"]["containers"], container).get("volumeMounts") or []
        mounts = sorted(mounts, key=lambda mount: -len(mount["mountPath"]))
        return ContainerFiles(mounts, layer, lambda name: self._volume(pod, name, layer))

    def _volume(self, pod: Object, name: str, layer: FileTree) -> FileTree:
        volume, namespace = by_name(pod["spec"].get("volumes") or [], name), pod["metadata"]["namespace"]
        claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        if claim:
            return self._disk(namespace, claim)
        for source, field, kind in (("configMap", "name", "ConfigMap"), ("secret", "secretName", "Secret")):
            obj = self._find(kind, namespace, (volume.get(source) or {}).get(field, ""))
            if obj is not None:
                data = obj.get("data") or {}
                if kind == "Secret":
                    return {key: base64.b64decode(value).decode() for key, value in data.items()}
                return dict(data)
        return layer

    def _disk(self, namespace: str, claim: str) -> FileTree:
        bound = self._find("PersistentVolumeClaim", namespace, claim)
        volume = self._find("PersistentVolume", None, bound["spec"].get("volumeName", "") if bound else "")
        handle = (volume["spec"].get("csi") or {}).get("volumeHandle", "") if volume else ""
        disk = self._storage.volumes.get(handle)
        return disk.files if disk is not None else {}

    def _find(self, name: str, namespace: str | None, obj: str) -> Object | None:
        kind: Kind = self._store.registry.named(name)
        return self._store.peek(kind, namespace, obj) if self._store.has(kind, namespace, obj) else None


class ContainerFiles:
    """What one container sees: its mounts, the longest path first, over its own writable layer."""

    def __init__(self, mounts: list[Object], layer: FileTree, volume: Callable[[str], FileTree]) -> None:
        self._mounts = mounts
        self._layer = layer
        self._volume = volume

    def read(self, path: str) -> str | None:
        """Return the text of a file; None if there is none."""
        files, inner = self._resolve(path)
        return files.get(inner)

    def write(self, path: str, text: str) -> None:
        """Write a file, replacing what was there."""
        files, inner = self._resolve(path)
        files[inner] = text

    def remove(self, path: str) -> bool:
        """Remove a file; tell whether there was one."""
        files, inner = self._resolve(path)
        return files.pop(inner, None) is not None

    def names(self, path: str) -> list[str]:
        """Return the names directly in a folder."""
        files, inner = self._resolve(path.rstrip("/") + "/")
        folder = inner.rstrip("/") + "/" if inner.strip("/") else ""
        return sorted({name.removeprefix(folder).split("/")[0] for name in files if name.startswith(folder)})

    def _resolve(self, path: str) -> tuple[FileTree, str]:
        for mount in self._mounts:
            base = mount["mountPath"].rstrip("/") + "/"
            if (path + "/").startswith(base):
                sub = mount.get("subPath", "").strip("/")
                inner = path[len(base) :].lstrip("/")
                return self._volume(mount["name"]), f"{sub}/{inner}" if sub else inner
        return self._layer, path
