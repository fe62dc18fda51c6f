"""A Python package that is installed for one test: a module, and metadata with an entry point."""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Iterator

import pytest

from bot.drivers import catalog

ANTREA = (pathlib.Path(__file__).parent / "xk8s_antrea.py").read_text()


class Installer:
    """Writes packages into a folder on `sys.path`."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.modules: list[str] = []

    def install(self, module: str, source: str, *, driver: str, attribute: str = "PROFILE") -> None:
        """Install a package of one module, whose entry point names a driver."""
        (self.folder / f"{module}.py").write_text(source)
        metadata = self.folder / f"{module}-1.0.dist-info"
        metadata.mkdir()
        name = module.replace("_", "-")
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(
            f"[{catalog.ENTRY_POINT_GROUP}]\n{driver} = {module}:{attribute}\n"
        )
        self.modules.append(module)
        catalog.reload()


@pytest.fixture
def installer(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installer]:
    """Packages that are there for one test."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    packages = Installer(folder)
    yield packages
    for module in packages.modules:
        sys.modules.pop(module, None)
    catalog.reload()
