"""The audit log as people use it: looked through, verified, anchored in a channel, exported, sealed."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import pathlib
import re
import sqlite3
import uuid
from collections.abc import Iterator

import pytest

from sandbox.installation import EDGE_TOKEN
from tests.e2e.conftest import Office, office

ANCHORED = "audit: {anchor_channel: C0LOBBY, anchor_every: 1m}\n"
ANCHOR = re.compile(r"Audit chain: (\d+:[0-9a-f]{64})")


@pytest.fixture(scope="module")
def bot_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("bot"), "socket", settings=ANCHORED) as running_office:
        running_office.types("driver list")
        running_office.until(lambda: anchors(running_office))
        yield running_office


def anchors(bot_office: Office) -> list[str]:
    matches = (ANCHOR.search(m.text) for m in bot_office.workspace.messages if m.channel == "C0LOBBY")
    return [match[1] for match in matches if match]


def signed(bot_office: Office) -> None:
    """Wait until some head was signed."""

    def has_signature() -> bool:
        with contextlib.closing(sqlite3.connect(bot_office.bot.folder / "xk8s.sqlite3")) as database:
            return bool(database.execute("SELECT 1 FROM audit_signatures").fetchall())

    bot_office.until(has_signature)


def test_the_chain_is_verified_in_slack_and_in_a_terminal(bot_office: Office) -> None:
    signed(bot_office)
    answer = bot_office.types("audit verify", who="U0BO")
    assert "The audit chain holds" in answer.line and "Last signed head: event" in answer.text
    typed = bot_office.bot.run("audit", "verify")
    assert typed.returncode == 0 and "The audit chain holds" in typed.stdout, typed.stderr


def test_it_is_compared_with_what_stands_in_the_channel(bot_office: Office) -> None:
    answer = bot_office.types("audit verify --anchor", who="U0BO")
    assert re.search(r"(\d+) of \1 posted heads? (is|are) in the chain", answer.text), answer.text
    from_channel = bot_office.bot.run("audit", "verify", "--anchor")
    pasted = bot_office.bot.run("audit", "verify", "--anchor", anchors(bot_office)[0])
    for typed in (from_channel, pasted):
        assert typed.returncode == 0 and "are in the chain" in typed.stdout, (typed.stdout, typed.stderr)
    position = anchors(bot_office)[0].split(":")[0]
    forged = bot_office.bot.run("audit", "verify", "--anchor", f"{position}:{'0' * 64}")
    assert forged.returncode == 1 and "not what was posted" in forged.stdout
    nonsense = bot_office.bot.run("audit", "verify", "--anchor", "yesterday")
    assert nonsense.returncode == 2 and "Copy it whole from the channel" in nonsense.stderr


def test_a_channel_that_cannot_be_read_is_told_with_the_way_round(bot_office: Office) -> None:
    channel = bot_office.workspace.channels["C0LOBBY"]
    channel.members.discard(bot_office.workspace.bot.id)
    try:
        answer = bot_office.types("audit verify --anchor", who="U0BO")
        assert "cannot be read" in answer.text and "--anchor POSITION:HASH" in answer.text
    finally:
        channel.members.add(bot_office.workspace.bot.id)


def test_the_log_is_filtered_and_paged_by_buttons(bot_office: Office) -> None:
    for _ in range(22):
        bot_office.types("driver show calico")
    first = bot_office.types("audit --action driver.show", who="U0BO")
    assert "22 events · page 1 of 2" in first.line
    second = bot_office.presses(first, "Older", who="U0BO")
    assert "22 events · page 2 of 2" in second.text and "Older" not in second.buttons()
    assert "page 1 of 2" in bot_office.presses(second, "Newer", who="U0BO").text

    def total(filters: str, who: str = "U0BO") -> int:
        line = bot_office.types(f"audit {filters}", who=who).line
        match = re.search(r"📜 ([\d,]+) ", line)
        assert match is not None, line
        return int(match[1])

    bot_office.types("template create calico --name audited")
    bot_office.types("cluster show nowhere")
    assert total("--action driver.show --actor U0ANA") == 22
    assert total("--action driver.show --actor U0BO") == 0
    assert total("--action driver --outcome failed") == 0
    assert total("--target audited") == 1
    assert total("--action cluster.show --outcome refused") >= 1
    assert total("--action driver.show --since 1h") == 22
    assert total("--action driver.show --until 1h") == 0
    assert total("--action driver.show --since 2020-01-01 --until 2020-01-02") == 0
    assert "your events" in bot_office.types("audit").line, "an operator sees their own"


def test_events_are_exported_in_each_format(bot_office: Office, tmp_path: pathlib.Path) -> None:
    bot_office.types("template create flannel --name exported")
    rows = [json.loads(line) for line in bot_office.bot.run("audit", "export").stdout.splitlines()]
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    table = bot_office.bot.run("audit", "export", "--format", "csv", "--target", "exported")
    [intent, outcome] = csv.DictReader(io.StringIO(table.stdout))
    assert (intent["phase"], outcome["outcome"]) == ("intent", "succeeded")
    output = tmp_path / "events.cef"
    bot_office.bot.run("audit", "export", "--format", "cef", "--since", "1h", "--output", str(output))
    assert output.read_text().startswith("CEF:0|xk8s|xk8s|")


def test_the_operation_of_an_event_is_in_magnums_and_kubernetes_logs(bot_office: Office) -> None:
    cluster = next(s for name, s in bot_office.sandbox.cluster_faults.items() if name == "prod-eu").cluster
    bot_office.sandbox.cloud.requests.clear()
    answer = bot_office.types("verify calico prod-eu")
    with contextlib.closing(sqlite3.connect(bot_office.bot.folder / "xk8s.sqlite3")) as database:
        reference = answer.text.split("ref ")[-1].split(" ")[0]
        question = "SELECT operation FROM audit_events WHERE action = 'verify' AND reference = ?"
        [operation] = {row[0] for row in database.execute(question, (reference,))}
    caused = [
        request
        for request in bot_office.sandbox.cloud.requests
        if "certificates" in request["path"] or "clusters" in request["path"]
    ]
    assert {request["method"] for request in caused} == {"GET", "POST"}
    assert {request["global"] for request in caused} == {f"req-{uuid.UUID(operation)}"}
    agents = cluster.api.agents[-5:]
    assert agents and all(f"(operation {operation})" in agent for agent in agents)


def test_no_secret_is_anywhere_though_people_type_one_and_every_credential_was_used(
    bot_office: Office,
) -> None:
    typed = "xoxb-9999-8888-typed-by-mistake"
    for words in (
        "verify edge",
        "verify prod-eu",
        f"cluster show {typed}",
        f"template create calico --name {typed}",
    ):
        bot_office.types(words)
    bot_office.bot.run("run", f"cluster show {typed}")
    credential = bot_office.sandbox.cloud.users[0].credential_secret
    bot_secrets = [
        bot_office.bot.environment[name]
        for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "XK8S_AUDIT_KEY")
    ]
    secrets = [typed, EDGE_TOKEN, str(credential), *bot_secrets, "PRIVATE KEY", "CERTIFICATE REQUEST"]
    slack_text = "\n".join(f"{message.text} {message.blocks}" for message in bot_office.workspace.messages)
    with contextlib.closing(sqlite3.connect(bot_office.bot.folder / "xk8s.sqlite3")) as database:
        audited = str(database.execute("SELECT * FROM audit_events").fetchall())
    logged = (bot_office.bot.folder / "bot.log").read_text()
    exported = bot_office.bot.run("audit", "export").stdout
    for name, text in {"slack": slack_text, "audit": audited, "log": logged, "export": exported}.items():
        assert not [secret for secret in secrets if secret in text], name
    assert "[hidden]" in slack_text and "[hidden]" in audited


def test_old_events_are_sealed_into_a_file_and_the_log_goes_on(
    bot_office: Office, tmp_path: pathlib.Path
) -> None:
    signed(bot_office)
    path = tmp_path / "sealed.jsonl"
    sealed = bot_office.bot.run("audit", "seal", "--before", "0s", "--file", str(path))
    assert sealed.returncode == 0 and "events up to" in sealed.stdout, sealed.stderr
    verified = bot_office.bot.run("audit", "verify", "--file", str(path))
    assert verified.returncode == 0 and "The audit chain holds" in verified.stdout
    rows = bot_office.bot.run("audit", "export", "--file", str(path)).stdout.splitlines()
    assert json.loads(rows[0])["position"] == 1
    answer = bot_office.types("audit verify", who="U0BO")
    assert "The audit chain holds" in answer.line and "are sealed in a file" in answer.text
    assert "audit.seal" in bot_office.bot.run("audit", "export", "--action", "audit").stdout
    path.write_text(path.read_text().replace("A", "B", 1))
    assert bot_office.bot.run("audit", "verify", "--file", str(path)).returncode != 0


def test_whoever_changes_the_file_by_hand_is_found(bot_office: Office) -> None:
    bot_office.types("driver list")
    with contextlib.closing(sqlite3.connect(bot_office.bot.folder / "xk8s.sqlite3", timeout=20)) as database:
        database.execute('DROP TRIGGER "audit_events_no_UPDATE"')
        [last] = database.execute("SELECT max(position) FROM audit_events").fetchone()
        database.execute("UPDATE audit_events SET actor = 'U0EVE' WHERE position = ?", (last,))
        database.commit()
    answer = bot_office.types("audit verify", who="U0BO")
    assert f"The audit log was changed: event {last:,}" in answer.line.replace("*", "")
    assert "Last signed head" in answer.text
    assert bot_office.bot.run("audit", "verify").returncode == 1
