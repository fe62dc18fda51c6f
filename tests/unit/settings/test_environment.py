"""The settings of the process: defaults, addresses, and secrets that do not show."""

from __future__ import annotations

import pathlib

import pytest
from pydantic import ValidationError

from bot.settings.environment import Environment, Settings


def test_by_default_the_database_is_in_the_data_folder() -> None:
    settings = Settings.model_validate({"XK8S_DATA_DIR": "~/xk8s"})
    assert settings.data_dir == pathlib.Path.home() / "xk8s"
    assert settings.database.get_secret_value() == f"sqlite:///{pathlib.Path.home()}/xk8s/xk8s.sqlite3"
    assert (settings.admin_host, settings.admin_port) == ("127.0.0.1", 9090)


def test_a_database_url_counts_and_does_not_show() -> None:
    settings = Settings.model_validate({"XK8S_DATABASE_URL": "postgresql://xk8s:hunter2@db/xk8s"})
    assert settings.database.get_secret_value() == "postgresql://xk8s:hunter2@db/xk8s"
    assert "hunter2" not in f"{settings!r} {settings.database}"


@pytest.mark.parametrize("address", ["9090", ":9090", "localhost", "localhost:http", "localhost:70000"])
def test_an_admin_address_is_a_host_and_a_port(address: str) -> None:
    with pytest.raises(ValidationError, match="is not HOST:PORT"):
        Environment.model_validate({"XK8S_ADMIN_ADDR": address})


def test_an_ipv6_address_is_one() -> None:
    settings = Settings.model_validate({"XK8S_ADMIN_ADDR": "::1:9090"})
    assert (settings.admin_host, settings.admin_port) == ("::1", 9090)
