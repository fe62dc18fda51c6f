"""Reads everything of the chosen namespaces, and the cluster-scoped objects, into memory.

Lists are paged and read by at most eight threads at once, which is what the client keeps connections for.
The objects hold Secret data: an inventory is never printed, stored or returned from a durable step.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from bot.adapters.kube.client import Kube
from bot.adapters.kube.errors import Forbidden, KubeError, NotFound
from bot.migration.inventory import namespace_selection
from bot.migration.inventory.api_discovery import ApiResource, ApiSurface
from bot.migration.objects.manifest import Object, Ref, ref_of, uid_of

AT_ONCE = 8
ONE_BY_ONE = 3  # up to so many namespaces are listed each for itself, more by one list over all of them

# Never stored configuration, and large: not even read.
UNREAD: frozenset[tuple[str, str]] = frozenset(
    {
        ("", "Event"),
        ("events.k8s.io", "Event"),
        ("", "ComponentStatus"),
        ("", "PodTemplate"),
        ("coordination.k8s.io", "Lease"),
        ("coordination.k8s.io", "LeaseCandidate"),
        ("storage.k8s.io", "CSINode"),
        ("storage.k8s.io", "CSIStorageCapacity"),
        ("certificates.k8s.io", "CertificateSigningRequest"),
        ("metrics.k8s.io", "PodMetrics"),
        ("metrics.k8s.io", "NodeMetrics"),
        ("apps", "ControllerRevision"),
        ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
        ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
    }
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Unread:
    """A kind that could not be read, and why. What depends on it is unknown."""

    resource: ApiResource
    why: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Inventory:
    """What was read of one cluster. `repr` shows no object."""

    surface: ApiSurface
    namespaces: tuple[str, ...]  # those that are migrated
    objects: Mapping[Ref, Object] = dataclasses.field(repr=False)
    unread: tuple[Unread, ...] = ()

    def of(self, kind: str, group: str = "") -> list[Object]:
        """Every object of a kind."""
        return [obj for ref, obj in self.objects.items() if (ref.group, ref.kind) == (group, kind)]

    def find(self, group: str, kind: str, namespace: str, name: str) -> Object | None:
        """One object."""
        return self.objects.get(Ref(group, kind, namespace, name))

    def by_uid(self) -> dict[str, Object]:
        """Every object by its uid."""
        return {uid_of(obj): obj for obj in self.objects.values()}


def read(
    kube: Kube,
    *,
    surface: ApiSurface,
    resources: Iterable[ApiResource],
    namespaces: Sequence[str],
    default: bool = True,
) -> Inventory:
    """Read every object of `resources` in the chosen namespaces (none chosen and `default`: all but the
    system's).

    Of the cluster-scoped kinds everything is read; of namespaced ones only what is in the namespaces. A kind
    that may not be read is reported. Raises `NoSuchNamespace`, `KubeError`.
    """
    names = [found.name for found in _namespaces(kube)]
    chosen = namespace_selection.chosen(names, namespaces) if namespaces or default else ()
    wanted = [each for each in resources if each.stored and (each.group, each.kind) not in UNREAD]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="inventory") as pool:
        answers = list(pool.map(lambda each: _kind(kube, each, chosen), wanted))
    objects: dict[Ref, Object] = {}
    unread: list[Unread] = []
    for resource, answer in zip(wanted, answers, strict=True):
        if isinstance(answer, Unread):
            unread.append(answer)
            continue
        for obj in answer:
            obj["apiVersion"], obj["kind"] = resource.api_version, resource.kind
            objects[ref_of(obj)] = obj
    return Inventory(surface=surface, namespaces=chosen, objects=objects, unread=tuple(unread))


def only(inventory: Inventory, keep: Iterable[Ref]) -> Inventory:
    """The same inventory with only some of its objects."""
    wanted = set(keep)
    return dataclasses.replace(
        inventory, objects={ref: obj for ref, obj in inventory.objects.items() if ref in wanted}
    )


def _namespaces(kube: Kube) -> list[Ref]:
    return [
        Ref("", "Namespace", "", obj["metadata"]["name"]) for obj in kube.all_of("/api/v1/namespaces", dict)
    ]


def _kind(kube: Kube, resource: ApiResource, namespaces: Sequence[str]) -> list[Object] | Unread:
    """One kind's objects; every namespace for itself if they are few, else one list of all that is then
    cut down.
    """
    try:
        if not resource.namespaced:
            return kube.all_of(resource.collection(), dict)
        if len(namespaces) <= ONE_BY_ONE:
            return [obj for name in namespaces for obj in kube.all_of(resource.collection(name), dict)]
        inside = set(namespaces)
        return [
            obj
            for obj in kube.all_of(resource.collection(), dict)
            if obj["metadata"].get("namespace") in inside
        ]
    except NotFound:
        return []  # its definition was removed between discovery and now
    except Forbidden as refused:
        return Unread(resource=resource, why=refused.why)
    except KubeError as error:
        if resource.group and "." in resource.group and not resource.group.endswith(".k8s.io"):
            return Unread(
                resource=resource, why=f"{error.what}: {error.why}"
            )  # an aggregated API that is down
        raise
