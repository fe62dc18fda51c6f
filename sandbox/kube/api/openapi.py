"""OpenAPI v3 as far as clients read it: the kinds, and the parameters for field validation and dry runs."""

from __future__ import annotations

from sandbox.kube.api.kinds import Kind, KindRegistry
from sandbox.kube.objects import Object

ROOT = "/openapi/v3"
PARAMETERS = [
    {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
    for name in ("dryRun", "fieldManager", "fieldValidation")
]


def answer(path: str, registry: KindRegistry) -> Object | None:
    """Return the index, or the document of one group and version; None for any other path."""
    versions = {_prefix(kind).strip("/"): kind for kind in registry.all()}
    if path == ROOT:
        return {"paths": {name: {"serverRelativeURL": f"{ROOT}/{name}?hash=1"} for name in versions}}
    requested = versions.get(path.removeprefix(f"{ROOT}/"))
    if not path.startswith(f"{ROOT}/") or requested is None:
        return None
    kinds = [kind for kind in registry.all() if kind.api_version == requested.api_version]
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1"},
        "components": {"schemas": {}},
        "paths": {name: item for kind in kinds for name, item in _paths(kind).items()},
    }


def _prefix(kind: Kind) -> str:
    return f"/apis/{kind.api_version}" if kind.group else "/api/v1"


def _paths(kind: Kind) -> Object:
    base = f"{_prefix(kind)}/namespaces/{{namespace}}" if kind.namespaced else _prefix(kind)
    named = {"group": kind.group, "version": kind.version, "kind": kind.kind}

    def operation(action: str) -> Object:
        return {
            "parameters": PARAMETERS,
            "responses": {"200": {"description": "OK"}},
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": named,
        }

    return {
        f"{base}/{kind.plural}": {"post": operation("post")},
        f"{base}/{kind.plural}/{{name}}": {"put": operation("put"), "patch": operation("patch")},
    }
