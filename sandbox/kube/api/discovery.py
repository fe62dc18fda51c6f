"""The discovery endpoints: which groups, versions and kinds the server serves.

https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
"""

from __future__ import annotations

from sandbox.kube.api.kinds import Kind, KindRegistry
from sandbox.kube.objects import Object

ALL_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
BETA = "v2beta1"
ALL = frozenset(  # what `kubectl get all` means
    {
        "Pod",
        "Service",
        "Deployment",
        "ReplicaSet",
        "StatefulSet",
        "DaemonSet",
        "Job",
        "CronJob",
        "HorizontalPodAutoscaler",
    }
)


def answer(path: str, registry: KindRegistry, version: str, accept: str) -> tuple[Object, str] | None:
    """Return the body and content type of a discovery path; None for any other path.

    `version` is the cluster's version of Kubernetes.
    """
    if path == "/version":
        return _version(version), "application/json"
    aggregated = _aggregated_version(accept)
    if path in ("/api", "/apis") and aggregated:
        return _aggregated(registry, aggregated, core=path == "/api"), AGGREGATED.format(version=aggregated)
    if path == "/api":
        versions = {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
        return versions, "application/json"
    if path == "/apis":
        groups = [_group(group, registry) for group in _groups(registry)]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}, "application/json"
    parts = path.strip("/").split("/")
    if parts == ["api", "v1"]:
        return _resources("v1", _kinds(registry, "", "v1")), "application/json"
    if parts[0] == "apis" and len(parts) == 3:
        kinds = _kinds(registry, parts[1], parts[2])
        return (_resources(f"{parts[1]}/{parts[2]}", kinds), "application/json") if kinds else None
    if parts[0] == "apis" and len(parts) == 2 and parts[1] in _groups(registry):
        return {"kind": "APIGroup", "apiVersion": "v1", **_group(parts[1], registry)}, "application/json"
    return None


def _aggregated_version(accept: str) -> str:
    """Return the version of aggregated discovery that a client prefers; empty if it accepts none."""
    for part in accept.split(","):
        if "as=APIGroupDiscoveryList" in part:
            return BETA if f"v={BETA}" in part else "v2"
    return ""


def _version(version: str) -> Object:
    major, minor = version.lstrip("v").split(".")[:2]
    return {
        "major": major,
        "minor": minor,
        "gitVersion": version,
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "",
        "goVersion": "go1.21",
        "compiler": "gc",
        "platform": "linux/amd64",
    }


def _groups(registry: KindRegistry) -> list[str]:
    return list(dict.fromkeys(kind.group for kind in registry.all() if kind.group))


def _versions(registry: KindRegistry, group: str) -> list[str]:
    return list(dict.fromkeys(kind.version for kind in registry.all() if kind.group == group))


def _kinds(registry: KindRegistry, group: str, version: str) -> list[Kind]:
    return [kind for kind in registry.all() if (kind.group, kind.version) == (group, version)]


def _group(group: str, registry: KindRegistry) -> Object:
    versions = [
        {"groupVersion": f"{group}/{version}", "version": version} for version in _versions(registry, group)
    ]
    return {"name": group, "versions": versions, "preferredVersion": versions[0]}


def _resources(group_version: str, kinds: list[Kind]) -> Object:
    resources: list[Object] = []
    for kind in kinds:
        resource: Object = {
            "name": kind.plural,
            "singularName": kind.singular,
            "namespaced": kind.namespaced,
            "kind": kind.kind,
            "verbs": ALL_VERBS,
        }
        if kind.kind in ALL:
            resource["categories"] = ["all"]
        if kind.short:
            resource["shortNames"] = list(kind.short)
        resources.append(resource)
        resources += [
            {
                "name": f"{kind.plural}/{sub}",
                "singularName": "",
                "namespaced": kind.namespaced,
                "kind": kind.kind,
                "verbs": ["get", "patch", "update"],
            }
            for sub in kind.subresources
        ]
    core = {"kind": "APIResourceList", "groupVersion": group_version, "resources": resources}
    return core if "/" not in group_version else {"apiVersion": "v1", **core}


def _aggregated(registry: KindRegistry, answered: str, *, core: bool) -> Object:
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"apidiscovery.k8s.io/{answered}",
        "metadata": {},
        "items": [_aggregated_group(registry, group) for group in ([""] if core else _groups(registry))],
    }


def _aggregated_group(registry: KindRegistry, group: str) -> Object:
    versions = [
        {
            "version": version,
            "freshness": "Current",
            "resources": [_discovered(kind) for kind in _kinds(registry, group, version)],
        }
        for version in _versions(registry, group)
    ]
    return {"metadata": {"name": group}, "versions": versions}


def _discovered(kind: Kind) -> Object:
    return {
        "resource": kind.plural,
        "responseKind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": ALL_VERBS,
        "shortNames": list(kind.short),
        "categories": ["all"] if kind.kind in ALL else [],
        "subresources": [
            {
                "subresource": sub,
                "responseKind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
                "verbs": ["create"] if sub in ("eviction", "binding") else ["get", "patch", "update"],
            }
            for sub in kind.subresources
        ],
    }
