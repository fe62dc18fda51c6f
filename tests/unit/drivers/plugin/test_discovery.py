"""Other packages add drivers; one that cannot be used is named, and takes nobody along."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import yaml

from bot.cli import doctor
from bot.common.problems import Problem
from bot.drivers import catalog
from tests.unit.drivers.plugin.package import ANTREA, Installer

NOT_BROKEN = "from bot.drivers.calico.profile import PROFILE"


def test_a_drivers_package_is_found_by_its_entry_point(installer: Installer) -> None:
    installer.install("xk8s_antrea", ANTREA, driver="antrea")
    assert catalog.names() == ("calico", "flannel", "antrea"), "built-in drivers come first"
    assert catalog.broken_plugins() == ()
    assert catalog.recommended().driver == "calico"


def test_without_the_package_the_driver_is_gone(installer: Installer) -> None:
    assert catalog.names() == ("calico", "flannel")
    driver = catalog.find_driver("antrea")
    assert driver is None


class Log:
    """Keeps what is logged as errors."""

    def __init__(self) -> None:
        self.errors: list[str] = []

    def error(self, event: str, **fields: str) -> None:
        self.errors.append(f"{event}: {catalog.BrokenPlugin(**fields)}")


@pytest.mark.parametrize(
    ("source", "driver", "attribute", "why"),
    [
        ("raise RuntimeError('no libfoo')", "antrea", "PROFILE", "RuntimeError: no libfoo"),
        ("raise SystemExit(3)", "antrea", "PROFILE", "SystemExit: 3"),
        ("", "antrea", "PROFILE", "has no attribute 'PROFILE'"),
        ("PROFILE = 'antrea'", "antrea", "PROFILE", "broken_plugin:PROFILE is not a DriverProfile"),
        (NOT_BROKEN, "calico", "PROFILE", "there is a driver calico already"),
        (NOT_BROKEN, "antrea", "PROFILE", "the entry point is called antrea, its driver calico"),
        (ANTREA.replace('"antrea"', '"An trea"'), "An trea", "PROFILE", "its driver An trea"),
        (ANTREA.replace('"--encap"', '"--ipip"'), "antrea", "PROFILE", "--ipip means something else"),
        (ANTREA.replace('name="encap"', 'name="backend"'), "antrea", "PROFILE", "--encap means something"),
    ],
)
def test_a_plug_in_that_cannot_be_used_is_left_out_and_named(
    installer: Installer,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    driver: str,
    attribute: str,
    why: str,
) -> None:
    logged = Log()
    monkeypatch.setattr(catalog, "log", logged)
    installer.install("broken_plugin", source, driver=driver, attribute=attribute)
    assert catalog.names() == ("calico", "flannel")
    [broken] = catalog.broken_plugins()
    assert (broken.name, broken.package) == (driver, "broken-plugin") and why in broken.why
    assert logged.errors == [f"driver plug-in cannot be used: {broken}"]
    with pytest.raises(Problem, match="1 driver plug-in cannot be used") as problem:
        doctor._drivers()
    assert f"{driver} of the package broken-plugin" in problem.value.why


def test_a_broken_plug_in_takes_no_other_along(installer: Installer) -> None:
    installer.install("broken_plugin", "raise RuntimeError", driver="weave")
    installer.install("xk8s_antrea", ANTREA, driver="antrea")
    assert catalog.find_driver("antrea") and len(catalog.broken_plugins()) == 1


def test_a_process_that_starts_finds_what_is_installed(installer: Installer) -> None:
    installer.install("xk8s_antrea", ANTREA, driver="antrea")
    process = subprocess.run(
        [sys.executable, "-m", "bot.cli", "rbac"],
        env={**os.environ, "PYTHONPATH": str(installer.folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    groups = [group for rule in yaml.safe_load(process.stdout)["rules"] for group in rule["apiGroups"]]
    assert groups.count("crd.antrea.io") == 2, "for its checks, and for its policies"
