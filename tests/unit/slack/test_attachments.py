"""A file becomes the manifest of an action that wants one, within bounds."""

from __future__ import annotations

from typing import Any

import pytest

from bot.actions.policies import PolicyPreview
from bot.actions.request import AttachedFile, EntryPoint, IncomingRequest
from bot.common.problems import Problem
from bot.policy.errors import InvalidManifest
from bot.policy.yaml_document import LARGEST
from bot.slack.attachments import FileNotTaken, SlackAttachments
from tests.unit.slack.examples.policies import action
from tests.unit.slack.examples.requests import request


class FakeSlack:
    """Files by URL; remembers what was asked for."""

    def __init__(self, content: bytes | None = b"kind: x", info: dict[str, Any] | None = None) -> None:
        self.content, self.info = content, info or {}
        self.downloads: list[tuple[str, int]] = []

    def download(self, url: str, *, most: int) -> bytes | None:
        self.downloads.append((url, most))
        if url == "broken":
            raise Problem("Slack refused the download", why="HTTP 403")
        return self.content

    def file_info(self, file: str) -> dict[str, Any]:
        return self.info


def mention(*files: AttachedFile) -> IncomingRequest:
    return request(EntryPoint.MENTION, files=files)


LACKS = PolicyPreview(cluster="c", namespace="shop", yaml=True)
FILE = AttachedFile(id="F1", name="p.yaml", size=7, url="https://files.slack.com/F1")


def test_a_file_becomes_the_manifest_of_words_that_want_one_and_of_no_others() -> None:
    slack = FakeSlack()
    completed = SlackAttachments(slack).complete(mention(FILE), LACKS)
    assert isinstance(completed, PolicyPreview) and completed.manifest == "kind: x"
    assert slack.downloads == [("https://files.slack.com/F1", LARGEST)]
    for words in (action(), LACKS.model_copy(update={"manifest": "given"})):
        assert SlackAttachments(FakeSlack()).complete(mention(FILE), words) is words
    assert SlackAttachments(FakeSlack()).complete(mention(), LACKS) is LACKS


def test_a_file_of_a_shared_channel_is_asked_about_first() -> None:
    slack = FakeSlack(info={"url_private_download": "https://files.slack.com/F2", "size": 7})
    SlackAttachments(slack).complete(mention(AttachedFile(id="F2")), LACKS)
    assert slack.downloads == [("https://files.slack.com/F2", LARGEST)]


def test_a_large_file_is_refused_without_reading_it() -> None:
    slack = FakeSlack()
    with pytest.raises(InvalidManifest, match="too large"):
        SlackAttachments(slack).complete(mention(FILE.model_copy(update={"size": 10_000_000})), LACKS)
    assert slack.downloads == []
    with pytest.raises(InvalidManifest, match="too large"):
        SlackAttachments(FakeSlack(info={"url_private": "u", "size": LARGEST + 1})).complete(
            mention(AttachedFile(id="F2")), LACKS
        )
    with pytest.raises(InvalidManifest, match="too large"):
        SlackAttachments(FakeSlack(content=None)).complete(
            mention(FILE.model_copy(update={"size": None})), LACKS
        )


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    completed = SlackAttachments(FakeSlack(content=b"\xef\xbb\xbfkind: x")).complete(mention(FILE), LACKS)
    assert isinstance(completed, PolicyPreview) and completed.manifest == "kind: x"


@pytest.mark.parametrize(
    ("slack", "files", "headline"),
    [
        (FakeSlack(), (FILE, FILE), "There are 2 files"),
        (FakeSlack(content=b"\xff\xfe"), (FILE,), "The file p.yaml is no text"),
        (FakeSlack(), (FILE.model_copy(update={"url": "broken"}),), "The file p.yaml could not be read"),
        (
            FakeSlack(info={"url_private": "broken", "name": "q.yaml"}),
            (AttachedFile(id="F2"),),
            "The file F2 could not be read",
        ),
    ],
    ids=["two", "no-text", "broken", "broken-in-a-shared-channel"],
)
def test_what_cannot_be_read_is_refused_with_the_way_out(
    slack: FakeSlack, files: tuple[AttachedFile, ...], headline: str
) -> None:
    with pytest.raises(FileNotTaken, match=headline) as raised:
        SlackAttachments(slack).complete(mention(*files), LACKS)
    assert raised.value.fix
