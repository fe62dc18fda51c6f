"""The Slack app manifest: what `xk8s manifest` prints, and what the admin of a workspace installs.

It is made from the names that the listeners use, so that the two cannot differ. Scopes that only close a gap
of milliseconds after a crash are optional (`bot_optional`): an admin may leave them out.
"""

from typing import Any

from bot.actions.mistakes import COMMAND

SCOPES = (
    "app_mentions:read",  # @xk8s in a thread
    "channels:read",  # the members of the project's channels
    "chat:write",  # answers
    "chat:write.public",  # answers in public channels that the bot was not invited to
    "commands",  # /xk8s
    "files:read",  # a person's own policy, sent as a file
    "files:write",  # long results as files
    "groups:read",  # the same as channels:read, private channels
    "im:write",  # direct messages to approvers
    "usergroups:read",  # roles given to user groups
    "users:read",  # guests and other teams' people have no role
)
OPTIONAL_SCOPES = (
    "channels:history",  # after a crash between posting and noting it: was it posted?
    "groups:history",  # the same, private channels
)
EVENTS = ("app_mention", "app_home_opened")
EVENTS_PATH = "/slack/events"


def manifest(*, url: str | None = None, usage_hint: str = "help") -> dict[str, Any]:
    """Return the manifest: for Socket Mode, or for HTTP with the public `url` of the bot."""
    endpoint = f"{url.rstrip('/')}{EVENTS_PATH}" if url else None
    command = {
        "command": COMMAND,
        "description": "Network drivers of your Kubernetes clusters: templates, verify, policies, migrations",
        "usage_hint": usage_hint,
        "should_escape": True,
    }
    interactivity: dict[str, Any] = {"is_enabled": True}
    events: dict[str, Any] = {"bot_events": list(EVENTS)}
    if endpoint:
        command["url"] = endpoint
        interactivity["request_url"] = endpoint
        events["request_url"] = endpoint
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {
            "name": "xk8s",
            "description": "Kubernetes network drivers on OpenStack Magnum, run from a channel",
            "background_color": "#1f3a5f",
        },
        "features": {
            "bot_user": {"display_name": "xk8s", "always_online": True},
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "slash_commands": [command],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES), "bot_optional": list(OPTIONAL_SCOPES)}},
        "settings": {
            "interactivity": interactivity,
            "event_subscriptions": events,
            "socket_mode_enabled": endpoint is None,
            "org_deploy_enabled": False,
            "token_rotation_enabled": False,
        },
    }
