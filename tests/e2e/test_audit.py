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
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("bot"), "socket", settings=ANCHORED) as made:
        made.types("driver list")
        made.until(lambda: anchors(made))
        yield made


def anchors(here: Office) -> list[str]:
    found = (ANCHOR.search(m.text) for m in here.workspace.messages if m.channel == "C0LOBBY")
    return [each[1] for each in found if each]


def signed(here: Office) -> None:
    """Wait until some head was signed."""

    def there() -> bool:
        with contextlib.closing(sqlite3.connect(here.bot.folder / "xk8s.sqlite3")) as database:
            return bool(database.execute("SELECT 1 FROM audit_signatures").fetchall())

    here.until(there)


def test_the_chain_is_verified_in_slack_and_in_a_terminal(here: Office) -> None:
    signed(here)
    seen = here.types("audit verify", who="U0BO")
    assert "The audit chain holds" in seen.line and "Last signed head: event" in seen.text
    typed = here.bot.run("audit", "verify")
    assert typed.returncode == 0 and "The audit chain holds" in typed.stdout, typed.stderr


def test_it_is_compared_with_what_stands_in_the_channel(here: Office) -> None:
    seen = here.types("audit verify --anchor", who="U0BO")
    assert re.search(r"(\d+) of \1 posted heads? (is|are) in the chain", seen.text), seen.text
    from_channel = here.bot.run("audit", "verify", "--anchor")
    pasted = here.bot.run("audit", "verify", "--anchor", anchors(here)[0])
    for typed in (from_channel, pasted):
        assert typed.returncode == 0 and "are in the chain" in typed.stdout, (typed.stdout, typed.stderr)
    position = anchors(here)[0].split(":")[0]
    forged = here.bot.run("audit", "verify", "--anchor", f"{position}:{'0' * 64}")
    assert forged.returncode == 1 and "not what was posted" in forged.stdout
    nonsense = here.bot.run("audit", "verify", "--anchor", "yesterday")
    assert nonsense.returncode == 2 and "Copy it whole from the channel" in nonsense.stderr


def test_a_channel_that_cannot_be_read_is_told_with_the_way_round(here: Office) -> None:
    channel = here.workspace.channels["C0LOBBY"]
    channel.members.discard(here.workspace.bot.id)
    try:
        seen = here.types("audit verify --anchor", who="U0BO")
        assert "cannot be read" in seen.text and "--anchor POSITION:HASH" in seen.text
    finally:
        channel.members.add(here.workspace.bot.id)


def test_the_log_is_filtered_and_paged_by_buttons(here: Office) -> None:
    for _ in range(22):
        here.types("driver show calico")
    first = here.types("audit --action driver.show", who="U0BO")
    assert "22 events · page 1 of 2" in first.line
    second = here.presses(first, "Older", who="U0BO")
    assert "22 events · page 2 of 2" in second.text and "Older" not in second.buttons()
    assert "page 1 of 2" in here.presses(second, "Newer", who="U0BO").text

    def total(filters: str, who: str = "U0BO") -> int:
        line = here.types(f"audit {filters}", who=who).line
        found = re.search(r"📜 ([\d,]+) ", line)
        assert found is not None, line
        return int(found[1])

    here.types("template create calico --name audited")
    here.types("cluster show nowhere")
    assert total("--action driver.show --actor U0ANA") == 22
    assert total("--action driver.show --actor U0BO") == 0
    assert total("--action driver --outcome failed") == 0
    assert total("--target audited") == 1
    assert total("--action cluster.show --outcome refused") >= 1
    assert total("--action driver.show --since 1h") == 22
    assert total("--action driver.show --until 1h") == 0
    assert total("--action driver.show --since 2020-01-01 --until 2020-01-02") == 0
    assert "your events" in here.types("audit").line, "an operator sees their own"


def test_events_are_exported_in_each_format(here: Office, tmp_path: pathlib.Path) -> None:
    here.types("template create flannel --name exported")
    rows = [json.loads(line) for line in here.bot.run("audit", "export").stdout.splitlines()]
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    table = here.bot.run("audit", "export", "--format", "csv", "--target", "exported")
    [intent, outcome] = csv.DictReader(io.StringIO(table.stdout))
    assert (intent["phase"], outcome["outcome"]) == ("intent", "succeeded")
    output = tmp_path / "events.cef"
    here.bot.run("audit", "export", "--format", "cef", "--since", "1h", "--output", str(output))
    assert output.read_text().startswith("CEF:0|xk8s|xk8s|")


