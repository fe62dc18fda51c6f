"""Asks an API server which kinds and versions it serves, by aggregated discovery where it has that.

Source: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from bot.adapters.json_decoders import decoder_of
from bot.adapters.kube.client import KubeClient
from bot.adapters.kube.errors import BadAnswer, KubeError, NotFound
from bot.migration.inventory.served_apis import ApiResource, ApiSurface

AGGREGATED = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    for version in ("v2", "v2beta1")
)
ACCEPT = f"{AGGREGATED},application/json"


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


def discover(kube: KubeClient) -> ApiSurface:
    """Ask a cluster what it serves.

    That takes three requests, or one for each group version of a server without aggregated discovery.
    Raises `KubeError`.
    """
    version = decoder_of(_GitVersion).decode(kube.request("GET", "/version", doing="tell its version"))
    resources = [resource for root in ("/api", "/apis") for resource in _resources(kube, root)]
    if not resources:
        raise BadAnswer(
            "The Kubernetes API names no kind that it serves",
            why=kube.endpoint.server,
            fix="Check that the address is a Kubernetes API.",
        )
    return ApiSurface(version=version.git_version, resources=tuple(resources))


def _resources(kube: KubeClient, root: str) -> Iterable[ApiResource]:
    data = kube.exchange("GET", root, doing="tell what it serves", accept=ACCEPT).data
    try:
        groups = decoder_of(_Aggregated).decode(data).items
    except msgspec.ValidationError:
        return _one_by_one(kube, msgspec.json.decode(data))
    return [resource for group in groups for resource in _of_group(group)]


def _of_group(group: _Group) -> Iterator[ApiResource]:
    for version in group.versions:
        for resource in version.resources:
            if resource.response_kind is not None and resource.response_kind.kind:
                yield ApiResource(
                    group=group.metadata.name,
                    version=version.version,
                    kind=resource.response_kind.kind,
                    plural=resource.resource,
                    namespaced=resource.scope == "Namespaced",
                    verbs=frozenset(resource.verbs),
                )


def _one_by_one(kube: KubeClient, groups: Mapping[str, Any]) -> Iterator[ApiResource]:
    """Discover a server older than 1.26: a list of groups, then one request for each group version."""
    for group, version in _group_versions(groups):
        path = f"/apis/{group}/{version}" if group else f"/api/{version}"
        try:
            answer = msgspec.json.decode(kube.request("GET", path, doing=f"tell what {group}/{version} is"))
        except NotFound:
            continue
        except KubeError:
            if not group:
                raise
            continue  # an aggregated API that is down; its kinds are then missing, as in kubectl
        for resource in answer.get("resources") or []:
            if "/" not in resource["name"]:  # no subresource
                yield ApiResource(
                    group=group,
                    version=version,
                    kind=resource["kind"],
                    plural=resource["name"],
                    namespaced=bool(resource["namespaced"]),
                    verbs=frozenset(resource.get("verbs") or ()),
                )


def _group_versions(groups: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the group versions of an APIVersions or APIGroupList, the preferred of a group first."""
    if groups.get("kind") == "APIVersions":
        yield from (("", version) for version in groups.get("versions") or [])
        return
    for group in groups.get("groups") or []:
        preferred = (group.get("preferredVersion") or {}).get("version")
        versions = [entry["version"] for entry in group.get("versions") or []]
        for version in sorted(versions, key=lambda version: bool(version != preferred)):
            yield group["name"], version
