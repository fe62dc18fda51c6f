"""What people see of policies: dangers first and in red, the way back, and what is offered next."""

from __future__ import annotations

from typing import Any

import pytest

from bot.actions.policies import PolicyApply, PolicyPreview, PolicyRollback
from bot.actions.request import Attached, Entry, IncomingRequest, OperationId, Person, Place
from bot.common.problems import Problem
from bot.policy.errors import BadManifest
from bot.policy.post_check import PostCheck
from bot.policy.preview import Takeover
from bot.policy.reach.model import PolicyRef
from bot.policy.yaml_document import LARGEST
from bot.slack import kit, payloads, plain_text
from bot.slack.attachments import FileNotTaken, SlackAttachments
from bot.slack.forms import catalog as forms
from bot.slack.forms import policy as form
from bot.slack.views import policy_changes, policy_preview
from tests.unit.policy.builders import computed, manifest, where
from tests.unit.slack.policies import FOREIGN, NOW, asked, changed, preview, shown


def buttons(rendered: kit.Rendered) -> dict[str, kit.Button]:
    return {
        element["button"].label: element["button"]
        for message in rendered.messages
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    }


def text(rendered: kit.Rendered) -> str:
    return "\n".join(line for message in rendered.messages for line in plain_text.lines(message.blocks))


# --- previews


def test_what_makes_the_verdict_incomplete_stands_before_everything_else() -> None:
    said = text(policy_preview.show_preview(shown(preview(foreign=FOREIGN))))
    assert said.startswith("⚠️ Incomplete") and "…and 25 more" in said


def test_an_apply_that_closes_is_red_last_and_asks_again() -> None:
    offered = buttons(policy_preview.show_preview(shown(preview(selected=3, where=where(production=True)))))
    apply = offered["Apply"]
    assert list(offered)[-1] == "Apply" and apply.style == "danger" and apply.confirm is not None
    assert "Closes" in apply.confirm.text and "production" in apply.confirm.text
    assert apply.action == PolicyApply(preset="deny-all", cluster="prod-eu", namespace="shop")


def test_an_apply_that_closes_nothing_needs_no_question() -> None:
    apply = buttons(policy_preview.show_preview(shown(preview(changes=()))))["Apply"]
    assert apply.style == "primary" and apply.confirm is None


def test_taking_over_is_said_on_the_button_and_in_its_question() -> None:
    taken = preview(takeovers=(Takeover(manager="helm", field=".spec.egress"),))
    apply = buttons(policy_preview.show_preview(shown(taken)))["Take over and apply"]
    assert isinstance(apply.action, PolicyApply) and apply.action.force_conflicts
    assert apply.confirm is not None and "Takes 1 field over from helm" in apply.confirm.text


@pytest.mark.parametrize(
    ("open_before", "said"),
    [
        ([{"ports": [{"port": 80}]}], "TCP 80"),
        ([{"ports": [{"port": 80}]}, {"ports": [{"protocol": "UDP"}]}], "TCP 80,UDP"),
    ],
)
def test_ports_are_told_in_the_shorter_way(open_before: list[Any], said: str) -> None:
    before = manifest("lets", policyTypes=["Ingress"], ingress=open_before)
    closes = computed(None, before, ref=PolicyRef("shop", "lets")).preview
    assert f"all ports but {said}" in text(policy_changes.show_change(changed(preview=closes)))
    opens = computed(before, manifest("deny", policyTypes=["Ingress"])).preview
    assert f"redis  {said}" in text(policy_changes.show_change(changed(preview=opens)))


def test_what_cannot_be_applied_is_not_offered() -> None:
    offered = buttons(
        policy_preview.show_preview(shown(preview(selected=3), may_apply=False, dns_helps=False))
    )
    assert set(offered) == {"What is open there?", "Cancel"} and offered["Cancel"].dismisses


def test_adding_dns_previews_the_same_words_again() -> None:
    again = buttons(policy_preview.show_preview(shown(preview(selected=3))))[
        "Add allow-dns and preview again"
    ]
    assert again.action == asked().model_copy(update={"allow_dns": True}) and isinstance(
        again.action, PolicyPreview
    )


def test_what_would_change_is_a_picture_a_list_and_the_manifest() -> None:
    small, large = (
        policy_preview.show_preview(shown(found)).files for found in (preview(selected=3), preview())
    )
    assert [file.name for file in large] == ["deny-prod-eu.png", "deny-prod-eu.txt", "deny.yaml"]
    assert small[0].title == "deny on prod-eu / shop: before and after" and small[0].content.startswith(
        b"\x89PNG"
    )
    assert len(large[1].content.splitlines()) > 100


# --- what came of it


def test_what_was_accepted_is_not_said_to_be_enforced_and_can_be_taken_back() -> None:
    rendered = policy_changes.show_change(changed())
    assert "Accepted by the API; enforcement not measured" in text(rendered)
    back = buttons(rendered)["Roll back"]
    assert back.style == "danger" and back.confirm is not None and isinstance(back.action, PolicyRollback)
    assert "policy rollback 7f3a" in text(rendered)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"note": "nobody knows"}, "It cannot be taken back: nobody knows"),
        ({"leaving": True}, "a finalizer still keeps it"),
    ],
)
def test_what_cannot_be_taken_back_offers_no_way_back(more: dict[str, Any], said: str) -> None:
    rendered = policy_changes.show_change(changed(**more))
    assert said in text(rendered) and not buttons(rendered)


def test_what_is_not_as_previewed_is_named() -> None:
    differs = PostCheck(
        changes=preview(selected=3).changes, came=(), went=(), policies=("shop/other was made",)
    )
    said = text(policy_changes.show_change(changed(aftermath=differs)))
    assert "Not as previewed" in said and "the policy shop/other was made" in said


