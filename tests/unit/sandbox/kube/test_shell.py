"""The shell in the sandbox's pods: as much as hooks need, with files that are somewhere."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sandbox.kube.shell import Shell

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


class Files:
    """Files in a dict."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {"/etc/name": "shop\n"}

    def read(self, path: str) -> str | None:
        return self.kept.get(path)

    def write(self, path: str, text: str) -> None:
        self.kept[path] = text

    def remove(self, path: str) -> bool:
        return self.kept.pop(path, None) is not None

    def names(self, path: str) -> list[str]:
        return sorted(name.removeprefix(path).lstrip("/") for name in self.kept if name.startswith(path))


def shell(files: Files | None = None) -> Shell:
    return Shell(files or Files(), lambda: NOW, {"HOSTNAME": "db-0", "MODE": "fast"})


@pytest.mark.parametrize(
    ("script", "out", "err", "code"),
    [
        ("echo hello", "hello\n", "", 0),
        ("echo 'a b'  c", "a b c\n", "", 0),
        ("echo wrong >&2; exit 3", "", "wrong\n", 3),
        ("false; echo on", "on\n", "", 0),
        ("false && echo no", "", "", 1),
        ("false || echo yes", "yes\n", "", 0),
        ("true || echo no; echo end", "end\n", "", 0),
        ("cat /etc/name", "shop\n", "", 0),
        ("cat /none", "", "cat: can't open '/none': No such file or directory\n", 1),
        ("test -f /etc/name && echo there", "there\n", "", 0),
        ("[ -f /none ]", "", "", 1),
        ("echo $MODE on ${HOSTNAME}", "fast on db-0\n", "", 0),
        ("date +%Y-%m-%d", "2026-03-04\n", "", 0),
        ("pg_dump all", "", "sh: pg_dump: not found\n", 127),
        ("echo 'unfinished", "", "sh: sh: syntax error: not found\n", 127),
    ],
)
def test_a_script_prints_and_ends_as_a_shell_would(script: str, out: str, err: str, code: int) -> None:
    assert shell().run(["sh", "-c", script]) == (out, err, code)


def test_what_is_written_can_be_read_appended_and_removed() -> None:
    files = Files()
    shell(files).run(["/bin/sh", "-c", "echo one > /data/log; echo two >> /data/log"])
    assert files.kept["/data/log"] == "one\ntwo\n"
    assert shell(files).run(["rm", "/data/log"]) == ("", "", 0)
    assert shell(files).run(["rm", "/data/log"]) == ("", "", 1)


def test_a_script_told_to_stop_stops_at_the_first_failure() -> None:
    assert shell().run(["sh", "-ec", "false; echo never"]) == ("", "", 1)


def test_a_program_that_an_image_lacks_is_none() -> None:
    assert shell().run(["mysql"]) is None
