"""A kubeconfig becomes an endpoint, and its secrets stay out of sight."""

from __future__ import annotations

import base64
import datetime
import pathlib
import ssl
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from bot.adapters.kube.connection import BadKubeconfig, Endpoint, endpoint_from_kubeconfig


def key_pair() -> tuple[str, str]:
    """A self-signed certificate and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "admin")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), pem.decode()


CERTIFICATE, KEY = key_pair()


def kubeconfig(folder: pathlib.Path, cluster: dict[str, Any], user: dict[str, Any]) -> pathlib.Path:
    path = folder / "edge.kubeconfig"
    context = {"name": "edge", "context": {"cluster": "edge", "user": "admin"}}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "edge", "cluster": {"server": "https://10.0.0.1:6443", **cluster}}],
        "users": [{"name": "admin", "user": user}],
        "contexts": [context, {**context, "name": "other", "context": {"cluster": "gone", "user": "admin"}}],
        "current-context": "edge",
    }
    path.write_text(yaml.safe_dump(document))
    return path


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_token_and_a_server_name_are_read(tmp_path: pathlib.Path) -> None:
    path = kubeconfig(tmp_path, {"tls-server-name": "api.shop"}, {"token": "secret-token"})
    endpoint = endpoint_from_kubeconfig(path)
    assert (endpoint.server, endpoint.server_name) == ("https://10.0.0.1:6443", "api.shop")
    assert endpoint.headers() == {"Authorization": "Bearer secret-token"}
    assert [secret.get_secret_value() for secret in endpoint.secrets()] == ["secret-token"]
    assert "secret-token" not in repr(endpoint)


def test_certificates_inside_the_file_are_read(tmp_path: pathlib.Path) -> None:
    user = {"client-certificate-data": b64(CERTIFICATE), "client-key-data": b64(KEY)}
    endpoint = endpoint_from_kubeconfig(
        kubeconfig(tmp_path, {"certificate-authority-data": b64(CERTIFICATE)}, user)
    )
    assert (endpoint.ca_pem, endpoint.client_certificate_pem) == (CERTIFICATE, CERTIFICATE)
    assert endpoint.client_key_pem is not None and endpoint.client_key_pem.get_secret_value() == KEY
    assert endpoint.headers() == {} and "PRIVATE KEY" not in repr(endpoint)
    assert endpoint.secrets() == (endpoint.client_key_pem,)


@pytest.mark.parametrize("text", ["", "{", "apiVersion: v1\n", "- a list\n"])
def test_a_file_that_is_no_kubeconfig_is_refused(tmp_path: pathlib.Path, text: str) -> None:
    path = tmp_path / "edge.kubeconfig"
    path.write_text(text)
    with pytest.raises(BadKubeconfig, match=r"The kubeconfig edge\.kubeconfig cannot be used") as raised:
        endpoint_from_kubeconfig(path)
    assert raised.value.why and "\n" not in raised.value.why


def test_a_missing_file_context_or_cluster_is_refused(tmp_path: pathlib.Path) -> None:
    path = kubeconfig(tmp_path, {}, {"token": "t"})
    for bad_path, context in ((tmp_path / "none", None), (path, "nowhere"), (path, "other")):
        with pytest.raises(BadKubeconfig):
            endpoint_from_kubeconfig(bad_path, context)


def test_chain_and_host_name_are_verified_unless_the_file_says_otherwise() -> None:
    context = Endpoint(server="https://api", ca_pem=CERTIFICATE).tls()
    assert context.verify_mode is ssl.CERT_REQUIRED and context.check_hostname
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT, "Magnum's certificates lack a key identifier"
    insecure = Endpoint(server="https://api", verify=False).tls()
    assert insecure.verify_mode is ssl.CERT_NONE and not insecure.check_hostname


def test_a_certificate_without_a_last_newline_goes_with_its_key() -> None:
    endpoint = Endpoint(
        server="https://api", client_certificate_pem=CERTIFICATE.strip(), client_key_pem=SecretStr(KEY)
    )
    assert endpoint.tls().get_ca_certs() is not None
    _, another_key = key_pair()
    with pytest.raises(ssl.SSLError):
        Endpoint(
            server="https://api", client_certificate_pem=CERTIFICATE, client_key_pem=SecretStr(another_key)
        ).tls()
