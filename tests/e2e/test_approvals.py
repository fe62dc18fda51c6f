"""Decisions by a second person, as people take them: in the thread, in a direct message, in the App Home."""

from __future__ import annotations

import getpass
import json
import pathlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.slack import plain_text
from sandbox.slack.model import Message
from tests.e2e.conftest import Office, Seen, office


def text_of(message: Message) -> str:
    return " ".join(" ".join(plain_text.lines(message.blocks)).split())


def card(here: Office, asked: Seen) -> Message:
    """The message with the buttons, as it is now."""
    assert asked.root is not None
    ts = next(m.ts for m in asked.messages if m.thread == asked.root.ts and "asked by" in text_of(m))
    return next(message for message in here.workspace.messages if message.ts == ts)


def ask_to_delete(here: Office, name: str, *, reason: str = "") -> Seen:
    sandbox = here.sandbox
    built = any(found["name"] == name for found in sandbox.cloud.clusters.values())
    if not built:
        here.types(f"cluster create {name} --template base-flannel --nodes 1")
    return here.types(f"cluster delete {name}" + (f' --reason "{reason}"' if reason else ""), who="U0EVA")


def direct_to_dee(here: Office, name: str) -> Message:
    channel = here.workspace.direct_message("U0DEE").id
    return here.hears(f"Delete the cluster {name}", channel=channel)


def buttons(message: Message) -> dict[str, tuple[Message, dict[str, Any]]]:
    return Seen(None, [message]).buttons()


def test_the_card_says_what_on_what_who_why_until_when_and_calls_who_may_decide(here: Office) -> None:
    asked = ask_to_delete(here, "card-eu", reason="nobody uses it")
    assert "🔐 Delete the cluster card-eu: waits for approval · asked by @U0EVA" in asked.line
    for part in (
        "This cannot be undone",
        "asked by @U0EVA: “nobody uses it”",
        "needs 1 approver other than who asked: @U0BO @U0DEE",
        "expires",
    ):
        assert part in asked.text, asked.text
    assert set(asked.buttons()) == {"Approve…", "Reject…"}
    log = here.types("audit --action cluster.delete --target card-eu", who="U0BO")
    assert "🔐" in log.text and "waits for approval" in log.text


def test_an_approver_who_is_not_in_the_channel_gets_it_directly_and_decides_there(here: Office) -> None:
    ask_to_delete(here, "direct-eu")
    message = direct_to_dee(here, "direct-eu")
    assert "Go to the thread" in text_of(message)
    here.clicks(buttons(message)["Reject…"], who="U0DEE")
    here.submits("U0DEE", here.form("U0DEE"), comment="it still has data")
    told = here.hears("@U0EVA 🚫 Delete the cluster direct-eu: rejected", channel="C0SHOP")
    assert "rejected by @U0DEE" in text_of(told) and "it still has data" in text_of(told)
    here.until(lambda: "rejected" in text_of(message) and not buttons(message))
    assert any(found["name"] == "direct-eu" for found in here.sandbox.cloud.clusters.values())


def test_who_asked_is_told_of_a_rejection_and_the_card_loses_its_buttons(here: Office) -> None:
    asked = ask_to_delete(here, "rejected-eu")
    here.clicks(asked.buttons()["Reject…"], who="U0BO")
    here.submits("U0BO", here.form("U0BO"), comment="not on a Friday")
    assert "You rejected" in text_of(here.hears("You rejected Delete the cluster rejected-eu", who="U0BO"))
    here.hears("@U0EVA 🚫 Delete the cluster rejected-eu: rejected")
    here.until(lambda: not buttons(card(here, asked)))
    assert "not on a Friday" in text_of(card(here, asked))
    assert asked.root is not None
    here.until(lambda: "rejected" in plain_text.lines(asked.root.blocks)[0])


def test_nobody_decides_over_their_own_request_and_an_operator_not_at_all(here: Office) -> None:
    asked = ask_to_delete(here, "own-eu")
    for who, said in (
        ("U0EVA", "it needs approver, you are admin"),
        ("U0ANA", "it needs approver, you are operator"),
    ):
        here.clicks(asked.buttons()["Approve…"], who=who)
        view = here.form(who)
        assert said in str(view.body["blocks"]), view.body["blocks"]
        here.sandbox.loopback.run(here.workspace.close_view(view.id))


