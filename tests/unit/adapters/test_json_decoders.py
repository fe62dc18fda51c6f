"""Threads that decode one struct type for the first time at the same moment do not end the process."""

from __future__ import annotations

import ast
import pathlib
import subprocess
import sys

import msgspec
import pytest

from bot.adapters.json_decoders import decoder_of

ROOT = pathlib.Path(__file__).parents[3]
THREADS_THAT_DECODE_NEW_TYPES = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

import msgspec

from bot.adapters.json_decoders import decoder_of

T = TypeVar("T")
sys.setswitchinterval(1e-6)
at_once = threading.Barrier(8)


def decode(kind):
    at_once.wait()
    return decoder_of(kind[dict]).decode(b'{"items": [{"a": 1}], "metadata": {}}').items


with ThreadPoolExecutor(8) as pool:
    for _ in range(100):

        class Metadata(msgspec.Struct):
            token: str = ""

        class Page(msgspec.Struct, Generic[T]):
            items: list[T]
            metadata: Metadata

        assert list(pool.map(decode, [Page] * 8)) == [[{"a": 1}]] * 8
"""


class Pod(msgspec.Struct):
    name: str


def test_a_decoder_is_made_once_for_a_type() -> None:
    assert decoder_of(Pod) is decoder_of(Pod)
    assert decoder_of(Pod).decode(b'{"name": "web"}') == Pod(name="web")
    with pytest.raises(msgspec.ValidationError):
        decoder_of(Pod).decode(b"{}")


def test_threads_that_decode_a_type_for_the_first_time_do_not_crash() -> None:
    trial = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", THREADS_THAT_DECODE_NEW_TYPES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert trial.returncode == 0, trial.stderr


def test_no_other_module_makes_a_decoder_of_a_struct() -> None:
    makers = []
    for path in sorted((ROOT / "bot").rglob("*.py")):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            name = ast.unparse(call.func)
            named = [ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg == "type"]
            typed = named and not named[0].startswith(("dict", "list"))
            if name.startswith("msgspec") and (name.endswith("Decoder") or typed):
                makers.append(f"{path.relative_to(ROOT)}:{call.lineno}")
    assert [maker for maker in makers if not maker.startswith("bot/adapters/json_decoders.py")] == []
