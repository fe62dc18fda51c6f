"""The App Home: noted that somebody looks at it; it is made elsewhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from slack_bolt import App


@dataclasses.dataclass(frozen=True, kw_only=True)
class HomeListeners:
    """The `app_home_opened` event."""

    opened: Callable[[str], None]

    def register(self, app: App) -> None:
        """Listen to people opening their Home."""
        app.event("app_home_opened")(self.on_opened)

    def on_opened(self, event: dict[str, Any]) -> None:
        """Note who looks. If that fails, Slack is not acknowledged and delivers it again."""
        if event.get("tab", "home") == "home":
            self.opened(event["user"])
