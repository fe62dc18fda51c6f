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


def card(bot_office: Office, request: Seen) -> Message:
    """The message with the buttons, as it is now."""
    assert request.root is not None
    ts = next(m.ts for m in request.messages if m.thread == request.root.ts and "asked by" in text_of(m))
    return next(message for message in bot_office.workspace.messages if message.ts == ts)


def ask_to_delete(bot_office: Office, name: str, *, reason: str = "") -> Seen:
    sandbox = bot_office.sandbox
    built = any(cluster["name"] == name for cluster in sandbox.cloud.clusters.values())
    if not built:
        bot_office.types(f"cluster create {name} --template base-flannel --nodes 1")
    return bot_office.types(
        f"cluster delete {name}" + (f' --reason "{reason}"' if reason else ""), who="U0EVA"
    )


def direct_to_dee(bot_office: Office, name: str) -> Message:
    channel = bot_office.workspace.direct_message("U0DEE").id
    return bot_office.hears(f"Delete the cluster {name}", channel=channel)


def buttons(message: Message) -> dict[str, tuple[Message, dict[str, Any]]]:
    return Seen(None, [message]).buttons()


def test_the_card_says_what_on_what_who_why_until_when_and_calls_who_may_decide(bot_office: Office) -> None:
    request = ask_to_delete(bot_office, "card-eu", reason="nobody uses it")
    assert "🔐 Delete the cluster card-eu: waits for approval · asked by @U0EVA" in request.line
    for part in (
        "This cannot be undone",
        "asked by @U0EVA: “nobody uses it”",
        "needs 1 approver other than who asked: @U0BO @U0DEE",
        "expires",
    ):
        assert part in request.text, request.text
    assert set(request.buttons()) == {"Approve…", "Reject…"}
    log = bot_office.types("audit --action cluster.delete --target card-eu", who="U0BO")
    assert "🔐" in log.text and "waits for approval" in log.text


def test_an_approver_who_is_not_in_the_channel_gets_it_directly_and_decides_there(bot_office: Office) -> None:
    ask_to_delete(bot_office, "direct-eu")
    message = direct_to_dee(bot_office, "direct-eu")
    assert "Go to the thread" in text_of(message)
    bot_office.clicks(buttons(message)["Reject…"], who="U0DEE")
    bot_office.submits("U0DEE", bot_office.form("U0DEE"), comment="it still has data")
    notice = bot_office.hears("@U0EVA 🚫 Delete the cluster direct-eu: rejected", channel="C0SHOP")
    assert "rejected by @U0DEE" in text_of(notice) and "it still has data" in text_of(notice)
    bot_office.until(lambda: "rejected" in text_of(message) and not buttons(message))
    assert any(cluster["name"] == "direct-eu" for cluster in bot_office.sandbox.cloud.clusters.values())


def test_who_asked_is_told_of_a_rejection_and_the_card_loses_its_buttons(bot_office: Office) -> None:
    request = ask_to_delete(bot_office, "rejected-eu")
    bot_office.clicks(request.buttons()["Reject…"], who="U0BO")
    bot_office.submits("U0BO", bot_office.form("U0BO"), comment="not on a Friday")
    assert "You rejected" in text_of(
        bot_office.hears("You rejected Delete the cluster rejected-eu", who="U0BO")
    )
    bot_office.hears("@U0EVA 🚫 Delete the cluster rejected-eu: rejected")
    bot_office.until(lambda: not buttons(card(bot_office, request)))
    assert "not on a Friday" in text_of(card(bot_office, request))
    assert request.root is not None
    bot_office.until(lambda: "rejected" in plain_text.lines(request.root.blocks)[0])


def test_nobody_decides_over_their_own_request_and_an_operator_not_at_all(bot_office: Office) -> None:
    request = ask_to_delete(bot_office, "own-eu")
    for who, refusal in (
        ("U0EVA", "it needs approver, you are admin"),
        ("U0ANA", "it needs approver, you are operator"),
    ):
        bot_office.clicks(request.buttons()["Approve…"], who=who)
        view = bot_office.form(who)
        assert refusal in str(view.body["blocks"]), view.body["blocks"]
        bot_office.sandbox.loopback.run(bot_office.workspace.close_view(view.id))


def test_the_approver_types_the_name_and_a_wrong_one_decides_nothing(bot_office: Office) -> None:
    request = ask_to_delete(bot_office, "typed-eu")
    bot_office.clicks(request.buttons()["Approve…"], who="U0BO")
    bot_office.submits("U0BO", bot_office.form("U0BO"), typed="typed")
    bot_office.hears("That is not the name: typed", who="U0BO")
    assert "waits for approval" in text_of(card(bot_office, request)) or buttons(card(bot_office, request))
    bot_office.clicks(request.buttons()["Approve…"], who="U0BO")
    bot_office.submits("U0BO", bot_office.form("U0BO"), typed="typed-eu")
    bot_office.hears("Cluster typed-eu deleted from shop", channel="C0SHOP")
    bot_office.until(
        lambda: (
            "approved by @U0BO" in text_of(card(bot_office, request))
            and not buttons(card(bot_office, request))
        )
    )
    assert not any(cluster["name"] == "typed-eu" for cluster in bot_office.sandbox.cloud.clusters.values())


