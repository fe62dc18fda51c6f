"""The kinds and versions that an API server serves, and the versions at which two servers agree.

Every object is read at a version that both serve, the target's preferred one if the source has it too: the
source's API server then converts built-in kinds by itself.
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any

from bot.adapters.kube import paths
from bot.migration.objects.fields import Ref

# the kinds that left the group `extensions` for another group than `apps`
MOVED = {"Ingress": "networking.k8s.io", "NetworkPolicy": "networking.k8s.io"}
NEEDED = frozenset({"list", "create", "patch"})  # a kind without these is not stored (TokenReview, Binding)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApiResource:
    """One kind at one version as an API server serves it."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str] = NEEDED

    @property
    def group_kind(self) -> tuple[str, str]:
        """The API group and the kind."""
        return self.group, self.kind

    @property
    def api_version(self) -> str:
        """The apiVersion of its objects: `apps/v1`, or `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def stored(self) -> bool:
        """Whether its objects are stored, so that they can be listed and created."""
        return self.verbs >= NEEDED

    def collection(self, namespace: str = "") -> str:
        """Return the path of the list of its objects, in one namespace or in all."""
        return paths.collection(self.api_version, self.plural, namespace)

    def path(self, ref: Ref) -> str:
        """Return the path of one of its objects."""
        return paths.item(self.api_version, self.plural, ref.name, ref.namespace)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApiSurface:
    """Everything that one API server serves. `version` is Kubernetes', such as `v1.29.5`.

    The versions of a group are in the order in which the server prefers them.
    """

    version: str
    resources: tuple[ApiResource, ...]

    def versions(self, group: str, kind: str) -> tuple[ApiResource, ...]:
        """Return a kind at every version, the preferred one first."""
        return tuple(resource for resource in self.resources if resource.group_kind == (group, kind))

    def preferred(self) -> dict[tuple[str, str], ApiResource]:
        """Return every stored kind at its preferred version, by group and kind."""
        preferred: dict[tuple[str, str], ApiResource] = {}
        for resource in self.resources:
            if resource.stored:
                preferred.setdefault(resource.group_kind, resource)
        # old servers show the same objects in two groups
        return {
            (group, kind): resource
            for (group, kind), resource in preferred.items()
            if group != "extensions" or (MOVED.get(kind, "apps"), kind) not in preferred
        }

    def select(self, kinds: Iterable[tuple[str, str]]) -> list[ApiResource]:
        """Return those of some kinds that are served, each at its preferred version."""
        preferred = self.preferred()
        return [preferred[kind] for kind in kinds if kind in preferred]

    def find(self, ref: Ref, version: str = "") -> ApiResource | None:
        """Return the kind of an object at a version, or by default at the preferred one."""
        return next(
            (resource for resource in self.versions(*ref.group_kind) if version in ("", resource.version)),
            None,
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class CommonApis:
    """The kinds that both clusters serve, and the source's that the target does not serve."""

    shared: tuple[ApiResource, ...]
    missing: tuple[ApiResource, ...]

    def resource(self, ref: Ref) -> ApiResource | None:
        """Return the kind of an object at the version at which it is copied."""
        return next((resource for resource in self.shared if resource.group_kind == ref.group_kind), None)


def with_definitions(surface: ApiSurface, definitions: Iterable[Mapping[str, Any]]) -> ApiSurface:
    """Return what a cluster serves once it has some CustomResourceDefinitions as well."""
    served = {resource.group_kind for resource in surface.resources}
    added = [
        ApiResource(
            group=spec["group"],
            version=version["name"],
            kind=spec["names"]["kind"],
            plural=spec["names"]["plural"],
            namespaced=spec["scope"] == "Namespaced",
        )
        for spec in (definition["spec"] for definition in definitions)
        for version in spec["versions"]
        if version.get("served", True) and (spec["group"], spec["names"]["kind"]) not in served
    ]
    return dataclasses.replace(surface, resources=(*surface.resources, *added))


def common_apis(source: ApiSurface, target: ApiSurface) -> CommonApis:
    """Return each stored kind of the source at a version that both serve, the target's first choice."""
    shared, missing = [], []
    for (group, kind), resource in source.preferred().items():
        by_version = {served.version: served for served in source.versions(group, kind)}
        both = next(
            (by_version[t.version] for t in target.versions(group, kind) if t.version in by_version), None
        )
        if both is not None:
            shared.append(both)
        else:
            missing.append(resource)
    return CommonApis(shared=tuple(shared), missing=tuple(missing))


def version_numbers(version: str) -> tuple[int, int]:
    """Return the major and minor number of a Kubernetes version; (0, 0) for what is no version."""
    match = re.match(r"v?(\d+)\.(\d+)", version)
    return (int(match[1]), int(match[2])) if match else (0, 0)
