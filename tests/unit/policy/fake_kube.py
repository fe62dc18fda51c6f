"""A Kubernetes API that serves lists and documents from memory, for what is only read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from bot.adapters.kube.errors import KubeError, NotFound

T = TypeVar("T")
Answer = Any  # what a path serves: a value, or the error that it is refused with


class FakeKube:
    """Answers by path; what is not there is not found. `asked` are the paths in the order of the requests."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self._answers = answers
        self.asked: list[str] = []
        self.closed = False

    def get(self, path: str, kind: type[T]) -> T:
        """One document."""
        self.asked.append(path)
        answer = self._answers.get(path, NotFound("no such path"))
        if isinstance(answer, KubeError):
            raise answer
        return msgspec.convert(answer, kind)

    def list_all(self, path: str, kind: type[T]) -> list[T]:
        """All items of a list."""
        return self.get(path, list[kind])  # type: ignore[valid-type]

    def close(self) -> None:
        """Remember that nobody may ask any more."""
        self.closed = True
