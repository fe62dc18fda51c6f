"""Settings: what is read, and where a mistake stands."""

from __future__ import annotations

import pathlib
from datetime import timedelta

import pytest

from bot.settings import Configuration, Settings, SettingsError, loader
from bot.settings.document import page
from bot.settings.holder import SettingsHolder

GOOD = """
projects:
  shop:
    cloud: xloud-shop
    channels: [C0SHOP, C0SHOPDEV]
    template_defaults:
      image: fedora-coreos-39
      drivers:
        calico: {labels: {calico_tag: v3.26.4, cinder_csi_enabled: true}}
    roles:
      approver: {users: [U2]}
groups: {refresh: 90s}
"""


DRIVERS = ("calico", "flannel")


def read_file(path: pathlib.Path) -> Configuration:
    return loader.read_file(path, drivers=DRIVERS)


def load(environment: dict[str, str]) -> Settings:
    return loader.load(environment, drivers=DRIVERS)


def written(folder: pathlib.Path, text: str) -> pathlib.Path:
    path = folder / "xk8s.yaml"
    path.write_text(text)
    return path


def test_a_file_is_read_with_its_defaults(tmp_path: pathlib.Path) -> None:
    configuration = read_file(written(tmp_path, GOOD))
    shop = configuration.projects["shop"]
    assert configuration.groups.refresh == timedelta(seconds=90)
    assert configuration.approvals.expire == timedelta(hours=24)
    assert shop.template_defaults.drivers["calico"].labels == {
        "calico_tag": "v3.26.4",
        "cinder_csi_enabled": "true",
    }
    assert shop.template_defaults.name == "k8s-{kubernetes}-{driver}"


@pytest.mark.parametrize(
    ("change", "where", "why"),
    [
        (
            ("image: fedora", "imgae: fedora"),
            "line 7: projects.shop.template_defaults.imgae",
            "there is no such key",
        ),
        (("approver: {users: [U2]}", "viewer: {users: [U2]}"), "", "project shop has no approver"),
        (("refresh: 90s", "refresh: soon"), "line 12: groups.refresh", "not a length of time"),
        (("calico:", "weave:"), "projects.shop.template_defaults.drivers.weave", "'calico' or 'flannel'"),
        (("[C0SHOP, C0SHOPDEV]", "[C0SHOP"), "is not YAML", ""),
        (("    cloud: xloud-shop", "    cloud: a\n    cloud: b"), "line 5", "'cloud' is given twice"),
        (
            ("groups:", "approvals: {required: [migrate.delete]}\ngroups:"),
            "line 12: approvals.required",
            "cluster.delete cannot be taken out",
        ),
        (
            ("groups:", "approvals: {approvers: 0}\ngroups:"),
            "line 12: approvals.approvers",
            "greater than or equal to 1",
        ),
        (
            ("    roles:", "    clusters: {edge: {kubeconfig: no.yaml}}\n    roles:"),
            "line 10",
            "there is no file",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_reason(
    tmp_path: pathlib.Path, change: tuple[str, str], where: str, why: str
) -> None:
    assert change[0] in GOOD
    with pytest.raises(SettingsError) as error:
        read_file(written(tmp_path, GOOD.replace(*change)))
    assert where in error.value.what
    assert why in error.value.why


def test_the_nearest_right_key_is_offered(tmp_path: pathlib.Path) -> None:
    with pytest.raises(SettingsError) as error:
        read_file(written(tmp_path, GOOD.replace("image:", "imgae:")))
    assert "Did you mean image?" in error.value.fix


def test_a_channel_in_two_projects_is_refused(tmp_path: pathlib.Path) -> None:
    second_project = "  other:\n    channels: [C0SHOP]\n    roles: {approver: {users: [U2]}}\n"
    with pytest.raises(SettingsError) as error:
        read_file(written(tmp_path, GOOD.replace("groups:", f"{second_project}groups:")))
    assert "channel C0SHOP is in two projects: shop and other" in error.value.why


def test_a_kubeconfig_is_found_beside_the_file(tmp_path: pathlib.Path) -> None:
    (tmp_path / "edge.kubeconfig").write_text("{}")
    text = GOOD.replace("    roles:", "    clusters: {edge: {kubeconfig: edge.kubeconfig}}\n    roles:")
    configuration = read_file(written(tmp_path, text))
    assert configuration.projects["shop"].clusters["edge"].kubeconfig == tmp_path / "edge.kubeconfig"


def test_the_environment_is_read_and_secrets_do_not_show(tmp_path: pathlib.Path) -> None:
    settings = load(
        {
            "SLACK_BOT_TOKEN": "xoxb-secret",
            "XK8S_DATA_DIR": str(tmp_path),
            "SLACK_API_URL": "http://127.0.0.1:1/api",
            "XK8S_CONFIG": str(written(tmp_path, GOOD)),
            "XK8S_DATABASE_URL": "",
        }
    )
    assert (
        settings.slack_bot_token is not None and settings.slack_bot_token.get_secret_value() == "xoxb-secret"
    )
    assert "xoxb-secret" not in repr(settings)
    assert settings.slack_api_url == "http://127.0.0.1:1/api/"
    assert settings.database.get_secret_value() == f"sqlite:///{tmp_path}/xk8s.sqlite3"
    assert list(settings.configuration.projects) == ["shop"]


def test_a_bad_address_is_told_by_the_variables_name() -> None:
    with pytest.raises(SettingsError, match="XK8S_ADMIN_ADDR"):
        load({"XK8S_ADMIN_ADDR": "nowhere"})


def test_a_bad_file_read_again_leaves_the_old_settings_in_force(tmp_path: pathlib.Path) -> None:
    path = written(tmp_path, GOOD)
    environment = {"XK8S_CONFIG": str(path), "XK8S_DATA_DIR": str(tmp_path)}
    holder = SettingsHolder(load(environment), read=lambda: load(environment))
    path.write_text("projects: {")
    assert holder.reload() is False
    assert list(holder.now.configuration.projects) == ["shop"]
    path.write_text(GOOD.replace("shop:", "store:"))
    assert holder.reload() is True
    assert list(holder.now.configuration.projects) == ["store"]


def test_every_setting_is_documented_and_the_page_is_the_one_in_the_documentation() -> None:
    documented = pathlib.Path(__file__).parents[3] / "docs" / "configuration.md"
    assert documented.read_text() == page()
    assert "| – | |" not in page()
