"""Who sent a request: a client certificate of the cluster's CA, a bearer token, or nobody.

kube-apiserver does this with `--client-ca-file` and its token authenticators
(https://kubernetes.io/docs/reference/access-authn-authz/authentication/).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import NameOID

from sandbox.kube.api.errors import unauthorized

AUTHENTICATED = "system:authenticated"


@dataclasses.dataclass(frozen=True)
class User:
    """The user of a request."""

    name: str
    groups: frozenset[str]


ANONYMOUS = User("system:anonymous", frozenset({"system:unauthenticated"}))


class Authenticator:
    """Finds the user of a request by its credentials."""

    def __init__(self, authority_pem: str) -> None:
        self._authority = x509.load_pem_x509_certificate(authority_pem.encode())
        self._tokens: dict[str, User] = {}
        self._certificates: dict[bytes, User] = {}

    def add_token(self, token: str, name: str, groups: Iterable[str]) -> None:
        """Accept a bearer token from now on."""
        self._tokens[token] = User(name, frozenset({*groups, AUTHENTICATED}))

    def user(self, certificate: bytes | None, authorization: str) -> User:
        """Return the user of a certificate (DER) or an Authorization header; without both, the anonymous one.

        Raises `ApiError` 401 for credentials that are not accepted.
        """
        if certificate is not None:
            return self._certificate_user(certificate)
        if authorization:
            scheme, _, token = authorization.partition(" ")
            if scheme.lower() != "bearer" or token not in self._tokens:
                raise unauthorized()
            return self._tokens[token]
        return ANONYMOUS

    def _certificate_user(self, der: bytes) -> User:
        if der not in self._certificates:
            certificate = x509.load_der_x509_certificate(der)
            try:
                certificate.verify_directly_issued_by(self._authority)
            except (ValueError, TypeError, InvalidSignature):
                raise unauthorized() from None
            if not certificate.not_valid_before_utc <= datetime.now(UTC) <= certificate.not_valid_after_utc:
                raise unauthorized()
            names = _attributes(certificate, NameOID.COMMON_NAME)
            groups = _attributes(certificate, NameOID.ORGANIZATION_NAME)
            self._certificates[der] = User(names[0] if names else "", frozenset({*groups, AUTHENTICATED}))
        return self._certificates[der]


def _attributes(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> list[str]:
    return [str(attribute.value) for attribute in certificate.subject.get_attributes_for_oid(oid)]
