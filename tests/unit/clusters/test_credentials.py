"""A certificate is requested once, checked, renewed in time, and never for somebody else's key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from bot.adapters.openstack.magnum_errors import MagnumError, MagnumForbidden, MagnumNotFound
from bot.clusters.cluster import Cluster
from bot.clusters.credentials import LONGEST_USE, Credentials, NoCredentials

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class Authority:
    """A cluster's CA, as Magnum signs with it."""

    def __init__(self, *, lives: timedelta = timedelta(days=365)) -> None:
        self.lives = lives
        self.signed: list[x509.CertificateSigningRequest] = []
        self.failure: MagnumError | None = None
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")])

    def certificate(self, key: ec.EllipticCurvePublicKey, subject: x509.Name) -> str:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(START - timedelta(days=1))
            .not_valid_after(START + self.lives)
        )
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    def authority(self, cluster: str) -> str:
        return self.certificate(self.key.public_key(), self.name)

    def sign(self, cluster: str, csr: str) -> str:
        if self.failure is not None:
            raise self.failure
        request = x509.load_pem_x509_csr(csr.encode())
        self.signed.append(request)
        key = request.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        return self.certificate(key, request.subject)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def cluster(**changes: object) -> Cluster:
    values = {
        "id": "u",
        "name": "dev",
        "project": "shop",
        "driver": None,
        "api_address": "https://10.0.0.1:6443",
    }
    return Cluster(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture
def authority() -> Authority:
    return Authority()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def credentials(
    authority: Authority | None, clock: Clock, learn: Callable[[SecretStr], None] = lambda _secret: None
) -> Credentials:
    return Credentials(authority, group="system:masters", now=clock, learn=learn)


def test_a_certificate_is_for_our_user_and_the_configured_group_and_its_key_is_learned(
    authority: Authority, clock: Clock
) -> None:
    learned: list[SecretStr] = []
    endpoint = credentials(authority, clock, learned.append).endpoint(cluster())
    [request] = authority.signed
    assert request.subject.rfc4514_string() == "O=system:masters,CN=xk8s"
    assert endpoint.server == "https://10.0.0.1:6443" and endpoint.client_key_pem == learned[0]


def test_it_is_requested_once_until_it_has_been_used_long_enough(authority: Authority, clock: Clock) -> None:
    endpoints = credentials(authority, clock)
    first = endpoints.endpoint(cluster())
    clock.now += LONGEST_USE - timedelta(seconds=1)
    assert endpoints.endpoint(cluster()) is first
    clock.now += timedelta(seconds=2)
    assert endpoints.endpoint(cluster()) is not first and len(authority.signed) == 2


def test_it_is_renewed_an_hour_before_it_expires(clock: Clock) -> None:
    authority = Authority(lives=timedelta(hours=2))
    endpoints = credentials(authority, clock)
    endpoints.endpoint(cluster())
    clock.now += timedelta(minutes=59)
    endpoints.endpoint(cluster())
    assert len(authority.signed) == 1
    clock.now += timedelta(minutes=2)
    endpoints.endpoint(cluster())
    assert len(authority.signed) == 2


def test_a_cluster_with_another_address_gets_a_new_one(authority: Authority, clock: Clock) -> None:
    endpoints = credentials(authority, clock)
    endpoints.endpoint(cluster())
    assert endpoints.endpoint(cluster(api_address="https://10.0.0.2:6443")).server == "https://10.0.0.2:6443"


def test_a_view_for_another_operation_shares_what_was_signed(authority: Authority, clock: Clock) -> None:
    endpoints, second_authority = credentials(authority, clock), Authority()
    first = endpoints.endpoint(cluster())
    view = endpoints.signed_by(second_authority)
    assert view.endpoint(cluster()) is first and not second_authority.signed
    view.endpoint(cluster(id="u2"))
    assert len(second_authority.signed) == 1 and len(authority.signed) == 1


@pytest.mark.parametrize("wrong", ["another-key", "another-ca", "no-certificate"])
def test_a_certificate_that_does_not_fit_is_refused(authority: Authority, clock: Clock, wrong: str) -> None:
    stranger = ec.generate_private_key(ec.SECP256R1()).public_key()
    answers = {
        "another-key": authority.certificate(stranger, authority.name),
        "another-ca": Authority().certificate(stranger, authority.name),
        "no-certificate": "-----BEGIN NOTHING-----",
    }
    authority.sign = lambda cluster, csr: answers[wrong]  # type: ignore[method-assign]
    with pytest.raises(MagnumError, match="certificate that Magnum gave for dev cannot be used"):
        credentials(authority, clock).endpoint(cluster())


@pytest.mark.parametrize(
    ("failure", "headline", "fix"),
    [
        (
            MagnumForbidden("no", why="HTTP 403"),
            "Magnum signs certificates of dev only for whoever created it",
            "projects.shop.clusters.dev.kubeconfig",
        ),
        (MagnumNotFound("no", why="HTTP 404"), "dev has no certificates yet", "try again later"),
    ],
)
def test_what_magnum_refuses_says_what_to_do(
    authority: Authority, clock: Clock, failure: MagnumError, headline: str, fix: str
) -> None:
    authority.failure = failure
    with pytest.raises(NoCredentials, match=headline) as error:
        credentials(authority, clock).endpoint(cluster())
    assert error.value.why == failure.why and fix in error.value.fix


def test_a_cluster_without_an_address_is_not_complete(authority: Authority, clock: Clock) -> None:
    with pytest.raises(NoCredentials, match="no API address yet") as error:
        credentials(authority, clock).endpoint(cluster(api_address="", status="CREATE_IN_PROGRESS"))
    assert error.value.why == "its status is CREATE_IN_PROGRESS" and not authority.signed


def test_without_magnum_and_without_a_kubeconfig_nobody_gets_in(clock: Clock) -> None:
    with pytest.raises(NoCredentials, match="There are no credentials for dev") as error:
        credentials(None, clock).endpoint(cluster(api_address=""))
    assert "projects.shop.clusters.dev.kubeconfig" in error.value.fix
