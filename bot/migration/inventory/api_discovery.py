"""What a cluster's API serves, from aggregated discovery, and at which version two clusters understand each
other.

Every object is read at a version that both serve, the target's preferred one if the source has it too: the
source's API server then converts built-in kinds by itself.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from bot.adapters.kube import paths
from bot.adapters.kube.client import Kube
from bot.adapters.kube.errors import BadAnswer, KubeError, NotFound
from bot.migration.objects.manifest import Ref

AGGREGATED = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    for version in ("v2", "v2beta1")
)
ACCEPT = f"{AGGREGATED},application/json"
MOVED = {
    "Ingress": "networking.k8s.io",
    "NetworkPolicy": "networking.k8s.io",
}  # the others of `extensions` went to apps
NEEDED = frozenset(
    {"list", "create", "patch"}
)  # without these a kind is no stored object (TokenReview, Binding)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApiResource:
    """One kind at one version as an API serves it."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str] = NEEDED

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def stored(self) -> bool:
        """Whether it is a kind of objects that are listed and made."""
        return self.verbs >= NEEDED

    def collection(self, namespace: str = "") -> str:
        """The path of its list."""
        return paths.collection(self.api_version, self.plural, namespace)

    def path(self, ref: Ref) -> str:
        """The path of one of its objects."""
        return paths.item(self.api_version, self.plural, ref.name, ref.namespace)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApiSurface:
    """Everything that one API serves; versions of a group in the order in which the server prefers them."""

    version: str  # of Kubernetes, such as `v1.29.5`
    resources: tuple[ApiResource, ...]

    def versions(self, group: str, kind: str) -> tuple[ApiResource, ...]:
        """A kind at every version, the preferred one first."""
        return tuple(each for each in self.resources if (each.group, each.kind) == (group, kind))

    def preferred(self) -> dict[tuple[str, str], ApiResource]:
        """Every stored kind at its preferred version."""
        found: dict[tuple[str, str], ApiResource] = {}
        for each in self.resources:
            if each.stored:
                found.setdefault((each.group, each.kind), each)
        # old servers show the same objects in two groups
        return {
            (group, kind): each
            for (group, kind), each in found.items()
            if group != "extensions" or (MOVED.get(kind, "apps"), kind) not in found
        }

    def find(self, ref: Ref, version: str = "") -> ApiResource | None:
        """The kind of an object, at a version or the preferred one."""
        return next(
            (each for each in self.versions(ref.group, ref.kind) if version in ("", each.version)), None
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class CommonApis:
    """The kinds that can be carried over, and those of the source that the target does not serve."""

    shared: tuple[ApiResource, ...]
    missing: tuple[ApiResource, ...]

    def resource(self, ref: Ref) -> ApiResource | None:
        """The version at which an object is carried over."""
        return next((each for each in self.shared if (each.group, each.kind) == (ref.group, ref.kind)), None)


def defined(surface: ApiSurface, definitions: Iterable[Mapping[str, Any]]) -> ApiSurface:
    """What a cluster serves once it has some CustomResourceDefinitions as well."""
    have = {(each.group, each.kind) for each in surface.resources}
    added = [
        ApiResource(
            group=spec["group"],
            version=version["name"],
            kind=spec["names"]["kind"],
            plural=spec["names"]["plural"],
            namespaced=spec["scope"] == "Namespaced",
        )
        for spec in (each["spec"] for each in definitions)
        for version in spec["versions"]
        if version.get("served", True) and (spec["group"], spec["names"]["kind"]) not in have
    ]
    return dataclasses.replace(surface, resources=(*surface.resources, *added))


def common_apis(source: ApiSurface, target: ApiSurface) -> CommonApis:
    """The version of each stored kind that both serve, the target's preferred one if possible."""
    shared, missing = [], []
    for (group, kind), own in source.preferred().items():
        have = {each.version: each for each in source.versions(group, kind)}
        both = next((each for each in target.versions(group, kind) if each.version in have), None)
        if both is not None:
            shared.append(have[both.version])
        else:
            missing.append(own)
    return CommonApis(shared=tuple(shared), missing=tuple(missing))


class _Kind(msgspec.Struct):
    group: str = ""
    version: str = ""
    kind: str = ""


class _Resource(msgspec.Struct, rename="camel"):
    resource: str
    response_kind: _Kind | None = None
    scope: str = "Namespaced"
    verbs: list[str] = []


class _Version(msgspec.Struct):
    version: str
    resources: list[_Resource] = []


class _Meta(msgspec.Struct):
    name: str = ""


class _Group(msgspec.Struct):
    metadata: _Meta = msgspec.field(default_factory=_Meta)
    versions: list[_Version] = []


class _Aggregated(msgspec.Struct):
    items: list[_Group]


class _GitVersion(msgspec.Struct, rename="camel"):
    git_version: str = ""


def discover(kube: Kube) -> ApiSurface:
    """Ask a cluster what it serves: two requests, or one per group version of an API without aggregated
    discovery.

    Raises `KubeError`.
    """
    version = msgspec.json.decode(kube.request("GET", "/version", doing="tell its version"), type=_GitVersion)
    found: list[ApiResource] = []
    for root in ("/api", "/apis"):
        data = kube.exchange("GET", root, doing="tell what it serves", accept=ACCEPT).data
        try:
            groups = msgspec.json.decode(data, type=_Aggregated).items
        except msgspec.ValidationError:
            found += _one_by_one(kube, msgspec.json.decode(data))
        else:
            found += [made for group in groups for made in _of_group(group)]
    if not found:
        raise BadAnswer(
            "The Kubernetes API names no kind that it serves",
            why=kube.endpoint.server,
            fix="Check that the address is a Kubernetes API.",
        )
    return ApiSurface(version=version.git_version, resources=tuple(found))


def _of_group(group: _Group) -> Iterable[ApiResource]:
    for version in group.versions:
        for each in version.resources:
            if each.response_kind is not None and each.response_kind.kind:
                yield ApiResource(
                    group=group.metadata.name,
                    version=version.version,
                    kind=each.response_kind.kind,
                    plural=each.resource,
                    namespaced=each.scope == "Namespaced",
                    verbs=frozenset(each.verbs),
                )


def _one_by_one(kube: Kube, listed: Mapping[str, Any]) -> Iterable[ApiResource]:
    """Discovery of servers older than 1.26: a list of groups, then one request per group version."""
    if listed.get("kind") == "APIVersions":
        wanted = [("", version) for version in listed.get("versions") or []]
    else:
        wanted = [
            (group["name"], version["version"])
            for group in listed.get("groups") or []
            for version in _preferred_first(group)
        ]
    for group, version in wanted:
        at = f"/apis/{group}/{version}" if group else f"/api/{version}"
        try:
            answer = msgspec.json.decode(kube.request("GET", at, doing=f"tell what {group}/{version} is"))
        except NotFound:
            continue
        except KubeError:
            if not group:
                raise
            continue  # an aggregated API that is down; its kinds are then missing, as in kubectl
        for each in answer.get("resources") or []:
            if "/" not in each["name"]:
                yield ApiResource(
                    group=group,
                    version=version,
                    kind=each["kind"],
                    plural=each["name"],
                    namespaced=bool(each["namespaced"]),
                    verbs=frozenset(each.get("verbs") or ()),
                )


def _preferred_first(group: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    first = (group.get("preferredVersion") or {}).get("version")
    return sorted(group.get("versions") or [], key=lambda each: each["version"] != first)


def numbers(version: str) -> tuple[int, int]:
    """`v1.29.5` as (1, 29); (0, 0) for what is no version."""
    found = re.match(r"v?(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)
