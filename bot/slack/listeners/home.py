"""The App Home: it is noted that a person looks at theirs, and `delivery.app_homes` publishes it."""

import dataclasses
from collections.abc import Callable
from typing import Any

from slack_bolt import App


@dataclasses.dataclass(frozen=True, kw_only=True)
class HomeListeners:
    """Listeners for the event `app_home_opened`."""

    opened: Callable[[str], None]

    def register(self, app: App) -> None:
        """Register the listener with the Bolt app."""
        app.event("app_home_opened")(self.on_opened)

    def on_opened(self, event: dict[str, Any]) -> None:
        """Note who looks. If that fails, Slack is not acknowledged and delivers the event again."""
        if event.get("tab", "home") == "home":
            self.opened(event["user"])
