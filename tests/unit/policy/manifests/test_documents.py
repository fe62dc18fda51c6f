"""Files and folders as documents: their order, their number, and what they are refused for."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.policy.manifests import documents
from bot.policy.manifests.documents import InvalidManifestFiles, ManifestDocument


def test_documents_are_in_the_order_of_their_paths_and_counted_from_1(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("b: 1\n---\n---\nb: 3\n")
    (tmp_path / "a.json").write_text('{"a": 1}')
    parsed = documents.read([tmp_path])
    assert [(Path(document.file).name, document.number, document.value) for document in parsed] == [
        ("a.json", 1, {"a": 1}),
        ("b.yaml", 1, {"b": 1}),
        ("b.yaml", 3, {"b": 3}),
    ]
    assert str(parsed[2]).endswith("b.yaml, document 3")


def test_the_standard_input_is_read_within_the_same_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents.sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"a: 1")))  # type: ignore[attr-defined]
    assert documents.read(["-"]) == (ManifestDocument("standard input", 1, {"a": 1}),)
    large = io.BytesIO(b"a" * (documents.LARGEST + 2))
    monkeypatch.setattr(documents.sys, "stdin", SimpleNamespace(buffer=large))  # type: ignore[attr-defined]
    with pytest.raises(InvalidManifestFiles) as refusal:
        documents.read(["-"])
    assert refusal.value.why == "standard input: larger than 10 MB"


def test_all_mistakes_are_reported_and_only_so_many_are_listed(tmp_path: Path) -> None:
    for number in range(25):
        (tmp_path / f"{number:02d}.yaml").write_text("a: [")
    with pytest.raises(InvalidManifestFiles) as refusal:
        documents.read([tmp_path])
    assert len(refusal.value.mistakes) == 25
    assert refusal.value.why.count("\n") == 20 and refusal.value.why.endswith("… and 5 more")


def test_flow_mappings_that_are_not_json_are_read_as_yaml(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("{a: 1, b: two}")
    assert [document.value for document in documents.read([tmp_path])] == [{"a": 1, "b": "two"}]
