"""Slack's payloads become requests, and what is said twice has one key."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.actions.request import AttachedFile, EntryPoint
from bot.slack import payloads

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def command(**changes: Any) -> dict[str, Any]:
    form = {
        "team_id": "T1",
        "channel_id": "C0SHOP",
        "user_id": "U1",
        "user_name": "ana",
        "text": "verify calico",
        "response_url": "https://hooks.example/1",
        "trigger_id": "13.37.abc",
    }
    return form | changes


def mention(text: str, **changes: Any) -> dict[str, Any]:
    event = {
        "type": "app_mention",
        "user": "U1",
        "channel": "C0SHOP",
        "ts": "2.0",
        "text": text,
        "team": "T1",
    }
    return {"team_id": "T1", "event": event | changes}


def click(**changes: Any) -> dict[str, Any]:
    body = {
        "user": {"id": "U2", "username": "bo", "team_id": "T1"},
        "channel": {"id": "C0SHOP"},
        "container": {"message_ts": "5.0", "channel_id": "C0SHOP"},
        "message": {"ts": "5.0", "thread_ts": "4.0"},
        "actions": [{"action_id": "xk8s.run.0", "value": "offer-1", "action_ts": "99.25"}],
        "response_url": "https://hooks.example/2",
    }
    return body | changes


def test_a_command_is_keyed_by_its_trigger_so_that_a_redelivery_is_the_same_request() -> None:
    first, again = (payloads.from_command(command(), now=NOW) for _ in range(2))
    next_command = payloads.from_command(command(trigger_id="13.38.def"), now=NOW)
    assert first.key == again.key != next_command.key
    assert first.operation != again.operation


def test_a_command_knows_who_where_and_what() -> None:
    request = payloads.from_command(command(), now=NOW)
    assert (request.person.id, request.person.team, request.place.channel) == ("U1", "T1", "C0SHOP")
    assert (request.text, request.entry, request.place.thread) == ("verify calico", EntryPoint.COMMAND, "")
    assert not request.place.direct


def test_a_direct_message_is_known_by_its_channel() -> None:
    assert payloads.from_command(command(channel_id="D0ANA"), now=NOW).place.direct


def test_a_mention_in_a_thread_is_answered_in_that_thread_and_one_outside_starts_its_own() -> None:
    inside = payloads.from_mention(
        mention("<@UBOT> verify calico", thread_ts="1.0"), bot_user="UBOT", now=NOW
    )
    outside = payloads.from_mention(mention("<@UBOT> verify calico"), bot_user="UBOT", now=NOW)
    assert (inside.place.thread, outside.place.thread) == ("1.0", "2.0")


def test_only_what_follows_the_mention_is_the_command() -> None:
    request = payloads.from_mention(mention("hello <@UBOT|xk8s> verify <@U2>"), bot_user="UBOT", now=NOW)
    assert request.text == "verify <@U2>"


def test_what_another_bot_says_is_marked() -> None:
    assert payloads.from_mention(mention("<@UBOT> help", bot_id="B9"), bot_user="UBOT", now=NOW).bot


def test_two_people_who_press_one_button_are_both_heard() -> None:
    """Whoever may not do it must not keep whoever may from it: which press counts is decided behind the
    inbox.
    """
    click_of_ana = payloads.from_click(click(), now=NOW)
    click_of_bo = payloads.from_click(click(user={"id": "U3"}), now=NOW)
    assert click_of_ana.key != click_of_bo.key


def test_a_button_of_the_app_home_comes_from_no_channel() -> None:
    body = click(channel=None, container={"type": "view", "view_id": "V1"}, message={})
    request = payloads.from_click(body, now=NOW)
    assert request.entry is EntryPoint.HOME and request.place.direct and not request.place.channel


def test_a_button_counts_once_per_press_but_a_double_click_is_one() -> None:
    def pressed(at: str) -> str:
        actions = [{"action_id": "xk8s.run.0", "value": "offer-1", "action_ts": at}]
        return payloads.from_click(click(actions=actions), now=NOW).key

    assert pressed("99.25") == pressed("99.60") != pressed("140.1")


def test_a_click_is_answered_in_the_thread_of_its_message() -> None:
    assert payloads.from_click(click(), now=NOW).place.thread == "4.0"
    on_root = click(message={"ts": "5.0"})
    assert payloads.from_click(on_root, now=NOW).place.thread == "5.0"


def test_a_form_is_flattened_to_its_values() -> None:
    state = {
        "name": {"name": {"type": "plain_text_input", "value": "k8s-dev"}},
        "image": {"image": {"type": "plain_text_input", "value": None}},
        "driver": {"driver": {"type": "static_select", "selected_option": {"value": "flannel"}}},
        "flags": {"flags": {"type": "checkboxes", "selected_options": [{"value": "public"}]}},
    }
    body = {
        "user": {"id": "U1", "name": "ana", "team_id": "T1"},
        "view": {"id": "V1", "private_metadata": "offer-1", "state": {"values": state}},
    }
    request = payloads.from_form(body, now=NOW)
    assert request.fields == {"name": "k8s-dev", "image": None, "driver": "flannel", "flags": ["public"]}
    assert (request.key, request.offer) == ("form:V1", "offer-1")


FILE = {
    "id": "F1",
    "name": "p.yaml",
    "size": 7,
    "url_private": "u",
    "url_private_download": "d",
    "mimetype": "text/plain",
}


def test_files_are_read_from_mentions_and_forms() -> None:
    files = [FILE, {"id": "F2", "file_access": "check_file_info"}]
    request = payloads.from_mention(mention("<@U9> x", files=files), bot_user="U9", now=NOW)
    assert request.files == (AttachedFile(id="F1", name="p.yaml", size=7, url="d"), AttachedFile(id="F2"))
    view = {
        "id": "V1",
        "private_metadata": "o",
        "state": {
            "values": {
                "file": {"file": {"type": "file_input", "files": [FILE]}},
                "manifest": {"manifest": {"type": "plain_text_input", "value": None}},
            }
        },
    }
    body = {"view": view, "user": {"id": "U1"}, "team": {"id": "T"}}
    assert [file.id for file in payloads.from_form(body, now=NOW).files] == ["F1"]
    assert payloads.from_mention(mention("<@U9> x", files=None), bot_user="U9", now=NOW).files == ()


def test_the_team_of_a_person_is_their_own_and_else_the_workspaces() -> None:
    theirs = mention("<@UBOT> help", user_team="T2")
    assert payloads.from_mention(theirs, bot_user="UBOT", now=NOW).person.team == "T2"
    body = click(user={"id": "U3", "name": "cy"}, team={"id": "T1"})
    person = payloads.from_click(body, now=NOW).person
    assert (person.id, person.name, person.team) == ("U3", "cy", "T1")


def test_before_the_bot_is_known_the_first_mention_is_taken_for_it() -> None:
    request = payloads.from_mention(mention("hello <@UBOT> verify <@U2>"), bot_user="", now=NOW)
    assert request.text == "verify <@U2>"


def test_the_message_of_a_clicked_button_is_read_as_it_was_shown() -> None:
    blocks = [{"type": "section"}]
    message = payloads.clicked_message(click(message={"text": "Preview", "blocks": blocks}))
    assert (message.text, message.blocks, message.person) == ("Preview", ({"type": "section"},), "U2")
    assert message.response_url == "https://hooks.example/2"
    assert payloads.clicked_message(click(message={})).blocks == (), "that of an ephemeral message"


def test_a_choice_that_was_not_made_is_nothing() -> None:
    state = {"driver": {"driver": {"type": "static_select", "selected_option": None}}}
    flags = {"flags": {"flags": {"type": "checkboxes", "selected_options": None}}}
    assert payloads.form_values({"state": {"values": state | flags}}) == {"driver": None, "flags": []}
    assert payloads.form_values({}) == {}