def test_who_has_left_the_channel_since_is_answered_directly(bot_office: Office) -> None:
    request = ask_to_delete(bot_office, "left-eu")
    bot_office.clicks(request.buttons()["Approve…"], who="U0DEE")  # not a member of the channel
    bot_office.submits("U0DEE", bot_office.form("U0DEE"), typed="left-eu")
    bot_office.hears(
        "You approved Delete the cluster left-eu", channel=bot_office.workspace.direct_message("U0DEE").id
    )
    bot_office.hears("Cluster left-eu deleted from shop", channel="C0SHOP")


def test_a_button_on_an_old_message_tells_the_true_state(bot_office: Office) -> None:
    request = ask_to_delete(bot_office, "old-eu")
    reject = request.buttons()["Reject…"]
    bot_office.clicks(reject, who="U0BO")
    first = bot_office.form("U0BO")
    channel = bot_office.workspace.direct_message("U0DEE").id
    old = buttons(bot_office.hears("Delete the cluster old-eu", channel=channel))["Approve…"]
    bot_office.clicks(old, who="U0DEE")
    second = bot_office.form("U0DEE")
    bot_office.submits("U0BO", first, comment="no")
    bot_office.hears("You rejected Delete the cluster old-eu", who="U0BO")
    bot_office.submits("U0DEE", second, typed="old-eu")
    bot_office.hears("was rejected by bo", channel=channel)
    assert any(cluster["name"] == "old-eu" for cluster in bot_office.sandbox.cloud.clusters.values())


def test_a_window_is_waited_for(bot_office: Office) -> None:
    request = ask_to_delete(bot_office, "window-eu")
    bot_office.clicks(request.buttons()["Approve…"], who="U0BO")
    view = bot_office.form("U0BO")
    bot_office.submits("U0BO", view, typed="window-eu", not_before="25:00")
    assert "no time" in view.errors["not_before"]
    bot_office.submits("U0BO", view, typed="window-eu", not_before="2026-01-01 10:00")
    assert "past" in view.errors["not_before"]
    soon = (datetime.now(UTC) + timedelta(hours=2)).strftime("%Y-%m-%d %H:%M")
    bot_office.submits("U0BO", view, typed="window-eu", not_before=soon)
    bot_office.hears("You approved Delete the cluster window-eu: not before", who="U0BO")
    bot_office.until(lambda: "not before" in text_of(card(bot_office, request)))
    assert any(cluster["name"] == "window-eu" for cluster in bot_office.sandbox.cloud.clusters.values())
    listed = bot_office.types("approvals", who="U0EVA")
    assert "Delete the cluster window-eu: approved, begins" in listed.text


def test_what_is_open_is_listed_and_taken_back_by_who_asked(bot_office: Office) -> None:
    request = ask_to_delete(bot_office, "back-eu")
    listed = bot_office.types("approvals", who="U0EVA")
    assert "Delete the cluster back-eu: waits for approval" in listed.text
    identity = (
        listed.text.split("Delete the cluster back-eu: waits for approval")[1].split("id ")[1].split()[0]
    )
    assert (
        "Only who asked can take it back"
        in bot_office.types(f"approvals withdraw {identity}", who="U0BO").text
    )
    assert (
        "You took Delete the cluster back-eu back"
        in bot_office.types(f"approvals withdraw {identity}", who="U0EVA").text
    )
    bot_office.until(
        lambda: (
            "withdrawn by @U0EVA" in text_of(card(bot_office, request))
            and not buttons(card(bot_office, request))
        )
    )


def test_what_is_asked_for_in_a_terminal_is_decided_in_the_projects_channel(bot_office: Office) -> None:
    configuration = bot_office.bot.folder / "xk8s.yaml"
    text = configuration.read_text()
    configuration.write_text(
        text.replace(
            "admin: {users: [U0BO, U0EVA]}",
            f"admin: {{users: [U0BO, U0EVA], terminal: [{getpass.getuser()}]}}",
        )
    )
    bot_office.types("cluster create shell-eu --template base-flannel --nodes 1")
    done = bot_office.bot.run("run", "cluster delete shell-eu")
    configuration.write_text(text)
    assert done.returncode == 0 and "waits for approval" in done.stdout, done.stdout + done.stderr
    message = bot_office.hears(
        "Delete the cluster shell-eu: waits for approval · asked by terminal:", channel="C0SHOP"
    )
    card_message = bot_office.until(
        lambda: next(
            (
                m
                for m in bot_office.workspace.messages
                if m.thread == message.ts and "asked by terminal:" in text_of(m) and buttons(m)
            ),
            None,
        )
    )
    bot_office.clicks(buttons(card_message)["Reject…"], who="U0BO")
    bot_office.submits("U0BO", bot_office.form("U0BO"), comment="no")
    bot_office.hears("Delete the cluster shell-eu: rejected", channel="C0SHOP")


