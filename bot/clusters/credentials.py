"""How the bot gets into a cluster: a certificate that Magnum signs, or a kubeconfig file.

The private key is created here and stays in memory. It is EC P-256, because creating one takes a thousandth
of an RSA key's time, which matters with fifty verifications at once. A certificate is requested once per
cluster and process, and again before it expires or when the cluster has another address.
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
    """What is asked of Magnum; all of it raises `MagnumError`."""

    def authority(self, cluster: str) -> str:
        """Return the CA certificate of a cluster, PEM."""
        ...

    def sign(self, cluster: str, csr: str) -> str:
        """Return a certificate for a signing request, PEM."""
        ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class _CachedEndpoint:
    endpoint: Endpoint
    until: datetime


class Credentials:
    """Endpoints of the clusters of one project. Thread-safe."""

    def __init__(
        self,
        signer: Signer | None,
        *,
        group: str,
        now: Callable[[], datetime],
        learn: Callable[[SecretStr], None] = lambda _secret: None,
    ) -> None:
        """`group` is the Kubernetes group that certificates ask for.

        `learn` is given every key and token, so that they can be kept out of messages and logs.
        """
        self._signer = signer
        self._group = group
        self._now = now
        self._learn = learn
        self._cache: dict[str, _CachedEndpoint] = {}
        self._lock = threading.Lock()

    def signed_by(self, signer: Signer | None) -> Credentials:
        """Return a view with the same cache that sends its requests through another view of the cloud."""
        view = copy.copy(self)
        view._signer = signer
        return view

    def endpoint(self, cluster: Cluster) -> Endpoint:
        """Return how to reach a cluster's API. Raises `NoCredentials`, `MagnumError` or another `Problem`."""
        if cluster.kubeconfig is not None:
            endpoint = endpoint_from_kubeconfig(cluster.kubeconfig, cluster.context)
            for secret in endpoint.secrets():
                self._learn(secret)
            return endpoint
        with self._lock:
            cached = self._cache.get(cluster.id)
        if cached and self._now() < cached.until and cached.endpoint.server == cluster.api_address:
            return cached.endpoint
        fresh = self._request(cluster)
        with self._lock:
            self._cache[cluster.id] = fresh
        return fresh.endpoint

    def _request(self, cluster: Cluster) -> _CachedEndpoint:
        if not cluster.api_address and self._signer is not None:
            raise NoCredentials(
                f"{cluster.name} has no API address yet",
                why=f"its status is {cluster.status or 'unknown'}",
                fix=f"Wait until it is CREATE_COMPLETE: `/xk8s cluster show {cluster.name}`.",
            )
        key, csr = _create_key_and_csr(self._group)
        self._learn(key)
        authority, certificate = self._signed(cluster, csr)
        expires = _check_certificate(certificate, key, authority, cluster)
        endpoint = Endpoint(
            server=cluster.api_address,
            ca_pem=authority,
            client_certificate_pem=certificate,
            client_key_pem=key,
        )
        return _CachedEndpoint(
            endpoint=endpoint, until=min(expires - RENEW_BEFORE, self._now() + LONGEST_USE)
        )

    def _signed(self, cluster: Cluster, csr: str) -> tuple[str, str]:
        """Return the cluster's CA certificate and one for the signing request."""
        use_kubeconfig = (
            f"give a kubeconfig file: `projects.{cluster.project}.clusters.{cluster.name}.kubeconfig`."
        )
        if self._signer is None:
            raise NoCredentials(f"There are no credentials for {cluster.name}", fix=use_kubeconfig)
        try:
            return self._signer.authority(cluster.id), self._signer.sign(cluster.id, csr)
        except MagnumForbidden as error:
            raise NoCredentials(
                f"Magnum signs certificates of {cluster.name} only for whoever created it",
                why=error.why,
                fix=f"Use the creator's application credential in clouds.yaml, or {use_kubeconfig}",
            ) from error
        except MagnumNotFound as error:
            raise NoCredentials(
                f"{cluster.name} has no certificates yet",
                why=error.why,
                fix="It is still being created: try again later.",
            ) from error


def _create_key_and_csr(group: str) -> tuple[SecretStr, str]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, USER), x509.NameAttribute(NameOID.ORGANIZATION_NAME, group)]
    )
    csr = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SecretStr(pem.decode()), csr.public_bytes(serialization.Encoding.PEM).decode()


def _check_certificate(certificate: str, key: SecretStr, authority: str, cluster: Cluster) -> datetime:
    """Check that a certificate is for our key and signed by the cluster's CA; return when it expires."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import serialization

    try:
        signed = x509.load_pem_x509_certificate(certificate.encode())
        private_key = serialization.load_pem_private_key(key.get_secret_value().encode(), password=None)
        signed.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.encode()))
        if signed.public_key() != private_key.public_key():
            raise ValueError("it is for another key")
    except (ValueError, TypeError, InvalidSignature) as error:
        raise MagnumError(
            f"The certificate that Magnum gave for {cluster.name} cannot be used",
            why=str(error) or "it is not signed by the cluster's CA",
            fix="Try again; if it stays, the cluster's CA may be being rotated.",
        ) from error
    return signed.not_valid_after_utc
