"""The app manifest asks for what the listeners need, in either mode."""

from __future__ import annotations

from bot.actions.mistakes import COMMAND
from bot.slack.manifest import EVENTS, EVENTS_PATH, OPTIONAL_SCOPES, SCOPES, manifest


def test_socket_mode_needs_no_address() -> None:
    app = manifest()
    assert app["settings"]["socket_mode_enabled"]
    assert "request_url" not in app["settings"]["event_subscriptions"]
    assert "request_url" not in app["settings"]["interactivity"]
    assert "url" not in app["features"]["slash_commands"][0]


def test_over_http_everything_is_posted_to_one_address() -> None:
    app = manifest(url="https://bot.example/")
    address = f"https://bot.example{EVENTS_PATH}"
    assert not app["settings"]["socket_mode_enabled"]
    assert app["settings"]["event_subscriptions"]["request_url"] == address
    assert app["settings"]["interactivity"]["request_url"] == address
    assert app["features"]["slash_commands"][0]["url"] == address


def test_the_command_is_the_one_that_is_listened_to() -> None:
    [command] = manifest(usage_hint="help | verify")["features"]["slash_commands"]
    assert command["command"] == COMMAND and command["usage_hint"] == "help | verify"
    assert command["should_escape"], "so that people and channels come with their ids"


def test_scopes_are_asked_for_once_and_reading_history_is_optional() -> None:
    scopes = manifest()["oauth_config"]["scopes"]
    assert tuple(scopes["bot"]) == SCOPES and tuple(scopes["bot_optional"]) == OPTIONAL_SCOPES
    assert not set(SCOPES) & set(OPTIONAL_SCOPES) and len(set(SCOPES)) == len(SCOPES)
    assert not any("history" in scope for scope in SCOPES)


def test_the_home_and_the_mentions_are_subscribed_to() -> None:
    app = manifest()
    assert app["settings"]["event_subscriptions"]["bot_events"] == list(EVENTS)
    assert app["features"]["app_home"]["home_tab_enabled"]
