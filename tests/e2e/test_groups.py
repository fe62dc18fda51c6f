"""A role by user group, while Slack tells who is in it and while it does not."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Iterator

import pytest

from bot.access.directory import ASK_AGAIN
from tests.e2e.conftest import Office, office


@pytest.fixture(scope="module")
def forgetful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office in which memberships are read again after a second, and believed for five."""
    folder: pathlib.Path = tmp_path_factory.mktemp("groups")
    with office(folder, "socket", settings="groups: {refresh: 1s, grace: 5s}\n") as running_office:
        yield running_office


def test_a_member_of_the_group_may_and_after_the_grace_of_a_silent_slack_may_not(forgetful: Office) -> None:
    bot_office = forgetful
    assert (
        "Template by-group created"
        in bot_office.types("template create calico --name by-group", who="U0IDA").text
    )
    assert "group" in bot_office.types("whoami", who="U0IDA").text
    bot_office.sandbox.api.faults["usergroups.users.list"] = "unavailable"
    assert (
        "Template in-grace created"
        in bot_office.types("template create calico --name in-grace", who="U0IDA").text
    )
    time.sleep(5.5)
    assert "you are viewer" in bot_office.types("template create calico --name too-late", who="U0IDA").text
    bot_office.sandbox.api.faults.clear()
    time.sleep(ASK_AGAIN.total_seconds())
    assert "operator" in bot_office.types("whoami", who="U0IDA").text
    assert not any(template["name"] == "too-late" for template in bot_office.sandbox.cloud.templates.values())
