"""The sandbox's page in a real browser, with the real bot behind it.

Python's playwright drives Debian's chromium; nothing is downloaded. Where there is none the tests fail,
and say what to install.
"""

from __future__ import annotations

import pathlib
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.conftest import Office, office

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(
    scope="module"
)  # playwright keeps an event loop running meanwhile, which other tests must not see
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    executable = next((path for path in map(shutil.which, NAMES) if path), None)
    assert executable, "no Chromium for the browser page: apt-get install chromium"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A workspace with the bot in it."""
    folder: pathlib.Path = tmp_path_factory.mktemp("bot")
    with office(folder, "socket") as demo_office:
        yield demo_office


@pytest.fixture
def page(browser: Browser, workplace: Office) -> Iterator[Page]:
    """The page as Ana sees it; an error of its script fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    opened.goto(f"{workplace.sandbox.slack_url}/?user=U0ANA&channel=C0SHOP")
    yield opened
    context.close()
    assert errors == []
