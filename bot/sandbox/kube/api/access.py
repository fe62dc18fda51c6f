"""Who asks (client certificates, tokens, nobody) and what they may do (RBAC objects of the store)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import NameOID

from bot.sandbox.kube.api.errors import unauthorized
from bot.sandbox.kube.api.store import Store

Object = dict[str, Any]
MASTERS = "system:masters"


@dataclasses.dataclass(frozen=True)
class User:
    """Whoever sent a request."""

    name: str
    groups: frozenset[str]


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
            str(names[0].value) if names else "", frozenset({*(str(g.value) for g in groups), "system:authenticated"})
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
        if MASTERS in user.groups:
            return True
        wanted = f"{resource}/{subresource}" if subresource else resource
        return any(_rule_allows(rule, verb, group, wanted, name) for rule in self._rules(user, namespace))

    def allows_path(self, user: User, *, verb: str, path: str) -> bool:
        """Whether a user may read a path that is no resource (discovery, health, version)."""
        return (
            path in ("/healthz", "/readyz", "/livez", "/livez/ping", "/version")
            or user is not ANONYMOUS
            or verb == "never"
        )

    def _rules(self, user: User, namespace: str) -> Iterable[Object]:
        registry = self._store.registry
        cluster_roles = registry.named("ClusterRole")
        for binding in self._store.all_of(registry.named("ClusterRoleBinding")):
            if _binds(binding, user):
                yield from self._role(cluster_roles, None, binding["roleRef"]["name"])
        if namespace:
            for binding in self._store.all_of(registry.named("RoleBinding"), namespace):
                if _binds(binding, user):
                    in_namespace = binding["roleRef"]["kind"] == "Role"
                    kind = registry.named("Role") if in_namespace else cluster_roles
                    yield from self._role(kind, namespace if in_namespace else None, binding["roleRef"]["name"])

    def _role(self, kind: Any, namespace: str | None, name: str) -> list[Object]:
        if not self._store.has(kind, namespace, name):
            return []
        return list(self._store.peek(kind, namespace, name).get("rules") or [])


def _binds(binding: Object, user: User) -> bool:
    for subject in binding.get("subjects") or []:
        kind, name = subject["kind"], subject["name"]
        if kind == "User" and name == user.name:
            return True
        if kind == "Group" and name in user.groups:
            return True
        if kind == "ServiceAccount" and user.name == f"system:serviceaccount:{subject.get('namespace', '')}:{name}":
            return True
    return False


def _rule_allows(rule: Object, verb: str, group: str, resource: str, name: str) -> bool:
    def has(field: str, value: str) -> bool:
        found = rule.get(field) or []
        return "*" in found or value in found

    names = rule.get("resourceNames") or []
    return (
        has("verbs", verb) and has("apiGroups", group) and has("resources", resource) and (not names or name in names)
    )