def test_the_approver_types_the_name_and_a_wrong_one_decides_nothing(here: Office) -> None:
    asked = ask_to_delete(here, "typed-eu")
    here.clicks(asked.buttons()["Approve…"], who="U0BO")
    here.submits("U0BO", here.form("U0BO"), typed="typed")
    here.hears("That is not the name: typed", who="U0BO")
    assert "waits for approval" in text_of(card(here, asked)) or buttons(card(here, asked))
    here.clicks(asked.buttons()["Approve…"], who="U0BO")
    here.submits("U0BO", here.form("U0BO"), typed="typed-eu")
    here.hears("Cluster typed-eu deleted from shop", channel="C0SHOP")
    here.until(lambda: "approved by @U0BO" in text_of(card(here, asked)) and not buttons(card(here, asked)))
    assert not any(found["name"] == "typed-eu" for found in here.sandbox.cloud.clusters.values())


def test_who_has_left_the_channel_since_is_answered_directly(here: Office) -> None:
    asked = ask_to_delete(here, "left-eu")
    here.clicks(asked.buttons()["Approve…"], who="U0DEE")  # not a member of the channel
    here.submits("U0DEE", here.form("U0DEE"), typed="left-eu")
    here.hears("You approved Delete the cluster left-eu", channel=here.workspace.direct_message("U0DEE").id)
    here.hears("Cluster left-eu deleted from shop", channel="C0SHOP")


def test_a_button_on_an_old_message_tells_the_true_state(here: Office) -> None:
    asked = ask_to_delete(here, "old-eu")
    reject = asked.buttons()["Reject…"]
    here.clicks(reject, who="U0BO")
    first = here.form("U0BO")
    channel = here.workspace.direct_message("U0DEE").id
    old = buttons(here.hears("Delete the cluster old-eu", channel=channel))["Approve…"]
    here.clicks(old, who="U0DEE")
    second = here.form("U0DEE")
    here.submits("U0BO", first, comment="no")
    here.hears("You rejected Delete the cluster old-eu", who="U0BO")
    here.submits("U0DEE", second, typed="old-eu")
    here.hears("was rejected by bo", channel=channel)
    assert any(found["name"] == "old-eu" for found in here.sandbox.cloud.clusters.values())


def test_a_window_is_waited_for(here: Office) -> None:
    asked = ask_to_delete(here, "window-eu")
    here.clicks(asked.buttons()["Approve…"], who="U0BO")
    view = here.form("U0BO")
    here.submits("U0BO", view, typed="window-eu", not_before="25:00")
    assert "no time" in view.errors["not_before"]
    here.submits("U0BO", view, typed="window-eu", not_before="2026-01-01 10:00")
    assert "past" in view.errors["not_before"]
    soon = (datetime.now(UTC) + timedelta(hours=2)).strftime("%Y-%m-%d %H:%M")
    here.submits("U0BO", view, typed="window-eu", not_before=soon)
    here.hears("You approved Delete the cluster window-eu: not before", who="U0BO")
    here.until(lambda: "not before" in text_of(card(here, asked)))
    assert any(found["name"] == "window-eu" for found in here.sandbox.cloud.clusters.values())
    listed = here.types("approvals", who="U0EVA")
    assert "Delete the cluster window-eu: approved, begins" in listed.text


def test_what_is_open_is_listed_and_taken_back_by_who_asked(here: Office) -> None:
    asked = ask_to_delete(here, "back-eu")
    listed = here.types("approvals", who="U0EVA")
    assert "Delete the cluster back-eu: waits for approval" in listed.text
    identity = (
        listed.text.split("Delete the cluster back-eu: waits for approval")[1].split("id ")[1].split()[0]
    )
    assert "Only who asked can take it back" in here.types(f"approvals withdraw {identity}", who="U0BO").text
    assert (
        "You took Delete the cluster back-eu back"
        in here.types(f"approvals withdraw {identity}", who="U0EVA").text
    )
    here.until(lambda: "withdrawn by @U0EVA" in text_of(card(here, asked)) and not buttons(card(here, asked)))


def test_what_is_asked_for_in_a_terminal_is_decided_in_the_projects_channel(here: Office) -> None:
    configuration = here.bot.folder / "xk8s.yaml"
    text = configuration.read_text()
    configuration.write_text(
        text.replace(
            "admin: {users: [U0BO, U0EVA]}",
            f"admin: {{users: [U0BO, U0EVA], terminal: [{getpass.getuser()}]}}",
        )
    )
    here.types("cluster create shell-eu --template base-flannel --nodes 1")
    done = here.bot.run("run", "cluster delete shell-eu")
    configuration.write_text(text)
    assert done.returncode == 0 and "waits for approval" in done.stdout, done.stdout + done.stderr
    message = here.hears(
        "Delete the cluster shell-eu: waits for approval · asked by terminal:", channel="C0SHOP"
    )
    found = here.until(
        lambda: next(
            (
                m
                for m in here.workspace.messages
                if m.thread == message.ts and "asked by terminal:" in text_of(m) and buttons(m)
            ),
            None,
        )
    )
    here.clicks(buttons(found)["Reject…"], who="U0BO")
    here.submits("U0BO", here.form("U0BO"), comment="no")
    here.hears("Delete the cluster shell-eu: rejected", channel="C0SHOP")


