"""The sandbox's page alone, without the bot: Home tabs, forms with files, menus, questions, and who one
is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from slack_sdk import WebClient

from sandbox.loopback import Loopback
from sandbox.slack.app import create_app
from sandbox.slack.demo_workspace import create_demo_workspace
from sandbox.slack.model import BOT_TOKEN
from sandbox.slack.socket_mode import SocketMode
from sandbox.slack.web_api import WebApi

pytestmark = pytest.mark.browser
SHOP = "C0SHOP"


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def button(label: str, action: str, **more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": action, "value": "op-1", "text": plain(label), **more}


class Slack:
    """A workspace, its page and the app's client of it."""

    def __init__(self) -> None:
        self.loopback = Loopback()
        self.loopback.start()
        self.workspace = create_demo_workspace()
        sockets = SocketMode(self.workspace)
        api = WebApi(self.workspace, socket_url=lambda: "ws://nowhere", rate_limits=False)
        self.url = self.loopback.serve(create_app(self.workspace, api, sockets)).url
        self.workspace.url = self.url
        self.client = WebClient(token=BOT_TOKEN, base_url=f"{self.url}/api/", retry_handlers=[])

    def next_payload(self, kind: str) -> Any:
        """Wait for what the app is told next."""

        def delivered() -> Any:
            return next((d.payload for d in self.workspace.deliveries if d.payload["type"] == kind), None)

        return self.loopback.run(self.workspace.until(delivered, 10))


@pytest.fixture
def slack() -> Iterator[Slack]:
    served = Slack()
    yield served
    served.loopback.stop()


@pytest.fixture
def page(browser: Browser, slack: Slack) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert errors == []


def test_home_is_opened_and_its_buttons_click(slack: Slack, page: Page) -> None:
    blocks = [
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": "*dev-eu*"},
            "accessory": button("Show", "show"),
        }
    ]
    slack.client.views_publish(user_id="U0BO", view={"type": "home", "blocks": blocks})
    page.goto(f"{slack.url}/?user=U0BO&channel={SHOP}")
    page.locator("aside a", has_text="✦ xk8s").click()
    assert slack.next_payload("event_callback")["event"]["tab"] == "home"
    page.locator(".home").get_by_role("button", name="Show").click()
    payload = slack.next_payload("block_actions")
    assert payload["user"]["id"] == "U0BO" and payload["container"]["type"] == "view"


def test_what_changes_before_the_page_hears_of_changes_is_shown(slack: Slack, page: Page) -> None:
    def say_then_open(route: Route) -> None:
        slack.client.chat_postMessage(channel=SHOP, text="said in between")
        route.continue_()

    page.route("**/changes", say_then_open)
    page.goto(f"{slack.url}/?user=U0ANA&channel={SHOP}")
    expect(page.get_by_text("said in between").first).to_be_visible()


def test_a_form_sends_text_choices_and_files_and_insists_on_what_is_required(
    slack: Slack, page: Page
) -> None:
    fields = [
        ("text", {"type": "plain_text_input", "action_id": "why"}),
        (
            "menu",
            {"type": "static_select", "action_id": "menu", "options": [{"text": plain("One"), "value": "1"}]},
        ),
        ("file", {"type": "file_input", "action_id": "file", "filetypes": ["yaml"]}),
    ]
    blocks = [
        {"type": "input", "block_id": name, "label": plain(name), "element": element}
        for name, element in fields
    ]
    view = {"type": "modal", "title": plain("Form"), "submit": plain("Send"), "blocks": blocks}
    page.goto(f"{slack.url}/?user=U0ANA&channel={SHOP}")
    slack.client.views_open(trigger_id=slack.workspace.trigger("U0ANA"), view=view)
    form = page.locator(".modal")
    expect(form).to_be_visible()
    form.get_by_role("button", name="Send").click()
    expect(form).to_be_visible()
    form.locator("input[name=why]").fill("because")
    form.locator("select[name=menu]").select_option("1")
    form.locator("[data-file=file]").set_input_files(
        {"name": "p.yaml", "mimeType": "text/yaml", "buffer": b"a: 1\n"}
    )
    expect(form.locator("input[name=file]")).not_to_have_value("")
    form.get_by_role("button", name="Send").click()
    values = slack.next_payload("view_submission")["view"]["state"]["values"]
    assert values["text"]["why"]["value"] == "because"
    assert values["menu"]["menu"]["selected_option"]["value"] == "1"
    [file] = values["file"]["file"]["files"]
    assert file["name"] == "p.yaml" and slack.workspace.files[file["id"]].content == b"a: 1\n"


def test_a_dangerous_button_asks_and_no_means_no(slack: Slack, page: Page) -> None:
    question = {
        "title": plain("Delete?"),
        "text": plain("It is gone then."),
        "confirm": plain("Delete"),
        "deny": plain("Keep"),
        "style": "danger",
    }
    elements = [button("Delete…", "delete", style="danger", confirm=question)]
    slack.client.chat_postMessage(channel=SHOP, text="x", blocks=[{"type": "actions", "elements": elements}])
    page.goto(f"{slack.url}/?user=U0ANA&channel={SHOP}")
    page.get_by_role("button", name="Delete…").click()
    page.locator("#confirm").get_by_role("button", name="Keep").click()
    expect(page.locator("#confirm")).not_to_be_visible()
    assert slack.workspace.deliveries == []
    page.get_by_role("button", name="Delete…").click()
    page.locator("#confirm").get_by_role("button", name="Delete").click()
    assert slack.next_payload("block_actions")["actions"][0]["action_id"] == "delete"


def test_a_menu_chooses_and_a_permalink_leads_to_the_thread(slack: Slack, page: Page) -> None:
    options = [{"text": plain(word), "value": word} for word in ("first", "second")]
    menu = {"type": "static_select", "action_id": "pick", "placeholder": plain("Pick"), "options": options}
    root = slack.client.chat_postMessage(channel=SHOP, text="root")["ts"]
    blocks = [{"type": "actions", "elements": [menu]}]
    reply = slack.client.chat_postMessage(channel=SHOP, text="reply", thread_ts=root, blocks=blocks)["ts"]
    page.goto(slack.client.chat_getPermalink(channel=SHOP, message_ts=reply)["permalink"])
    page.locator("#thread select").select_option("second")
    assert slack.next_payload("block_actions")["actions"][0]["selected_option"]["value"] == "second"


def test_another_person_sees_her_own_channels(slack: Slack, page: Page) -> None:
    page.goto(f"{slack.url}/?user=U0ANA&channel={SHOP}")
    page.locator("aside .people a", has_text="tom").click()
    expect(page.locator("main header h2")).to_have_text("# shop-partner")
    expect(page.locator("aside nav").first.locator("a")).to_have_count(1)
