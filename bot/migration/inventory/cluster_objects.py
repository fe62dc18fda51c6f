"""Reads everything of the chosen namespaces, and the cluster-scoped objects, into memory.

Lists are paged and read by at most eight threads at once, which is what the client keeps connections for.
The objects have Secret data: an inventory is never printed, stored or returned from a durable step.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from bot.adapters.kube.client import KubeClient
from bot.adapters.kube.errors import Forbidden, KubeError, NotFound
from bot.migration.inventory.namespace_selection import select_namespaces, system_namespaces
from bot.migration.inventory.served_apis import ApiResource, ApiSurface
from bot.migration.objects.fields import Object, Ref, is_custom_group, ref_of
from bot.migration.objects.kinds import RBAC

AT_ONCE = 8
ONE_BY_ONE = 3  # up to this many of many namespaces each is listed by itself

# Large, and never configuration that somebody stored: these are not even read.
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
    """What was read of one cluster. `namespaces` are those that are migrated; `repr` shows no object."""

    surface: ApiSurface
    namespaces: tuple[str, ...]
    objects: Mapping[Ref, Object] = dataclasses.field(repr=False)
    unread: tuple[Unread, ...] = ()

    def of(self, kind: str, group: str = "") -> list[Object]:
        """Return every object of a kind."""
        return [obj for ref, obj in self.objects.items() if ref.group_kind == (group, kind)]

    def find(self, group: str, kind: str, namespace: str, name: str) -> Object | None:
        """Return one object, or None if it was not read."""
        return self.objects.get(Ref(group, kind, namespace, name))

    def role_bindings(self) -> list[Object]:
        """Return every ClusterRoleBinding, then every RoleBinding."""
        return [*self.of("ClusterRoleBinding", RBAC), *self.of("RoleBinding", RBAC)]


def read(
    kube: KubeClient,
    *,
    surface: ApiSurface,
    resources: Iterable[ApiResource],
    namespaces: Sequence[str],
) -> Inventory:
    """Read `resources`: of cluster-scoped kinds everything, of namespaced ones what is in the namespaces.

    If no namespaces are given, all but the system's are read. A kind that may not be read is reported in
    `unread`. Raises `UnknownNamespace` and `KubeError`.
    """
    existing = [namespace["metadata"]["name"] for namespace in kube.list_all("/api/v1/namespaces", dict)]
    chosen = select_namespaces(existing, namespaces)
    kinds = [resource for resource in resources if resource.stored and resource.group_kind not in UNREAD]
    listed = chosen if _worth_a_list_each(chosen, existing) else ()
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="inventory") as pool:
        answers = list(pool.map(lambda resource: _read_kind(kube, resource, listed), kinds))
    objects: dict[Ref, Object] = {}
    for resource, answer in zip(kinds, answers, strict=True):
        for obj in answer if isinstance(answer, list) else ():
            if resource.namespaced and obj["metadata"].get("namespace") not in chosen:
                continue
            obj["apiVersion"], obj["kind"] = resource.api_version, resource.kind
            objects[ref_of(obj)] = obj
    unread = tuple(answer for answer in answers if isinstance(answer, Unread))
    return Inventory(surface=surface, namespaces=chosen, objects=objects, unread=unread)


def _worth_a_list_each(chosen: Sequence[str], existing: Iterable[str]) -> bool:
    """Whether each namespace is listed by itself, because one list of all would read much that is not chosen.

    Where everything but the system's namespaces is chosen, one list of all takes a third of the requests.
    """
    unchosen = set(existing) - set(chosen) - system_namespaces()
    return len(chosen) == 1 or (len(chosen) <= ONE_BY_ONE and bool(unchosen))


def _read_kind(kube: KubeClient, resource: ApiResource, listed: Sequence[str]) -> list[Object] | Unread:
    try:
        return _list_kind(kube, resource, listed)
    except NotFound:
        return []  # its definition was removed between discovery and now
    except Forbidden as refused:
        return Unread(resource=resource, why=refused.why)
    except KubeError as error:
        if not is_custom_group(resource.group):
            raise
        return Unread(resource=resource, why=f"{error.what}: {error.why}")  # an aggregated API that is down


def _list_kind(kube: KubeClient, resource: ApiResource, listed: Sequence[str]) -> list[Object]:
    """List a kind in each of the `listed` namespaces, or if there are none everywhere at once."""
    if resource.namespaced and listed:
        return [obj for name in listed for obj in kube.list_all(resource.collection(name), dict)]
    return kube.list_all(resource.collection(), dict)
