"""The sandbox's Web API through the real slack_sdk: answers, errors and limits as Slack gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import urllib3
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from sandbox.loopback import Loopback
from sandbox.slack.app import create_app
from sandbox.slack.demo_workspace import create_demo_workspace
from sandbox.slack.model import BOT_TOKEN
from sandbox.slack.socket_mode import SocketMode
from sandbox.slack.web_api import WebApi
from sandbox.slack.workspace import Workspace

SHOP, PRIVATE = "C0SHOP", "C0RANDOM"


class Slack:
    """A workspace and a client of it."""

    def __init__(self, *, rate_limits: bool) -> None:
        self.loopback = Loopback()
        self.loopback.start()
        self.workspace: Workspace = create_demo_workspace()
        sockets = SocketMode(self.workspace)
        self.api = WebApi(self.workspace, socket_url=lambda: "ws://nowhere", rate_limits=rate_limits)
        self.url = self.loopback.serve(create_app(self.workspace, self.api, sockets)).url
        self.workspace.url = self.url
        self.client = WebClient(token=BOT_TOKEN, base_url=f"{self.url}/api/", retry_handlers=[])


@pytest.fixture
def slack() -> Iterator[Slack]:
    served = Slack(rate_limits=False)
    yield served
    served.loopback.stop()


def refused(call: Any, **arguments: Any) -> str:
    with pytest.raises(SlackApiError) as error:
        call(**arguments)
    return str(error.value.response["error"])


def test_a_message_is_posted_updated_and_answered_in_its_thread(slack: Slack) -> None:
    posted = slack.client.chat_postMessage(channel=SHOP, text="one")
    slack.client.chat_postMessage(channel=SHOP, text="reply", thread_ts=posted["ts"])
    slack.client.chat_update(channel=SHOP, ts=posted["ts"], text="two")
    replies = slack.client.conversations_replies(channel=SHOP, ts=posted["ts"])["messages"]
    assert [message["text"] for message in replies] == ["two", "reply"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ({"channel": PRIVATE, "text": "x"}, "channel_not_found"),
        ({"channel": SHOP}, "no_text"),
        ({"channel": SHOP, "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": SHOP, "text": "x", "blocks": [{"type": "carousel"}]}, "invalid_blocks"),
        (
            {
                "channel": SHOP,
                "text": "x",
                "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "y" * 3_001}}],
            },
            "invalid_blocks",
        ),
    ],
)
def test_what_slack_refuses_is_refused_by_its_name(
    slack: Slack, arguments: dict[str, Any], error: str
) -> None:
    assert refused(slack.client.chat_postMessage, **arguments) == error


def test_an_update_takes_less_text_than_a_post_and_only_of_ones_own_messages(slack: Slack) -> None:
    posted = slack.client.chat_postMessage(channel=SHOP, text="x" * 5_000)
    assert (
        refused(slack.client.chat_update, channel=SHOP, ts=posted["ts"], text="x" * 4_001) == "msg_too_long"
    )
    assert refused(slack.client.chat_update, channel=SHOP, ts="1.000001", text="x") == "message_not_found"
    message = slack.loopback.run(slack.workspace.say("U0ANA", SHOP, "mine"))
    assert refused(slack.client.chat_update, channel=SHOP, ts=message.ts, text="x") == "cant_update_message"


def test_a_token_that_is_none_is_refused(slack: Slack) -> None:
    stranger = WebClient(token="xoxb-no", base_url=f"{slack.url}/api/", retry_handlers=[])
    assert refused(stranger.auth_test) == "invalid_auth"


def test_too_many_updates_a_minute_are_refused_with_a_time_to_wait() -> None:
    slack = Slack(rate_limits=True)
    try:
        posted = slack.client.chat_postMessage(channel=SHOP, text="x")

        def hurry() -> None:
            for _ in range(200):
                slack.client.chat_update(channel=SHOP, ts=posted["ts"], text="y")

        with pytest.raises(SlackApiError) as error:
            hurry()
        assert error.value.response.status_code == 429
        assert int(error.value.response.headers["Retry-After"]) > 0
    finally:
        slack.loopback.stop()


def test_a_file_is_uploaded_into_a_thread(slack: Slack) -> None:
    posted = slack.client.chat_postMessage(channel=SHOP, text="x")
    slack.client.files_upload_v2(
        channel=SHOP, thread_ts=posted["ts"], filename="a.json", title="A", content="{}"
    )
    replies = slack.workspace.thread("U0ANA", SHOP, posted["ts"])
    assert [file["name"] for message in replies for file in message.files] == ["a.json"]


def test_people_channels_and_groups_can_be_asked_for(slack: Slack) -> None:
    assert slack.client.auth_test()["user"] == "xk8s"
    assert slack.client.users_info(user="U0ANA")["user"]["name"] == "ana"
    assert refused(slack.client.users_info, user="U0NOBODY") == "user_not_found"
    assert "U0ANA" in slack.client.conversations_members(channel=SHOP)["members"]


def test_a_view_needs_a_trigger_that_lives_and_is_used_once(slack: Slack) -> None:
    view = {"type": "modal", "title": {"type": "plain_text", "text": "t"}, "blocks": []}
    assert refused(slack.client.views_open, trigger_id="none", view=view) in (
        "invalid_trigger_id",
        "expired_trigger_id",
        "trigger_expired",
    )
    trigger = slack.workspace.trigger("U0ANA")
    slack.client.views_open(trigger_id=trigger, view=view)
    assert refused(slack.client.views_open, trigger_id=trigger, view=view) == "exchanged_trigger_id"


def test_a_person_is_told_with_what_makes_her_a_guest_a_stranger_or_a_bot(slack: Slack) -> None:
    people = {
        user: slack.client.users_info(user=user)["user"] for user in ("U0ANA", "U0GIL", "U0TOM", "U0DEPLOY")
    }
    assert not people["U0ANA"]["is_restricted"] and not people["U0ANA"]["is_bot"]
    assert people["U0GIL"]["is_restricted"] is True
    assert people["U0TOM"]["is_stranger"] is True
    assert people["U0TOM"]["team_id"] != slack.client.auth_test()["team_id"]
    assert people["U0DEPLOY"]["is_bot"] is True


def test_a_group_has_members_or_is_not_known(slack: Slack) -> None:
    assert slack.client.usergroups_users_list(usergroup="S0ONCALL")["users"] == ["U0IDA"]
    assert refused(slack.client.usergroups_users_list, usergroup="S0NONE") == "no_such_subteam"
    assert {"id", "handle", "user_count"} <= set(slack.client.usergroups_list()["usergroups"][0])


@pytest.mark.parametrize("fault", ["fatal_error", "ratelimited", "unavailable"])
def test_groups_can_fail_while_the_rest_works(slack: Slack, fault: str) -> None:
    slack.loopback.call(slack.api.faults.__setitem__, "usergroups.users.list", fault)
    with pytest.raises(SlackApiError) as error:
        slack.client.usergroups_users_list(usergroup="S0OPS")
    assert error.value.response.status_code == {"ratelimited": 429, "unavailable": 503}.get(fault, 200)
    assert slack.client.users_info(user="U0ANA")["ok"]


def test_groups_can_be_silent(slack: Slack) -> None:
    slack.loopback.call(slack.api.faults.__setitem__, "usergroups.users.list", "silent")
    hasty = WebClient(token=BOT_TOKEN, base_url=f"{slack.url}/api/", retry_handlers=[], timeout=1)
    with pytest.raises(TimeoutError):
        hasty.usergroups_users_list(usergroup="S0OPS")


def test_a_direct_message_is_opened_once_and_can_be_posted_to_by_the_persons_id(slack: Slack) -> None:
    opened = slack.client.conversations_open(users="U0TOM")["channel"]["id"]
    again = slack.client.conversations_open(users="U0TOM")
    assert again["channel"]["id"] == opened and again["already_open"]
    assert slack.client.chat_postMessage(channel="U0TOM", text="hello")["channel"] == opened
    assert refused(slack.client.conversations_open, users="U0NOBODY") == "user_not_found"
    assert refused(slack.client.conversations_open, users="U0DEPLOY") == "cannot_dm_bot"


def test_channels_tell_whether_the_app_is_in_them_and_who_else_is(slack: Slack) -> None:
    partner = slack.client.conversations_info(channel="C0PARTNER", include_num_members=True)["channel"]
    assert partner["is_member"] and partner["is_ext_shared"] and partner["num_members"] == 8
    assert slack.client.conversations_info(channel="D0ANA")["channel"]["user"] == "U0ANA"
    first = slack.client.conversations_members(channel=SHOP, limit=3)
    cursor = first["response_metadata"]["next_cursor"]
    second = slack.client.conversations_members(channel=SHOP, limit=100, cursor=cursor)
    assert "U0DEE" not in (members := {*first["members"], *second["members"]}) and len(members) == 8
    assert refused(slack.client.conversations_members, channel=SHOP, cursor="nonsense") == "invalid_cursor"


def test_history_and_replies_come_in_pages_and_roots_count_their_replies(slack: Slack) -> None:
    root = slack.client.chat_postMessage(
        channel=SHOP, text="root", metadata={"event_type": "e", "event_payload": {"id": "1"}}
    )["ts"]
    for number in range(3):
        slack.client.chat_postMessage(channel=SHOP, text=str(number), thread_ts=root)
    [message] = slack.client.conversations_history(channel=SHOP, include_all_metadata=True)["messages"]
    assert message["reply_count"] == 3 and message["metadata"]["event_payload"] == {"id": "1"}
    page = slack.client.conversations_replies(channel=SHOP, ts=root, limit=2)
    assert page["has_more"] and [m["text"] for m in page["messages"]] == ["root", "0"]
    second = slack.client.conversations_replies(
        channel=SHOP, ts=root, cursor=page["response_metadata"]["next_cursor"]
    )
    assert [m["text"] for m in second["messages"]] == ["1", "2"] and not second["has_more"]
    assert refused(slack.client.conversations_replies, channel=SHOP, ts="1.000001") == "thread_not_found"


def test_a_permalink_leads_to_a_message_that_is_there(slack: Slack) -> None:
    root = slack.client.chat_postMessage(channel=SHOP, text="root")["ts"]
    reply = slack.client.chat_postMessage(channel=SHOP, text="reply", thread_ts=root)["ts"]
    link = slack.client.chat_getPermalink(channel=SHOP, message_ts=reply)["permalink"]
    assert f"/archives/{SHOP}/p{reply.replace('.', '')}?thread_ts={root}" in link
    assert refused(slack.client.chat_getPermalink, channel=SHOP, message_ts="1.000001") == "message_not_found"


def test_an_ephemeral_message_needs_both_in_the_channel_and_cannot_be_updated(slack: Slack) -> None:
    ephemeral = slack.client.chat_postEphemeral(channel=SHOP, user="U0ANA", text="psst")
    assert (
        refused(slack.client.chat_update, channel=SHOP, ts=ephemeral["message_ts"], text="x")
        == "message_not_found"
    )
    assert (
        refused(slack.client.chat_postEphemeral, channel=SHOP, user="U0DEE", text="psst")
        == "user_not_in_channel"
    )
    slack.workspace.channels[SHOP].members.discard("U0XK8S")
    assert (
        refused(slack.client.chat_postEphemeral, channel=SHOP, user="U0ANA", text="psst") == "not_in_channel"
    )


def home(text: str) -> dict[str, Any]:
    button = {
        "type": "button",
        "action_id": "go",
        "value": "op-1",
        "text": {"type": "plain_text", "text": "Go"},
    }
    section = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    return {"type": "home", "blocks": [section, {"type": "actions", "block_id": "b", "elements": [button]}]}


def test_a_home_tab_is_published_opened_and_clicked(slack: Slack) -> None:
    view = slack.client.views_publish(user_id="U0ANA", view=home("one"))["view"]
    opened = slack.loopback.run(slack.workspace.open_app("U0ANA"))
    event = opened.payload["event"]
    assert (event["type"], event["user"], event["tab"]) == ("app_home_opened", "U0ANA", "home")
    assert event["view"]["id"] == view["id"]
    clicked = slack.loopback.run(slack.workspace.click_view("U0ANA", view["id"], "go")).payload
    assert (
        clicked["container"] == {"type": "view", "view_id": view["id"]}
        and clicked["actions"][0]["value"] == "op-1"
    )
    assert "message" not in clicked and clicked["trigger_id"]
    newer = slack.client.views_publish(user_id="U0ANA", view=home("two"), hash=view["hash"])["view"]
    assert newer["id"] == view["id"] and newer["hash"] != view["hash"]
    assert (
        refused(slack.client.views_publish, user_id="U0ANA", view=home("x"), hash=view["hash"])
        == "hash_conflict"
    )
    assert refused(slack.client.views_publish, user_id="U0NOBODY", view=home("x")) == "invalid_arguments"
    assert (
        refused(slack.client.views_publish, user_id="U0ANA", view={**home("x"), "type": "modal"})
        == "invalid_arguments"
    )


def field(element: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": f"b-{element['action_id']}",
        "label": {"type": "plain_text", "text": "l"},
        "element": element,
    }


def test_a_modal_gives_text_choices_and_files_that_the_token_can_read(slack: Slack) -> None:
    option = {"text": {"type": "plain_text", "text": "A"}, "value": "a"}
    fields = [
        field({"type": "plain_text_input", "action_id": "text", "multiline": True}),
        field({"type": "static_select", "action_id": "menu", "options": [option]}),
        field({"type": "file_input", "action_id": "file", "filetypes": ["yaml"], "max_files": 1}),
    ]
    words = {"type": "plain_text", "text": "t"}
    view = {"type": "modal", "title": words, "submit": words, "private_metadata": "op-1", "blocks": fields}
    modal = slack.client.views_open(trigger_id=slack.workspace.trigger("U0ANA"), view=view)["view"]
    file = slack.loopback.call(slack.workspace.attach, "U0ANA", "policy.yaml", b"kind: NetworkPolicy\n")
    typed = {"text": "because", "menu": "a", "file": [file.id]}
    submitted = slack.loopback.run(slack.workspace.submit("U0ANA", modal["id"], typed)).payload["view"]
    values = submitted["state"]["values"]
    assert submitted["private_metadata"] == "op-1"
    assert values["b-text"]["text"]["value"] == "because"
    assert values["b-menu"]["menu"]["selected_option"] == option
    [attached] = values["b-file"]["file"]["files"]
    assert attached["name"] == "policy.yaml" and attached["size"] == 20
    info = slack.client.files_info(file=attached["id"])["file"]
    assert info["url_private"] == attached["url_private"]
    pool = urllib3.PoolManager()
    token = {"Authorization": f"Bearer {BOT_TOKEN}"}
    assert pool.request("GET", info["url_private"], headers=token).data == b"kind: NetworkPolicy\n"
    assert pool.request("GET", info["url_private"]).headers["Content-Type"].startswith("text/html")


def test_modals_are_stacked_three_high_and_closing_one_is_told_if_asked_for(slack: Slack) -> None:
    words = {"type": "plain_text", "text": "t"}
    view = {"type": "modal", "title": words, "blocks": [home("x")["blocks"][1]], "notify_on_close": True}
    modal = slack.client.views_open(trigger_id=slack.workspace.trigger("U0ANA"), view=view)["view"]
    for _ in range(2):
        clicked = slack.loopback.run(slack.workspace.click_view("U0ANA", modal["id"], "go"))
        pushed = slack.client.views_push(trigger_id=clicked.payload["trigger_id"], view=view)["view"]
        assert (pushed["previous_view_id"], pushed["root_view_id"]) == (modal["id"], modal["root_view_id"])
        modal = pushed
    clicked = slack.loopback.run(slack.workspace.click_view("U0ANA", modal["id"], "go"))
    assert (
        refused(slack.client.views_push, trigger_id=clicked.payload["trigger_id"], view=view)
        == "push_limit_reached"
    )
    slack.loopback.run(slack.workspace.close_view(modal["id"]))
    assert slack.workspace.deliveries[-1].payload["type"] == "view_closed"
    assert len(slack.workspace.views) == 2


def test_a_menu_of_a_message_tells_what_was_chosen(slack: Slack) -> None:
    options = [{"text": {"type": "plain_text", "text": word}, "value": word} for word in ("a", "b")]
    element = {"type": "static_select", "action_id": "pick", "options": options}
    posted = slack.client.chat_postMessage(
        channel=SHOP, text="x", blocks=[{"type": "actions", "elements": [element]}]
    )
    payload = slack.loopback.run(
        slack.workspace.click("U0ANA", SHOP, posted["ts"], "pick", value="b")
    ).payload
    assert payload["actions"][0]["selected_option"] == options[1]
    assert "value" not in payload["actions"][0]


def test_a_response_url_replaces_or_deletes_what_was_clicked_five_times_at_most(slack: Slack) -> None:
    button = home("x")["blocks"][1]
    slack.client.chat_postEphemeral(channel=SHOP, user="U0ANA", text="psst", blocks=[button])
    message = slack.workspace.messages[-1]
    url = slack.loopback.run(slack.workspace.click("U0ANA", SHOP, message.ts, "go")).payload["response_url"]
    hook = WebhookClient(url)
    assert hook.send(text="new", replace_original=True).status_code == 200
    assert message.text == "new" and message.only_for == "U0ANA"
    assert [hook.send(text="x").status_code for _ in range(5)] == [200, 200, 200, 200, 404]


def test_a_scope_that_is_missing_is_named(slack: Slack) -> None:
    slack.api.scopes.discard("files:read")
    with pytest.raises(SlackApiError) as error:
        slack.client.files_info(file="F0")
    assert (error.value.response["error"], error.value.response["needed"]) == ("missing_scope", "files:read")


def test_a_mention_is_told_in_a_channel_and_not_in_a_direct_message(slack: Slack) -> None:
    slack.loopback.run(slack.workspace.say("U0TOM", "C0PARTNER", "@xk8s help"))
    [delivery] = slack.workspace.deliveries
    assert (
        delivery.payload["event"]["team"] == "T0PARTNER"
        and delivery.payload["team_id"] == slack.workspace.team
    )
    slack.loopback.run(slack.workspace.say("U0ANA", "D0ANA", "@xk8s help"))
    assert len(slack.workspace.deliveries) == 1


def counted(client: WebClient, call: Any, most: int) -> tuple[int, int]:
    """How many calls are answered before one is refused, and the seconds that it says to wait."""
    for number in range(most):
        try:
            call(client)
        except SlackApiError as error:
            assert error.response["error"] == "ratelimited" and error.response.status_code == 429
            return number, int(error.response.headers["Retry-After"])
    return most, 0


@pytest.mark.parametrize(
    ("call", "least", "most"),
    [
        (lambda client: client.usergroups_users_list(usergroup="S0OPS"), 20, 49),
        (lambda client: client.conversations_info(channel=SHOP), 50, 99),
        (lambda client: client.users_info(user="U0ANA"), 100, 300),
        (lambda client: client.chat_postMessage(channel=SHOP, text="x"), 2, 60),
    ],
    ids=["tier-2", "tier-3", "tier-4", "a-channel"],
)
def test_each_tier_answers_as_often_as_published_and_then_says_how_long_to_wait(
    call: Any, least: int, most: int
) -> None:
    slack = Slack(rate_limits=True)
    try:
        answered, wait = counted(slack.client, call, 400)
        assert least <= answered <= most and 1 <= wait <= 60
        assert slack.client.auth_test()["ok"]
    finally:
        slack.loopback.stop()
