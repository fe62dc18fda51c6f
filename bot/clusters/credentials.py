"""How the bot gets into a cluster: a certificate that Magnum signs, or a kubeconfig file.

The key is made here, stays in memory, and is EC P-256: making one takes a thousandth of an RSA key's
time, which matters with fifty verifications at once. The certificate is asked for once per cluster and
process, and again before it expires or when it is no longer accepted.
"""

from __future__ import annotations

import copy
import dataclasses
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import SecretStr

from bot.adapters.kube.connection import Endpoint, endpoint_from_kubeconfig
from bot.adapters.openstack.magnum_errors import MagnumError, MagnumForbidden, MagnumNotFound
from bot.clusters.cluster import Cluster
from bot.common.problems import Problem

USER = "xk8s"
RENEW_BEFORE = timedelta(hours=1)
LONGEST_USE = timedelta(hours=12)  # Magnum signs for five years; a shorter life limits what a dump is worth


class NoCredentials(Problem):
    """The bot cannot get into a cluster."""


class Signer(Protocol):
    """What is asked of Magnum."""

    def authority(self, cluster: str) -> str: ...

    def sign(self, cluster: str, csr: str) -> str: ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Held:
    endpoint: Endpoint
    until: datetime


class Credentials:
    """Endpoints of clusters; certificates are kept in memory."""

    def __init__(
        self,
        signer: Signer | None,
        *,
        group: str,
        now: Callable[[], datetime],
        learn: Callable[[SecretStr], None] = lambda _secret: None,
    ) -> None:
        """`learn` is told every key and token, so that they can be hidden."""
        self._learn = learn
        self._signer = signer
        self._group = group
        self._now = now
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()

    def signed_by(self, signer: Signer | None) -> Credentials:
        """The same certificates, asked for through another view of the same cloud."""
        bound = copy.copy(self)
        bound._signer = signer
        return bound

    def endpoint(self, cluster: Cluster) -> Endpoint:
        """How to reach a cluster's API. Raises `Problem`."""
        if cluster.kubeconfig is not None:
            return self._learned(endpoint_from_kubeconfig(cluster.kubeconfig, cluster.context))
        with self._lock:
            held = self._held.get(cluster.id)
        if held is not None and self._now() < held.until and held.endpoint.server == cluster.api_address:
            return held.endpoint
        fresh = self._ask(cluster)
        with self._lock:
            self._held[cluster.id] = fresh
        return fresh.endpoint

    def _learned(self, endpoint: Endpoint) -> Endpoint:
        for secret in endpoint.secrets():
            self._learn(secret)
        return endpoint

    def _ask(self, cluster: Cluster) -> _Held:
        if self._signer is None:
            raise NoCredentials(f"There are no credentials for {cluster.name}", fix=_kubeconfig_hint(cluster))
        if not cluster.api_address:
            state = cluster.status or "unknown"
            raise NoCredentials(
                f"{cluster.name} has no API address yet",
                why=f"its status is {state}",
                fix=f"Wait until it is CREATE_COMPLETE: `/xk8s cluster show {cluster.name}`.",
            )
        key, csr = _key_and_request(self._group)
        self._learn(key)
        try:
            authority = self._signer.authority(cluster.id)
            certificate = self._signer.sign(cluster.id, csr)
        except MagnumForbidden as refused:
            raise NoCredentials(
                f"Magnum signs certificates of {cluster.name} only for whoever created it",
                why=refused.why,
                fix=(
                    f"Use the creator's application credential in clouds.yaml, or {_kubeconfig_hint(cluster)}"
                ),
            ) from refused
        except MagnumNotFound as early:
            raise NoCredentials(
                f"{cluster.name} has no certificates yet",
                why=early.why,
                fix="It is still being created: try again later.",
            ) from early
        expires = _checked(certificate, key, authority, cluster)
        until = min(expires - RENEW_BEFORE, self._now() + LONGEST_USE)
        endpoint = Endpoint(
            server=cluster.api_address,
            ca_pem=authority,
            client_certificate_pem=certificate,
            client_key_pem=key,
        )
        return _Held(endpoint=endpoint, until=until)


def _kubeconfig_hint(cluster: Cluster) -> str:
    return f"give a kubeconfig file: `projects.{cluster.project}.clusters.{cluster.name}.kubeconfig`."


def _key_and_request(group: str) -> tuple[SecretStr, str]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, USER), x509.NameAttribute(NameOID.ORGANIZATION_NAME, group)]
    )
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SecretStr(pem.decode()), request.public_bytes(serialization.Encoding.PEM).decode()


def _checked(certificate: str, key: SecretStr, authority: str, cluster: Cluster) -> datetime:
    """Check that a certificate is for our key and of the cluster's CA; return when it expires."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import serialization

    try:
        signed = x509.load_pem_x509_certificate(certificate.encode())
        issuer = x509.load_pem_x509_certificate(authority.encode())
        own = serialization.load_pem_private_key(key.get_secret_value().encode(), password=None)
        signed.verify_directly_issued_by(issuer)
        if signed.public_key() != own.public_key():
            raise ValueError("it is for another key")
    except (ValueError, TypeError, InvalidSignature) as error:
        raise MagnumError(
            f"The certificate that Magnum gave for {cluster.name} cannot be used",
            why=str(error) or "it is not signed by the cluster's CA",
            fix="Try again; if it stays, the cluster's CA may be being rotated.",
        ) from error
    return signed.not_valid_after_utc
