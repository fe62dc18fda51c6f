"""Documents as the cluster that they describe, and what a person should know about how they were read."""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Iterable
from pathlib import Path

from bot.policy.manifests import controllers, documents
from bot.policy.manifests.documents import BadManifests
from bot.policy.manifests.kube_objects import CONTROLLERS, Object, objects
from bot.policy.manifests.pod_templates import labels
from bot.policy.reach import parser
from bot.policy.reach.endpoints import blocks_of
from bot.policy.reach.field_errors import Mistakes
from bot.policy.reach.model import ClusterModel, Namespace, Node, Pod, Policy, Workload


@dataclasses.dataclass(frozen=True, kw_only=True)
class Manifests:
    """A cluster as manifests describe it.

    `foreign` are policies of other APIs, which are not computed: the answer is then incomplete. `notes` are
    sentences about what the manifests leave open.
    """

    cluster: ClusterModel
    foreign: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def incomplete(self) -> bool:
        """Whether something that may decide otherwise is not computed."""
        return bool(self.foreign)


def read(paths: Iterable[str | Path]) -> Manifests:
    """Read files and folders. Raises `BadManifests` with everything that is wrong with them."""
    return from_documents(documents.read(paths))


def from_documents(found: Iterable[documents.ManifestDocument]) -> Manifests:
    """Put documents together. Raises `BadManifests`."""
    reading = _Reading()
    for document in found:
        reading.take(document)
    return reading.finish()


class _Reading:
    def __init__(self) -> None:
        self._wrong: list[str] = []
        self._seen: dict[tuple[str, str, str], Object] = {}
        self._controllers: dict[Workload, Object] = {}
        self._pods: list[Object] = []
        self._namespaces: list[Namespace] = []
        self._nodes: list[Node] = []
        self._policies: list[Policy] = []
        self._foreign: list[str] = []

    def take(self, document: documents.ManifestDocument) -> None:
        """Sort the objects of one document by kind."""
        mistakes = Mistakes()
        for found in objects(document, mistakes):
            if self._known(found):
                continue
            if found.foreign:
                self._foreign.append(f"{found} ({found.group})")
            elif found.kind == "NetworkPolicy":
                self._policy(found)
            elif found.kind == "Namespace":
                self._namespaces.append(Namespace(found.name, self._labels(found, mistakes)))
            elif found.kind == "Node":
                self._nodes.append(_node(found))
            elif found.kind == "Pod":
                self._pods.append(found)
            elif found.kind in CONTROLLERS:
                self._controllers[Workload(found.namespace, found.kind, found.name)] = found
        self._wrong += (f"{document}: {error}" for error in mistakes.found)

    def finish(self) -> Manifests:
        """Expand controllers, and put it together."""
        owners = controllers.Owners(self._controllers)
        pods = [self._pod(found, owners.of(found)) for found in self._pods]
        there = {pod.owner for pod in pods} | set(self._controllers)
        running = {pod.owner for pod in pods}
        idle = []
        for workload, found in self._controllers.items():
            if workload not in running and owners.of(found) not in there:
                made = self._expanded(found)
                pods += made
                idle += [] if made else [str(workload)]
            if len(pods) > controllers.MOST_PODS:
                self._wrong.append(f"{found.where}: more than {controllers.MOST_PODS:,} pods in all")
                break
        if self._wrong:
            raise BadManifests(self._wrong)
        cluster = ClusterModel(
            pods=tuple(pods),
            namespaces=tuple(self._namespaces),
            policies=tuple(self._policies),
            nodes=tuple(self._nodes),
        )
        return Manifests(cluster=cluster, foreign=tuple(self._foreign), notes=tuple(_notes(cluster, idle)))

    def _known(self, found: Object) -> bool:
        """The same object twice is one; two different ones of one name are a mistake."""
        key = (f"{found.group}/{found.kind}", found.namespace, found.name)
        before = self._seen.setdefault(key, found)
        if before is not found and before.value != found.value:
            self._wrong.append(f"{found.where}: {found} is also in {before.where}, with other content")
        return before is not found

    def _policy(self, found: Object) -> None:
        try:
            self._policies.append(parser.parse_policy(found.value))
        except parser.InvalidPolicy as invalid:
            self._wrong += (f"{found.where} ({found}): {found.prefix}{error}" for error in invalid.errors)

    def _labels(self, found: Object, mistakes: Mistakes) -> dict[str, str]:
        return labels(found.mapping("metadata").get("labels"), f"{found.prefix}metadata.labels", mistakes)

    def _pod(self, found: Object, owner: Workload | None) -> Pod:
        mistakes = Mistakes()
        made = controllers.pod(found, owner, mistakes)
        self._wrong += (f"{found.where} ({found}): {error}" for error in mistakes.found)
        return made

    def _expanded(self, found: Object) -> list[Pod]:
        mistakes = Mistakes()
        made = list(controllers.expanded(found, mistakes))
        self._wrong += (f"{found.where} ({found}): {error}" for error in mistakes.found)
        return made


def _node(found: Object) -> Node:
    given = found.mapping("status").get("addresses")
    texts = (
        [each.get("address") for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    )
    addresses = []
    for text in texts:
        try:
            addresses.append(ipaddress.ip_address(str(text)))
        except ValueError:
            continue  # a host name
    return Node(found.name, tuple(addresses))


def _notes(cluster: ClusterModel, idle: list[str]) -> Iterable[str]:
    if not cluster.pods:
        yield "there are no pods and no controllers in the input"
    if idle:
        yield f"without pods, because they are scaled to 0: {', '.join(sorted(idle))}"
    if blocks_of(cluster.policies) and any(not pod.addresses for pod in cluster.pods):
        yield "pods in manifests have no addresses: an ipBlock matches none of them, only addresses outside"