def home_of(bot_office: Office, who: str) -> str:
    view = bot_office.workspace.homes.get(who)
    return " ".join(" ".join(plain_text.lines(view.body["blocks"])).split()) if view else ""


def test_the_home_shows_what_waits_and_what_was_done_and_changes_with_it(bot_office: Office) -> None:
    bot_office.types("verify flannel dev-eu")
    bot_office.sandbox.loopback.run(bot_office.workspace.open_app("U0BO"))
    bot_office.until(lambda: "WAITS FOR YOUR APPROVAL" in home_of(bot_office, "U0BO"))
    request = ask_to_delete(bot_office, "home-eu", reason="moved")
    bot_office.until(lambda: "Delete the cluster home-eu in shop" in home_of(bot_office, "U0BO"))
    assert "asked by @U0EVA: “moved”" in home_of(bot_office, "U0BO")
    assert "dev-eu in shop: healthy" in home_of(bot_office, "U0BO")
    view = bot_office.workspace.homes["U0BO"]
    blocks = view.body["blocks"]
    at = next(
        n for n, block in enumerate(blocks) if "home-eu" in json.dumps(block) and block["type"] == "section"
    )
    approve = next(e for e in blocks[at + 1]["elements"] if e["text"]["text"] == "Approve…")
    bot_office.sandbox.loopback.run(
        bot_office.workspace.click_view(
            "U0BO", view.id, approve["action_id"], block_id=blocks[at + 1]["block_id"]
        )
    )
    bot_office.submits("U0BO", bot_office.form("U0BO"), typed="home-eu")
    bot_office.hears("Cluster home-eu deleted from shop", channel="C0SHOP")
    bot_office.until(lambda: "home-eu in shop" not in home_of(bot_office, "U0BO"))
    assert "approvals decide" in home_of(bot_office, "U0BO")
    bot_office.until(lambda: not buttons(card(bot_office, request)))


def test_who_has_no_role_sees_a_home_that_says_so(bot_office: Office) -> None:
    bot_office.sandbox.loopback.run(bot_office.workspace.open_app("U0GIL"))
    bot_office.until(lambda: "You have no role in any project" in home_of(bot_office, "U0GIL"))


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office in which approvals end after seconds, and a reason is a must."""
    folder: pathlib.Path = tmp_path_factory.mktemp("hurried")
    settings = "approvals: {expire: 6s, remind: 3s, reason: true, approvers: 2}\n"
    with office(folder, "socket", settings=settings) as running_office:
        yield running_office


def test_a_reason_is_asked_for_where_it_is_a_must(hurried: Office) -> None:
    hurried.types("cluster create why-eu --template base-flannel --nodes 1")
    answer = hurried.types("cluster delete why-eu", who="U0EVA")
    assert "Whoever decides wants to know why" in answer.text and "--reason" in answer.text


def test_there_is_one_reminder_and_then_it_expires_and_nothing_is_done(hurried: Office) -> None:
    request = ask_to_delete(hurried, "late-eu", reason="old")
    assert "needs 2 approvers" in request.text
    hurried.clicks(request.buttons()["Approve…"], who="U0BO")
    hurried.submits("U0BO", hurried.form("U0BO"), typed="late-eu")
    hurried.hears("It needs 1 more approver", who="U0BO")
    hurried.hears("⏰ Delete the cluster late-eu still waits", channel="C0SHOP")
    hurried.hears("@U0EVA ⌛ Delete the cluster late-eu: expired", channel="C0SHOP")
    hurried.until(lambda: not buttons(card(hurried, request)))
    reminders = [
        m for m in hurried.workspace.messages if "late-eu still waits" in text_of(m) and m.channel == "C0SHOP"
    ]
    assert len(reminders) == 1
    assert any(cluster["name"] == "late-eu" for cluster in hurried.sandbox.cloud.clusters.values())


def test_what_has_changed_since_voids_the_approval_and_is_named(bot_office: Office) -> None:
    request = ask_to_delete(bot_office, "void-eu")
    original = next(
        cluster for cluster in bot_office.sandbox.cloud.clusters.values() if cluster["name"] == "void-eu"
    )
    bot_office.clicks(request.buttons()["Approve…"], who="U0BO")
    view = bot_office.form("U0BO")
    bot_office.sandbox.cloud.clusters.pop(original["uuid"])
    twin = {**original, "uuid": "33333333-2222-4333-8444-555555555555"}
    bot_office.sandbox.cloud.clusters[twin["uuid"]] = twin
    bot_office.submits("U0BO", view, typed="void-eu")
    notice = bot_office.hears("What was approved has changed since, so nothing was done", channel="C0SHOP")
    assert "target:" in text_of(notice)
    bot_office.until(lambda: "void:" in text_of(card(bot_office, request)))
    assert twin["uuid"] in bot_office.sandbox.cloud.clusters
    bot_office.sandbox.cloud.clusters.pop(twin["uuid"])
