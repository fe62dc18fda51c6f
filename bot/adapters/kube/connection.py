"""The address and the credentials of a cluster's API: server, CA, certificate or token, and the TLS context.

Keys stay in memory. Python's `ssl` takes a certificate chain only from a file, so it gets an anonymous one
(`memfd_create`), which no other process can open by a path and which goes with the process.
"""

import contextlib
import dataclasses
import os
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml
from pydantic import SecretStr

from bot.common.problems import Refusal


class BadKubeconfig(Refusal):
    """The kubeconfig file cannot be used."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Endpoint:
    """The API of one cluster. Certificates are PEM texts; secrets do not show in `repr`."""

    server: str
    ca_pem: str | None = None
    client_certificate_pem: str | None = None
    client_key_pem: SecretStr | None = None
    token: SecretStr | None = None
    server_name: str | None = None  # if the certificate names another host than the address
    verify: bool = True

    def tls(self) -> ssl.SSLContext:
        """Return the TLS context, which verifies the chain and the host name.

        Certificates that Magnum signs lack the Authority Key Identifier, which Python 3.13 demands by default
        (VERIFY_X509_STRICT). That one demand is dropped, nothing else.
        """
        context = (
            ssl.create_default_context(cadata=self.ca_pem) if self.ca_pem else ssl.create_default_context()
        )
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.client_certificate_pem and self.client_key_pem:
            # a certificate that Magnum signed ends without a newline
            chain = (
                f"{self.client_certificate_pem.strip()}\n{self.client_key_pem.get_secret_value().strip()}\n"
            )
            with _in_memory(chain) as path:
                context.load_cert_chain(path)
        return context

    def secrets(self) -> tuple[SecretStr, ...]:
        """Return the values that must never be shown."""
        return tuple(secret for secret in (self.token, self.client_key_pem) if secret is not None)

    def headers(self) -> dict[str, str]:
        """Return the HTTP headers that authenticate."""
        return {"Authorization": f"Bearer {self.token.get_secret_value()}"} if self.token else {}


@contextlib.contextmanager
def _in_memory(text: str) -> Iterator[str]:
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("chain", os.MFD_CLOEXEC)
        try:
            os.write(descriptor, text.encode())
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
    else:  # macOS: a file that only its owner can read, deleted at once
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(text)
            file.flush()
            yield file.name


def endpoint_from_kubeconfig(path: Path, context: str | None = None) -> Endpoint:
    """Read a kubeconfig file with the `kubernetes` client, which knows users of every kind, exec plugins too.

    `context` is the name of one of its contexts, by default the current one. Raises `BadKubeconfig`.
    """
    from kubernetes.client import Configuration  # 0.15 s and 35 MB, so only here
    from kubernetes.config import ConfigException, load_kube_config

    loaded = Configuration()
    try:
        load_kube_config(
            config_file=str(path), context=context, client_configuration=loaded, persist_config=False
        )
        token = loaded.get_api_key_with_prefix("BearerToken", alias="authorization")
        return Endpoint(
            server=loaded.host,
            ca_pem=_text(loaded.ssl_ca_cert),
            client_certificate_pem=_text(loaded.cert_file),
            client_key_pem=SecretStr(key) if (key := _text(loaded.key_file)) else None,
            token=SecretStr(token.removeprefix("Bearer ")) if token else None,
            server_name=loaded.tls_server_name,
            verify=loaded.verify_ssl,
        )
    except (ConfigException, OSError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise BadKubeconfig(
            f"The kubeconfig {path.name} cannot be used",
            why=_first_line(error),
            fix="Check the file and its context.",
        ) from error


def _text(path: str | None) -> str | None:
    return Path(path).read_text(encoding="utf-8") if path else None


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
