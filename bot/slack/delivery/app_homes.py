"""Publishes App Homes: at once for who opens theirs, and again when something that they show has changed."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.actions.request import OfferId
from bot.common.problems import Problem
from bot.requests.home_page import HomePage
from bot.slack import kit
from bot.slack.delivery.buttons import with_offers
from bot.slack.delivery.web_client import SlackWebClient
from bot.slack.views.home import show_home
from storage.database import DatabaseError
from storage.homes import HomeRepository, Mark

log = structlog.get_logger(__name__)

LOOK_SECONDS = 2.0
KEPT_CURRENT = timedelta(hours=12)  # after it was opened last; opening it makes it current anyway
PATIENCE = timedelta(minutes=5)  # also without a change: roles and groups change without one


class AppHomes:
    """Keeps the Homes that people look at as they should be."""

    def __init__(
        self,
        repository: HomeRepository,
        *,
        web: SlackWebClient,
        page: Callable[[str], HomePage],
        keep_offer: Callable[[str, kit.Button], OfferId],
        now: Callable[[], datetime],
    ) -> None:
        self._repository = repository
        self._web = web
        self._page = page
        self._keep_offer = keep_offer
        self._now = now
        self._mark: Mark | None = None
        self._looked: datetime | None = None
        self._opened = threading.Event()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="homes", daemon=True)

    def start(self) -> None:
        """Begin looking."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._ending = True
        self._opened.set()
        self._thread.join(timeout=5)

    def opened(self, person: str) -> None:
        """Somebody opened their Home. Raises `DatabaseError`."""
        self._repository.opened(person, now=self._now())
        self._opened.set()

    def look(self) -> None:
        """Publish what has changed. Raises `DatabaseError`."""
        now, mark = self._now(), self._repository.mark()
        if mark == self._mark and self._looked is not None and now - self._looked < PATIENCE:
            return
        failed = False
        for person, digest in self._repository.open_since(now - KEPT_CURRENT).items():
            failed |= not self._publish(person, digest)
        self._mark, self._looked = (None if failed else mark), now

    def _publish(self, person: str, known: str) -> bool:
        blocks = with_offers(show_home(self._page(person)), lambda button: self._keep_offer(person, button))
        view: dict[str, Any] = {"type": "home", "blocks": blocks}
        digest = hashlib.sha256(json.dumps(view, sort_keys=True).encode()).hexdigest()
        if digest == known or not self._repository.claim(person, digest=digest, now=self._now()):
            return True
        try:
            self._web.publish_home(user=person, view=view)
        except Problem as unable:
            log.warning("Home not shown", person=person, what=unable.what, why=unable.why)
            self._repository.forget(person, digest=digest)
            return False
        return True

    def _run(self) -> None:
        while not self._ending:
            try:
                self.look()
            except DatabaseError as error:
                log.error("Homes not looked at", why=str(error))
            except Exception:
                log.exception("Homes not looked at")
            self._opened.wait(LOOK_SECONDS)
            self._opened.clear()
