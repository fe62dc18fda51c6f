"""The cluster that documents describe, and what a person should know about how they were read."""

import contextlib
import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path

from bot.policy.manifests import controllers, documents
from bot.policy.manifests.documents import InvalidManifestFiles
from bot.policy.manifests.kube_objects import CONTROLLERS, ManifestObject, find_objects
from bot.policy.manifests.pod_templates import read_labels
from bot.policy.reach import parser
from bot.policy.reach.addresses import parse_addresses
from bot.policy.reach.endpoints import blocks_of
from bot.policy.reach.field_errors import FieldErrors
from bot.policy.reach.model import KIND, ClusterModel, Namespace, Node, Policy, Workload


@dataclasses.dataclass(frozen=True, kw_only=True)
class ManifestCluster:
    """A cluster as manifests describe it.

    `other_policies` are policies of other APIs, which are not computed, so that the answer is incomplete.
    `notes` are sentences about what the manifests leave open.
    """

    cluster: ClusterModel
    other_policies: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def incomplete(self) -> bool:
        """Whether policies that are not computed may decide otherwise."""
        return bool(self.other_policies)


def read_cluster(paths: Iterable[str | Path]) -> ManifestCluster:
    """Read files and folders as a cluster. Raises `InvalidManifestFiles`, which names every mistake."""
    return build_cluster(documents.read(paths))


def build_cluster(manifest_documents: Iterable[documents.ManifestDocument]) -> ManifestCluster:
    """Build the cluster that documents describe. Raises `InvalidManifestFiles`."""
    builder = _ClusterBuilder()
    for document in manifest_documents:
        builder.add(document)
    return builder.build()


class _ClusterBuilder:
    def __init__(self) -> None:
        self._mistakes: list[str] = []
        self._objects: dict[tuple[str, str, str], ManifestObject] = {}
        self._controllers: dict[Workload, ManifestObject] = {}
        self._pods: list[ManifestObject] = []
        self._namespaces: list[Namespace] = []
        self._nodes: list[Node] = []
        self._policies: list[Policy] = []
        self._other_policies: list[str] = []

    def add(self, document: documents.ManifestDocument) -> None:
        """Sort the objects of one document by kind."""
        errors = FieldErrors()
        for obj in find_objects(document, errors):
            if self._is_repeated(obj):
                continue
            if obj.is_other_policy:
                self._other_policies.append(f"{obj} ({obj.group})")
            elif obj.kind == KIND:
                self._add_policy(obj)
            elif obj.kind == "Namespace":
                labels = obj.mapping("metadata").get("labels")
                field = f"{obj.prefix}metadata.labels"
                self._namespaces.append(Namespace(obj.name, read_labels(labels, field, errors)))
            elif obj.kind == "Node":
                self._nodes.append(_read_node(obj))
            elif obj.kind == "Pod":
                self._pods.append(obj)
            elif obj.kind in CONTROLLERS:
                self._controllers[Workload(obj.namespace, obj.kind, obj.name)] = obj
        self._mistakes += (f"{document}: {error}" for error in errors.errors)

    def build(self) -> ManifestCluster:
        """Expand the controllers whose pods are not in the input, and put the cluster together."""
        owners = controllers.OwnerIndex(self._controllers)
        pods = []
        for obj in self._pods:
            with self._reporting(obj) as errors:
                pods.append(controllers.read_pod(obj, owners.topmost_owner(obj), errors))
        running = {pod.owner for pod in pods}
        scaled_to_zero = []
        for workload, obj in self._controllers.items():
            owner = owners.topmost_owner(obj)
            if workload not in running and owner not in running and owner not in self._controllers:
                with self._reporting(obj) as errors:
                    expanded = list(controllers.expand(obj, errors))
                pods += expanded
                scaled_to_zero += [] if expanded else [str(workload)]
            if len(pods) > controllers.MOST_PODS:
                self._mistakes.append(f"{obj.source}: more than {controllers.MOST_PODS:,} pods in all")
                break
        if self._mistakes:
            raise InvalidManifestFiles(self._mistakes)
        cluster = ClusterModel(
            pods=tuple(pods),
            namespaces=tuple(self._namespaces),
            policies=tuple(self._policies),
            nodes=tuple(self._nodes),
        )
        notes = tuple(_notes(cluster, scaled_to_zero))
        return ManifestCluster(cluster=cluster, other_policies=tuple(self._other_policies), notes=notes)

    def _is_repeated(self, obj: ManifestObject) -> bool:
        """Whether the object was read before; two different ones of one name are a mistake."""
        key = (f"{obj.group}/{obj.kind}", obj.namespace, obj.name)
        first = self._objects.setdefault(key, obj)
        if first is not obj and first.value != obj.value:
            self._mistakes.append(f"{obj.source}: {obj} is also in {first.source}, with other content")
        return first is not obj

    def _add_policy(self, obj: ManifestObject) -> None:
        try:
            self._policies.append(parser.parse_policy(obj.value))
        except parser.InvalidPolicy as invalid:
            self._mistakes += (f"{obj.source} ({obj}): {obj.prefix}{error}" for error in invalid.errors)

    @contextlib.contextmanager
    def _reporting(self, obj: ManifestObject) -> Iterator[FieldErrors]:
        """Give errors to collect, and report them with the object that they are about."""
        errors = FieldErrors()
        yield errors
        self._mistakes += (f"{obj.source} ({obj}): {error}" for error in errors.errors)


def _read_node(obj: ManifestObject) -> Node:
    addresses = obj.mapping("status").get("addresses")
    entries = addresses if isinstance(addresses, list) else []
    texts = [entry.get("address") for entry in entries if isinstance(entry, dict)]
    return Node(obj.name, parse_addresses(texts))


def _notes(cluster: ClusterModel, scaled_to_zero: list[str]) -> Iterator[str]:
    if not cluster.pods:
        yield "there are no pods and no controllers in the input"
    if scaled_to_zero:
        yield f"without pods, because they are scaled to 0: {', '.join(sorted(scaled_to_zero))}"
    if blocks_of(cluster.policies) and any(not pod.addresses for pod in cluster.pods):
        yield "pods in manifests have no addresses: an ipBlock matches none of them, only addresses outside"
