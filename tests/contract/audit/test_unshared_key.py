"""Replicas that have no key in common: said at the start and by the doctor, before a migration pauses
for it.
"""

from __future__ import annotations

import pathlib

import pytest

from bot.cli import doctor
from bot.common.redaction import Redactor

KEY = "k" * 64


def asked(
    folder: pathlib.Path,
    url: str,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> str:
    """What the doctor says of the database."""
    config = folder / "xk8s.yaml"
    config.write_text("projects: {}\n")
    for name in ("SLACK_BOT_TOKEN", "XK8S_AUDIT_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XK8S_DATABASE_URL", url)
    monkeypatch.setenv("XK8S_DATA_DIR", str(folder))
    monkeypatch.setenv("XK8S_CONFIG", str(config))
    if key:
        monkeypatch.setenv("XK8S_AUDIT_KEY", key)
    doctor.run(Redactor())
    output = capsys.readouterr().out
    return output[output.index("database") - 3 : output.index("Slack") - 3]


@pytest.mark.postgresql
def test_the_doctor_warns_where_several_replicas_can_be_and_have_no_key_in_common(
    tmp_path: pathlib.Path,
    postgresql_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = asked(tmp_path, postgresql_url, "", monkeypatch, capsys)
    assert "⚠️ database: postgresql" in output and "set one key for all replicas" in output
    output = asked(tmp_path, postgresql_url, KEY, monkeypatch, capsys)
    assert "✅ database: postgresql" in output and "XK8S_AUDIT_KEY" not in output


def test_one_process_on_sqlite_needs_no_common_key(
    tmp_path: pathlib.Path,
    sqlite_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = asked(tmp_path, sqlite_url, "", monkeypatch, capsys)
    assert "✅ database: sqlite" in output and "not signed" in output and "replica" not in output
