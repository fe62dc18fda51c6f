"""ConfigMaps, Secrets and service accounts."""

from __future__ import annotations

import base64

from tests.unit.migration.builders import an
from tests.unit.migration.objects.transforms.results import note_texts, stripped, warnings_of


def test_a_service_account_keeps_its_pull_secrets_only() -> None:
    copied = stripped(an("ServiceAccount", secrets=[{"name": "t"}], imagePullSecrets=[{"name": "pull"}]))
    assert copied["imagePullSecrets"] == [{"name": "pull"}]
    assert "secrets" not in copied


def test_a_hand_made_token_is_signed_anew() -> None:
    token = an(
        "Secret",
        type="kubernetes.io/service-account-token",
        data={"token": "dA==", "ca.crt": "Yw==", "namespace": "bg=="},
        annotations={"kubernetes.io/service-account.name": "ci", "kubernetes.io/service-account.uid": "u"},
    )
    copied = stripped(token)
    assert "data" not in copied
    assert copied["metadata"]["annotations"] == {"kubernetes.io/service-account.name": "ci"}
    assert "signs a new one" in warnings_of(token)


def test_an_old_address_in_a_secret_is_reported_by_its_key_and_never_shown() -> None:
    value = "postgres://admin:hunter2@10.254.3.4/db"
    notes = note_texts(an("Secret", data={"url": base64.b64encode(value.encode()).decode()}))
    assert "url has a service address" in notes
    assert "10.254" not in notes and "hunter2" not in notes


def test_an_old_address_in_a_config_map_is_reported() -> None:
    assert "203.0.113.11" in warnings_of(an("ConfigMap", data={"url": "http://203.0.113.11/"}))