def test_the_operation_of_an_event_is_in_magnums_and_kubernetes_logs(here: Office) -> None:
    cluster = next(s for name, s in here.sandbox.cluster_faults.items() if name == "prod-eu").cluster
    here.sandbox.cloud.requests.clear()
    seen = here.types("verify calico prod-eu")
    with contextlib.closing(sqlite3.connect(here.bot.folder / "xk8s.sqlite3")) as database:
        reference = seen.text.split("ref ")[-1].split(" ")[0]
        question = "SELECT operation FROM audit_events WHERE action = 'verify' AND reference = ?"
        [operation] = {row[0] for row in database.execute(question, (reference,))}
    caused = [
        found
        for found in here.sandbox.cloud.requests
        if "certificates" in found["path"] or "clusters" in found["path"]
    ]
    assert {found["method"] for found in caused} == {"GET", "POST"}
    assert {found["global"] for found in caused} == {f"req-{uuid.UUID(operation)}"}
    agents = cluster.api.agents[-5:]
    assert agents and all(f"(operation {operation})" in agent for agent in agents)


def test_no_secret_is_anywhere_though_people_type_one_and_every_credential_was_used(here: Office) -> None:
    typed = "xoxb-9999-8888-typed-by-mistake"
    for words in (
        "verify edge",
        "verify prod-eu",
        f"cluster show {typed}",
        f"template create calico --name {typed}",
    ):
        here.types(words)
    here.bot.run("run", f"cluster show {typed}")
    credential = here.sandbox.cloud.users[0].credential_secret
    known = [
        here.bot.environment[name]
        for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "XK8S_AUDIT_KEY")
    ]
    secrets = [typed, EDGE_TOKEN, str(credential), *known, "PRIVATE KEY", "CERTIFICATE REQUEST"]
    shown = "\n".join(f"{message.text} {message.blocks}" for message in here.workspace.messages)
    with contextlib.closing(sqlite3.connect(here.bot.folder / "xk8s.sqlite3")) as database:
        audited = str(database.execute("SELECT * FROM audit_events").fetchall())
    logged = (here.bot.folder / "bot.log").read_text()
    exported = here.bot.run("audit", "export").stdout
    for name, text in {"slack": shown, "audit": audited, "log": logged, "export": exported}.items():
        assert not [secret for secret in secrets if secret in text], name
    assert "[hidden]" in shown and "[hidden]" in audited


def test_old_events_are_sealed_into_a_file_and_the_log_goes_on(here: Office, tmp_path: pathlib.Path) -> None:
    signed(here)
    path = tmp_path / "sealed.jsonl"
    sealed = here.bot.run("audit", "seal", "--before", "0s", "--file", str(path))
    assert sealed.returncode == 0 and "events up to" in sealed.stdout, sealed.stderr
    held = here.bot.run("audit", "verify", "--file", str(path))
    assert held.returncode == 0 and "The audit chain holds" in held.stdout
    rows = here.bot.run("audit", "export", "--file", str(path)).stdout.splitlines()
    assert json.loads(rows[0])["position"] == 1
    seen = here.types("audit verify", who="U0BO")
    assert "The audit chain holds" in seen.line and "are sealed in a file" in seen.text
    assert "audit.seal" in here.bot.run("audit", "export", "--action", "audit").stdout
    path.write_text(path.read_text().replace("A", "B", 1))
    assert here.bot.run("audit", "verify", "--file", str(path)).returncode != 0


def test_whoever_changes_the_file_by_hand_is_found(here: Office) -> None:
    here.types("driver list")
    with contextlib.closing(sqlite3.connect(here.bot.folder / "xk8s.sqlite3", timeout=20)) as database:
        database.execute('DROP TRIGGER "audit_events_no_UPDATE"')
        [last] = database.execute("SELECT max(position) FROM audit_events").fetchone()
        database.execute("UPDATE audit_events SET actor = 'U0EVE' WHERE position = ?", (last,))
        database.commit()
    seen = here.types("audit verify", who="U0BO")
    assert f"The audit log was changed: event {last:,}" in seen.line.replace("*", "")
    assert "Last signed head" in seen.text
    assert here.bot.run("audit", "verify").returncode == 1
