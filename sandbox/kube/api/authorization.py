"""What a user may do: RBAC over the roles and bindings in the store.

https://kubernetes.io/docs/reference/access-authn-authz/rbac/
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from sandbox.kube.api.authentication import User
from sandbox.kube.api.errors import ApiError
from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.store import Store
from sandbox.kube.objects import Object

MASTERS = "system:masters"


@dataclasses.dataclass(frozen=True, kw_only=True)
class AccessRequest:
    """What somebody wants to do: to a resource, or to a path that is no resource."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    def allowed_by(self, rule: Object) -> bool:
        """Tell whether a rule of a role allows it."""
        if not {"*", self.verb} & set(rule.get("verbs") or []):
            return False
        if self.path:
            return any(_covers(pattern, self.path) for pattern in rule.get("nonResourceURLs") or [])
        resources = {"*", self.resource}
        if self.subresource:  # the right to a resource is none to its subresources
            resources = {"*", f"{self.resource}/{self.subresource}", f"*/{self.subresource}"}
        names = rule.get("resourceNames") or []
        return bool(
            {"*", self.group} & set(rule.get("apiGroups") or [])
            and resources & set(rule.get("resources") or [])
            and (not names or self.name in names)
        )


class Authoriser:
    """Decides by the roles and bindings of one cluster."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def require(self, user: User, request: AccessRequest) -> None:
        """Raise the `ApiError` 403 of RBAC, unless a user may do something to a resource."""
        if self.reason(user, request) is None:
            raise _forbidden(user, request)

    def reason(self, user: User, request: AccessRequest) -> str | None:
        """Return by which binding a user may do something, in RBAC's words; None if the user may not.

        The group `system:masters` needs no binding; the text is empty then.
        """
        if MASTERS in user.groups:
            return ""
        for binding, subject, rules in self._bindings(user, request.namespace):
            if any(request.allowed_by(rule) for rule in rules):
                return _reason(binding, subject)
        return None

    def _bindings(self, user: User, namespace: str) -> Iterator[tuple[Object, Object, list[Object]]]:
        """Yield the bindings of a user that count in a namespace (empty: cluster-wide), each with the
        subject that means the user and the rules of its role.
        """
        named = self._store.registry.named
        bindings = [*self._store.all_of(named("ClusterRoleBinding"))]
        if namespace:
            bindings += self._store.all_of(named("RoleBinding"), namespace)
        for binding in bindings:
            subject = _subject(binding, user)
            if subject is None:
                continue
            role = binding["roleRef"]
            local = bool(binding["metadata"].get("namespace")) and role["kind"] == "Role"
            kind = named("Role" if local else "ClusterRole")
            yield binding, subject, self._rules(kind, namespace if local else None, role["name"])

    def _rules(self, kind: Kind, namespace: str | None, name: str) -> list[Object]:
        if not self._store.has(kind, namespace, name):
            return []
        return list(self._store.peek(kind, namespace, name).get("rules") or [])


def _covers(pattern: str, path: str) -> bool:
    return pattern in ("*", path) or (pattern.endswith("*") and path.startswith(pattern[:-1]))


def _subject(binding: Object, user: User) -> Object | None:
    """Return the subject of a binding that means a user.

    A ServiceAccount without a namespace is one of the binding's namespace.
    """
    home = binding["metadata"].get("namespace", "")
    for subject in binding.get("subjects") or []:
        kind, name = subject["kind"], subject["name"]
        account = f"system:serviceaccount:{subject.get('namespace') or home}:{name}"
        if (
            (kind == "User" and name == user.name)
            or (kind == "Group" and name in user.groups)
            or (kind == "ServiceAccount" and user.name == account)
        ):
            return dict(subject)
    return None


def _reason(binding: Object, subject: Object) -> str:
    home, role = binding["metadata"].get("namespace", ""), binding["roleRef"]
    kind = "RoleBinding" if home else "ClusterRoleBinding"
    name = f"{binding['metadata']['name']}/{home}" if home else binding["metadata"]["name"]
    whom = subject["name"]
    if subject["kind"] == "ServiceAccount":
        whom = f"{whom}/{subject.get('namespace') or home}"
    return (
        f'RBAC: allowed by {kind} "{name}" of {role["kind"]} "{role["name"]}" to {subject["kind"]} "{whom}"'
    )


def _forbidden(user: User, request: AccessRequest) -> ApiError:
    resource = f"{request.resource}/{request.subresource}" if request.subresource else request.resource
    scope = f'in the namespace "{request.namespace}"' if request.namespace else "at the cluster scope"
    qualified = f"{request.resource}.{request.group}" if request.group else request.resource
    target = f'{qualified} "{request.name}"' if request.name else qualified
    message = (
        f'{target} is forbidden: User "{user.name}" cannot {request.verb} resource "{resource}" in API group'
        f' "{request.group}" {scope}'
    )
    details = {"name": request.name, "group": request.group, "kind": request.resource}
    present = {key: value for key, value in details.items() if value}
    return ApiError(403, "Forbidden", message, details=present)
