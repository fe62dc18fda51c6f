"""ConfigMaps, Secrets and service accounts."""

from __future__ import annotations

import base64

from tests.unit.migration.builders import an
from tests.unit.migration.objects.transforms.results import note_texts, stripped, warnings_of


def test_a_service_account_keeps_its_pull_secrets_only() -> None:
    made = stripped(an("ServiceAccount", secrets=[{"name": "t"}], imagePullSecrets=[{"name": "pull"}]))
    assert made["imagePullSecrets"] == [{"name": "pull"}]
    assert "secrets" not in made


def test_a_hand_made_token_is_signed_anew() -> None:
    token = an(
        "Secret",
        type="kubernetes.io/service-account-token",
        data={"token": "dA==", "ca.crt": "Yw==", "namespace": "bg=="},
        annotations={"kubernetes.io/service-account.name": "ci", "kubernetes.io/service-account.uid": "u"},
    )
    made = stripped(token)
    assert "data" not in made
    assert made["metadata"]["annotations"] == {"kubernetes.io/service-account.name": "ci"}
    assert "signs a new one" in warnings_of(token)


def test_an_old_address_in_a_secret_is_reported_by_its_key_and_never_shown() -> None:
    value = "postgres://admin:hunter2@10.254.3.4/db"
    said = note_texts(an("Secret", data={"url": base64.b64encode(value.encode()).decode()}))
    assert "url has a service address" in said
    assert "10.254" not in said and "hunter2" not in said


def test_an_old_address_in_a_config_map_is_reported() -> None:
    assert "203.0.113.11" in warnings_of(an("ConfigMap", data={"url": "http://203.0.113.11/"}))