def home_of(here: Office, who: str) -> str:
    view = here.workspace.homes.get(who)
    return " ".join(" ".join(plain_text.lines(view.body["blocks"])).split()) if view else ""


def test_the_home_shows_what_waits_and_what_was_done_and_changes_with_it(here: Office) -> None:
    here.types("verify flannel dev-eu")
    here.sandbox.loopback.run(here.workspace.open_app("U0BO"))
    here.until(lambda: "WAITS FOR YOUR APPROVAL" in home_of(here, "U0BO"))
    asked = ask_to_delete(here, "home-eu", reason="moved")
    here.until(lambda: "Delete the cluster home-eu in shop" in home_of(here, "U0BO"))
    assert "asked by @U0EVA: “moved”" in home_of(here, "U0BO")
    assert "dev-eu in shop: healthy" in home_of(here, "U0BO")
    view = here.workspace.homes["U0BO"]
    blocks = view.body["blocks"]
    at = next(
        n for n, block in enumerate(blocks) if "home-eu" in json.dumps(block) and block["type"] == "section"
    )
    approve = next(e for e in blocks[at + 1]["elements"] if e["text"]["text"] == "Approve…")
    here.sandbox.loopback.run(
        here.workspace.click_view("U0BO", view.id, approve["action_id"], block_id=blocks[at + 1]["block_id"])
    )
    here.submits("U0BO", here.form("U0BO"), typed="home-eu")
    here.hears("Cluster home-eu deleted from shop", channel="C0SHOP")
    here.until(lambda: "home-eu in shop" not in home_of(here, "U0BO"))
    assert "approvals decide" in home_of(here, "U0BO")
    here.until(lambda: not buttons(card(here, asked)))


def test_who_has_no_role_sees_a_home_that_says_so(here: Office) -> None:
    here.sandbox.loopback.run(here.workspace.open_app("U0GIL"))
    here.until(lambda: "You have no role in any project" in home_of(here, "U0GIL"))


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office in which approvals end after seconds, and a reason is a must."""
    folder: pathlib.Path = tmp_path_factory.mktemp("hurried")
    settings = "approvals: {expire: 6s, remind: 3s, reason: true, approvers: 2}\n"
    with office(folder, "socket", settings=settings) as made:
        yield made


def test_a_reason_is_asked_for_where_it_is_a_must(hurried: Office) -> None:
    hurried.types("cluster create why-eu --template base-flannel --nodes 1")
    seen = hurried.types("cluster delete why-eu", who="U0EVA")
    assert "Whoever decides wants to know why" in seen.text and "--reason" in seen.text


def test_there_is_one_reminder_and_then_it_expires_and_nothing_is_done(hurried: Office) -> None:
    asked = ask_to_delete(hurried, "late-eu", reason="old")
    assert "needs 2 approvers" in asked.text
    hurried.clicks(asked.buttons()["Approve…"], who="U0BO")
    hurried.submits("U0BO", hurried.form("U0BO"), typed="late-eu")
    hurried.hears("It needs 1 more approver", who="U0BO")
    hurried.hears("⏰ Delete the cluster late-eu still waits", channel="C0SHOP")
    hurried.hears("@U0EVA ⌛ Delete the cluster late-eu: expired", channel="C0SHOP")
    hurried.until(lambda: not buttons(card(hurried, asked)))
    reminders = [
        m for m in hurried.workspace.messages if "late-eu still waits" in text_of(m) and m.channel == "C0SHOP"
    ]
    assert len(reminders) == 1
    assert any(found["name"] == "late-eu" for found in hurried.sandbox.cloud.clusters.values())


def test_what_has_changed_since_voids_the_approval_and_is_named(here: Office) -> None:
    asked = ask_to_delete(here, "void-eu")
    found = next(each for each in here.sandbox.cloud.clusters.values() if each["name"] == "void-eu")
    here.clicks(asked.buttons()["Approve…"], who="U0BO")
    view = here.form("U0BO")
    here.sandbox.cloud.clusters.pop(found["uuid"])
    twin = {**found, "uuid": "33333333-2222-4333-8444-555555555555"}
    here.sandbox.cloud.clusters[twin["uuid"]] = twin
    here.submits("U0BO", view, typed="void-eu")
    said = here.hears("What was approved has changed since, so nothing was done", channel="C0SHOP")
    assert "target:" in text_of(said)
    here.until(lambda: "void:" in text_of(card(here, asked)))
    assert twin["uuid"] in here.sandbox.cloud.clusters
    here.sandbox.cloud.clusters.pop(twin["uuid"])
