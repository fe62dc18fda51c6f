"""What a path of the API means: a kind, a namespace, a name and a subresource."""

from __future__ import annotations

import dataclasses

from sandbox.kube.api import access_reviews
from sandbox.kube.api.authorization import AccessRequest
from sandbox.kube.api.kinds import Kind, KindRegistry
from sandbox.kube.objects import Object

VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
REVIEWS = "authorization.k8s.io"


@dataclasses.dataclass(frozen=True)
class Target:
    """The object or collection that a request is for; empty texts for what its path does not name."""

    kind: Kind
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    version: str = ""  # the apiVersion that was asked for, where the objects are stored under another

    def convert(self, obj: Object) -> Object:
        """Return an object in the version that was asked for."""
        return {**obj, "apiVersion": self.version} if self.version else obj

    def access(self, verb: str) -> AccessRequest:
        """Return what RBAC is asked for a request."""
        return AccessRequest(
            verb=verb,
            group=self.kind.group,
            resource=self.kind.plural,
            subresource=self.subresource,
            namespace=self.namespace,
            name=self.name,
        )

    def verb(self, method: str, *, watch: bool = False) -> str:
        """Return the verb that an HTTP method stands for."""
        if method == "GET":
            return "get" if self.name else "watch" if watch else "list"
        if self.subresource == "exec":
            return "create"
        return "deletecollection" if method == "DELETE" and not self.name else VERBS[method]


def resolve(path: str, registry: KindRegistry) -> Target | None:
    """Return the target of a path below `/api/v1` or `/apis`; None for a path that is none."""
    parts = path.strip("/").split("/")
    if parts[:2] == ["api", "v1"]:
        group, version, rest = "", "v1", parts[2:]
    elif parts[0] == "apis" and len(parts) >= 4:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    if group == REVIEWS and rest[0] in access_reviews.KINDS:
        return Target(Kind(group, version, access_reviews.KINDS[rest[0]], rest[0], namespaced=False))
    namespace = ""
    if rest[0] == "namespaces" and len(rest) >= 3 and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    kind, asked_version = registry.find(group, version, rest[0]), ""
    if kind is not None and kind.stored:
        asked_version, kind = kind.api_version, registry.find(group, kind.stored, rest[0])
    if kind is None or len(rest) > 3:
        return None
    _, name, subresource = [*rest, "", ""][:3]
    return Target(kind, namespace, name, subresource, asked_version)
