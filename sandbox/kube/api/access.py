"""Who asks (client certificates, tokens, nobody) and what they may do (RBAC objects of the store)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import NameOID

from sandbox.kube.api.errors import unauthorized
from sandbox.kube.api.store import Store

Object = dict[str, Any]
MASTERS = "system:masters"


@dataclasses.dataclass(frozen=True)
class User:
    """Whoever sent a request."""

    name: str
    groups: frozenset[str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asked:
    """What somebody wants to do: to a resource, or to a path that is none."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    def allowed_by(self, rule: Object) -> bool:
        """Whether a rule of a role allows it
        (https://kubernetes.io/docs/reference/access-authn-authz/rbac/).
        """
        if not {"*", self.verb} & set(rule.get("verbs") or []):
            return False
        if self.path:
            return any(_covers(each, self.path) for each in rule.get("nonResourceURLs") or [])
        wanted = {"*", self.resource}
        if self.subresource:  # a subresource is none of its resource's rights
            wanted = {"*", f"{self.resource}/{self.subresource}", f"*/{self.subresource}"}
        names = rule.get("resourceNames") or []
        return bool(
            {"*", self.group} & set(rule.get("apiGroups") or [])
            and wanted & set(rule.get("resources") or [])
            and (not names or self.name in names)
        )


def _covers(pattern: str, path: str) -> bool:
    return pattern in ("*", path) or (pattern.endswith("*") and path.startswith(pattern[:-1]))


ANONYMOUS = User("system:anonymous", frozenset({"system:unauthenticated"}))


class Authenticator:
    """Finds out who sent a request, as kube-apiserver does with `--client-ca-file` and tokens."""

    def __init__(self, authority_pem: str) -> None:
        self._authority = x509.load_pem_x509_certificate(authority_pem.encode())
        self._tokens: dict[str, User] = {}
        self._certificates: dict[bytes, User] = {}

    def add_token(self, token: str, name: str, groups: Iterable[str]) -> None:
        """Let a bearer token in."""
        self._tokens[token] = User(name, frozenset({*groups, "system:authenticated"}))

    def user(self, certificate: bytes | None, authorization: str) -> User:
        """Who it is. Raises `ApiError` 401 for credentials that are not accepted."""
        if certificate is not None:
            return self._of_certificate(certificate)
        if authorization:
            scheme, _, token = authorization.partition(" ")
            found = self._tokens.get(token) if scheme.lower() == "bearer" else None
            if found is None:
                raise unauthorized()
            return found
        return ANONYMOUS

    def _of_certificate(self, der: bytes) -> User:
        known = self._certificates.get(der)
        if known is not None:
            return known
        certificate = x509.load_der_x509_certificate(der)
        now = datetime.now(UTC)
        try:
            certificate.verify_directly_issued_by(self._authority)
        except (ValueError, TypeError, InvalidSignature):
            raise unauthorized() from None
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise unauthorized()
        names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        groups = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        user = User(
            str(names[0].value) if names else "",
            frozenset({*(str(g.value) for g in groups), "system:authenticated"}),
        )
        self._certificates[der] = user
        return user


class Authoriser:
    """RBAC over the roles and bindings in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def allows(
        self,
        user: User,
        *,
        verb: str,
        group: str,
        resource: str,
        subresource: str = "",
        namespace: str = "",
        name: str = "",
    ) -> bool:
        """Whether a user may do something to a resource."""
        asked = Asked(
            verb=verb, group=group, resource=resource, subresource=subresource, namespace=namespace, name=name
        )
        return self.why(user, asked) is not None

    def why(self, user: User, asked: Asked) -> str | None:
        """By which binding a user may do something, in RBAC's words; None if it may not. Masters need
        none.
        """
        if MASTERS in user.groups:
            return ""
        for binding, subject, rules in self._bound(user, asked.namespace):
            if any(asked.allowed_by(rule) for rule in rules):
                return _reason(binding, subject)
        return None

    def _bound(self, user: User, namespace: str) -> Iterable[tuple[Object, Object, list[Object]]]:
        """The bindings of a user that count in a namespace (none: cluster-wide), each with its role's
        rules.
        """
        registry = self._store.registry
        cluster_roles = registry.named("ClusterRole")
        for binding in self._store.all_of(registry.named("ClusterRoleBinding")):
            subject = _subject(binding, user)
            if subject is not None:
                yield binding, subject, self._role(cluster_roles, None, binding["roleRef"]["name"])
        for binding in self._store.all_of(registry.named("RoleBinding"), namespace) if namespace else ():
            subject = _subject(binding, user)
            if subject is not None:
                in_namespace = binding["roleRef"]["kind"] == "Role"
                kind = registry.named("Role") if in_namespace else cluster_roles
                yield (
                    binding,
                    subject,
                    self._role(kind, namespace if in_namespace else None, binding["roleRef"]["name"]),
                )

    def _role(self, kind: Any, namespace: str | None, name: str) -> list[Object]:
        if not self._store.has(kind, namespace, name):
            return []
        return list(self._store.peek(kind, namespace, name).get("rules") or [])


def _subject(binding: Object, user: User) -> Object | None:
    """By which of its subjects a binding means a user. A ServiceAccount without a namespace is of the
    binding's.
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
    named = f"{binding['metadata']['name']}/{home}" if home else binding["metadata"]["name"]
    whom = (
        f"{subject['name']}/{subject.get('namespace') or home}"
        if subject["kind"] == "ServiceAccount"
        else subject["name"]
    )
    return (
        f'RBAC: allowed by {kind} "{named}" of {role["kind"]} "{role["name"]}" to {subject["kind"]} "{whom}"'
    )
