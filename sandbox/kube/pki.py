"""A cluster's certificate authority, as Magnum makes it.

Its certificates lack the Authority Key Identifier, which Python's `VERIFY_X509_STRICT` insists on.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

FIVE_YEARS = timedelta(days=5 * 365)


class CertificateAuthority:
    """Signs certificates for one cluster."""

    def __init__(self, common_name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        now = datetime.now(UTC)
        self._certificate = (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + FIVE_YEARS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        """The certificate of the CA."""
        return _pem(self._certificate)

    def sign(self, csr_pem: str) -> str:
        """Return a certificate for a CSR (both PEM). Raises `ValueError` for what is no CSR."""
        request = x509.load_pem_x509_csr(csr_pem.encode())
        return _pem(
            self._issue(request.subject, request.public_key()).sign(self._key, hashes.SHA256())
        ).rstrip("\n")

    def server(self, host: str) -> tuple[str, str]:
        """Return a certificate and key (PEM) for a server at an IP address."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kube-apiserver")])
        names = x509.SubjectAlternativeName(
            [
                x509.IPAddress(ipaddress.ip_address(host)),
                x509.DNSName("kubernetes"),
                x509.DNSName("localhost"),
            ]
        )
        certificate = (
            self._issue(name, key.public_key())
            .add_extension(names, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return _pem(certificate), pem.decode()

    def _issue(self, subject: x509.Name, key: object) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)  # type: ignore[arg-type]
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + FIVE_YEARS)
        )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
