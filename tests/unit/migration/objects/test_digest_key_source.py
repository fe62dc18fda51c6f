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
    given: dict[str, Any] = {"XK8S_DATA_DIR": folder, "XK8S_AUDIT_KEY": audit_key}
    return digest_keys(Settings(**given))


def test_replicas_with_one_audit_key_have_one_key_and_others_have_their_own(tmp_path: pathlib.Path) -> None:
    shared = [keys(tmp_path / name, SHARED) for name in "ab"]
    assert shared[0] == shared[1] and not shared[0].own
    assert not (tmp_path / "a" / FILE).exists()
    own = [keys(tmp_path / name) for name in "ab"]
    assert own[0].mark != own[1].mark and own[0].find(own[1].mark) is None
    assert own[0] == keys(tmp_path / "a"), "kept over a restart"
    assert (tmp_path / "a" / FILE).stat().st_mode & 0o777 == 0o600


def test_a_key_that_was_replaced_still_checks_what_it_made(tmp_path: pathlib.Path) -> None:
    older, own = keys(tmp_path / "a", OLDER), keys(tmp_path / "a")
    rotated = keys(tmp_path / "a", f"{SHARED},{OLDER}")
    assert rotated.mark == keys(tmp_path / "b", SHARED).mark
    assert rotated.find(older.mark) == older.current and rotated.find(own.mark) == own.current
    assert keys(tmp_path / "b", SHARED).find(own.mark) is None
