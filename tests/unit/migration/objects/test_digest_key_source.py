"""Where the keys of digests come from: an audit key that replicas share, or a file of each."""

from __future__ import annotations

import pathlib
from typing import Any

from bot.migration.objects.digest_key_source import FILE, digest_keys
from bot.migration.objects.digest_keys import DigestKeys
from bot.settings import Settings

SHARED, OLDER = "k" * 64, "o" * 64


def keys(folder: pathlib.Path, audit_key: str | None = None) -> DigestKeys:
    folder.mkdir(exist_ok=True)
    environment: dict[str, Any] = {"XK8S_DATA_DIR": folder, "XK8S_AUDIT_KEY": audit_key}
    return digest_keys(Settings(**environment))


def test_replicas_with_one_audit_key_have_one_key_and_others_have_their_own(tmp_path: pathlib.Path) -> None:
    shared = [keys(tmp_path / name, SHARED) for name in "ab"]
    assert shared[0] == shared[1] and not shared[0].per_replica
    assert not (tmp_path / "a" / FILE).exists()
    separate = [keys(tmp_path / name) for name in "ab"]
    assert separate[0].mark != separate[1].mark and separate[0].find(separate[1].mark) is None
    assert separate[0] == keys(tmp_path / "a"), "kept over a restart"
    assert (tmp_path / "a" / FILE).stat().st_mode & 0o777 == 0o600


def test_a_key_that_was_replaced_still_checks_what_it_made(tmp_path: pathlib.Path) -> None:
    older, replica = keys(tmp_path / "a", OLDER), keys(tmp_path / "a")
    rotated = keys(tmp_path / "a", f"{SHARED},{OLDER}")
    assert rotated.mark == keys(tmp_path / "b", SHARED).mark
    assert rotated.find(older.mark) == older.current and rotated.find(replica.mark) == replica.current
    assert keys(tmp_path / "b", SHARED).find(replica.mark) is None