# --- a policy of one's own


def test_words_that_lack_their_yaml_open_a_form_and_others_do_not() -> None:
    lacks = PolicyPreview(cluster="c", namespace="shop", yaml=True)
    assert forms.opens_form(lacks) and not forms.opens_form(asked())
    assert not forms.opens_form(lacks.model_copy(update={"manifest": "x"}))


@pytest.mark.parametrize(
    ("fields", "files", "wrong"),
    [
        ({"manifest": ""}, 0, "Paste the YAML or pick a file."),
        ({"manifest": "kind: x"}, 1, "Either the YAML or a file, not both."),
        ({"manifest": "a: ["}, 0, "This is no YAML"),
        ({"manifest": "kind: Secret\napiVersion: v1"}, 0, "This is a Secret, not a NetworkPolicy"),
        ({"manifest": "kind: NetworkPolicy\napiVersion: networking.k8s.io/v1"}, 0, ""),
        ({"manifest": None}, 1, ""),
    ],
)
def test_a_form_is_checked_before_it_closes(fields: dict[str, Any], files: int, wrong: str) -> None:
    found = forms.form_errors(f"{kit.FORM}.{form.NAME}", fields, files=files)
    assert found.get("manifest", "").startswith(wrong) and bool(found) == bool(wrong)


class FakeSlack:
    """Files by URL; remembers what was asked for."""

    def __init__(self, content: bytes | None = b"kind: x", info: dict[str, object] | None = None) -> None:
        self.content, self.info, self.asked = content, info or {}, []

    def download(self, url: str, *, most: int) -> bytes | None:
        self.asked.append((url, most))
        if url == "broken":
            raise Problem("Slack refused the download", why="HTTP 403")
        return self.content

    def file_info(self, file: str) -> dict[str, object]:
        return self.info


def request(*files: Attached) -> IncomingRequest:
    return IncomingRequest(
        key="k",
        operation=OperationId("7f3a" * 8),
        entry=Entry.MENTION,
        person=Person(id="U1"),
        place=Place(channel="C1"),
        received=NOW,
        files=files,
    )


LACKS = PolicyPreview(cluster="c", namespace="shop", yaml=True)
FILE = Attached(id="F1", name="p.yaml", size=7, url="https://files.slack.com/F1")


def test_a_file_becomes_the_manifest_of_words_that_want_one_and_of_no_others() -> None:
    slack = FakeSlack()
    done = SlackAttachments(slack).complete(request(FILE), LACKS)
    assert isinstance(done, PolicyPreview) and done.manifest == "kind: x"
    assert slack.asked == [("https://files.slack.com/F1", LARGEST)]
    for words in (asked(), LACKS.model_copy(update={"manifest": "given"})):
        assert SlackAttachments(FakeSlack()).complete(request(FILE), words) is words
    assert SlackAttachments(FakeSlack()).complete(request(), LACKS) is LACKS


def test_a_file_of_a_shared_channel_is_asked_about_first() -> None:
    slack = FakeSlack(info={"url_private_download": "https://files.slack.com/F2", "size": 7})
    SlackAttachments(slack).complete(request(Attached(id="F2")), LACKS)
    assert slack.asked == [("https://files.slack.com/F2", LARGEST)]


def test_a_large_file_is_refused_without_reading_it() -> None:
    slack = FakeSlack()
    with pytest.raises(BadManifest, match="too large"):
        SlackAttachments(slack).complete(request(FILE.model_copy(update={"size": 10_000_000})), LACKS)
    assert slack.asked == []
    with pytest.raises(BadManifest, match="too large"):
        SlackAttachments(FakeSlack(content=None)).complete(
            request(FILE.model_copy(update={"size": None})), LACKS
        )


@pytest.mark.parametrize(
    ("slack", "files", "said"),
    [
        (FakeSlack(), (FILE, FILE), "There are 2 files"),
        (FakeSlack(content=b"\xff\xfe"), (FILE,), "is no text"),
        (FakeSlack(), (FILE.model_copy(update={"url": "broken"}),), "could not be read"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_way_out(
    slack: FakeSlack, files: tuple[Attached, ...], said: str
) -> None:
    with pytest.raises(FileNotTaken, match=said) as told:
        SlackAttachments(slack).complete(request(*files), LACKS)
    assert told.value.fix


def test_files_are_read_from_mentions_and_forms() -> None:
    file = {
        "id": "F1",
        "name": "p.yaml",
        "size": 7,
        "url_private": "u",
        "url_private_download": "d",
        "mimetype": "text/plain",
    }
    event = {
        "type": "app_mention",
        "user": "U1",
        "text": "<@U9> x",
        "ts": "1.0",
        "channel": "C1",
        "files": [file, {"id": "F2", "file_access": "check_file_info"}],
    }
    made = payloads.from_mention({"event": event, "team_id": "T"}, bot_user="U9", now=NOW)
    assert made.files == (Attached(id="F1", name="p.yaml", size=7, url="d"), Attached(id="F2"))
    view = {
        "id": "V1",
        "private_metadata": "o",
        "state": {
            "values": {
                "file": {"file": {"type": "file_input", "files": [file]}},
                "manifest": {"manifest": {"type": "plain_text_input", "value": None}},
            }
        },
    }
    body = {"view": view, "user": {"id": "U1"}, "team": {"id": "T"}}
    assert [each.id for each in payloads.from_form(body, now=NOW).files] == ["F1"]
    assert payloads.from_mention({"event": {**event, "files": None}}, bot_user="U9", now=NOW).files == ()
