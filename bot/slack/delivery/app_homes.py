"""Publishes App Homes: at once when a person opens theirs, and again when something that it shows has
changed.

Every replica looks. A digest of each Home in the database decides which of them publishes it, so that an
unchanged Home is not published again.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.common.canonical_json import spaced_digest
from bot.common.problems import Problem
from bot.common.worker import Worker
from bot.requests.home_page import HomePage
from bot.slack.delivery.buttons import with_buttons
from bot.slack.delivery.web_client import SlackWebClient
from bot.slack.offers import SlackOffers
from bot.slack.views.home import show_home
from storage.app_homes import AppHomeRepository, ChangeMarker
from storage.database import DatabaseError

log = structlog.get_logger(__name__)

LOOK_SECONDS = 2.0
KEEP_CURRENT = timedelta(hours=12)  # after it was opened last; opening it makes it current anyway
REFRESH = timedelta(minutes=5)  # also without a change: roles and groups change without leaving a mark


class AppHomes:
    """Keeps the Homes current that people have opened lately."""

    def __init__(
        self,
        repository: AppHomeRepository,
        *,
        web: SlackWebClient,
        page: Callable[[str], HomePage],
        offers: SlackOffers,
        now: Callable[[], datetime],
    ) -> None:
        self._repository = repository
        self._web = web
        self._page = page
        self._offers = offers
        self._now = now
        self._mark: ChangeMarker | None = None  # of the data that the published Homes show
        self._refreshed: datetime | None = None
        self._worker = Worker("homes", self.refresh, interval=LOOK_SECONDS, expected=(DatabaseError,))

    def start(self) -> None:
        """Start to look for changes."""
        self._worker.start()

    def stop(self) -> None:
        """Publish no more Homes."""
        self._worker.stop()

    def opened(self, person: str) -> None:
        """Note that a person has opened their Home. Raises `DatabaseError`."""
        self._repository.record_opening(person, now=self._now())
        self._worker.wake()

    def refresh(self) -> None:
        """Publish the Homes that have changed. Raises `DatabaseError`."""
        now, mark = self._now(), self._repository.change_marker()
        if mark == self._mark and self._refreshed is not None and now - self._refreshed < REFRESH:
            return
        homes = self._repository.open_since(now - KEEP_CURRENT)
        published = [self._publish(person, digest) for person, digest in homes.items()]
        self._mark, self._refreshed = (mark if all(published) else None), now

    def _publish(self, person: str, published_digest: str) -> bool:
        """Publish a Home if it has changed; return False if Slack did not take it."""
        blocks = with_buttons(show_home(self._page(person)), self._offers.for_home(person))
        view: dict[str, Any] = {"type": "home", "blocks": blocks}
        digest = spaced_digest(view)
        if digest == published_digest or not self._repository.claim(person, digest=digest, now=self._now()):
            return True
        try:
            self._web.publish_home(user=person, view=view)
        except Problem as problem:
            log.warning("Home not shown", person=person, what=problem.what, why=problem.why)
            self._repository.release_claim(person, digest=digest)
            return False
        return True
