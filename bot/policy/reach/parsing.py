"""Reads a networking.k8s.io/v1 NetworkPolicy, with the API's defaults, and names every field that is wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from bot.policy.reach.model import Policy
from bot.problems import Refusal


@dataclasses.dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field: its path (`spec.ingress[0].from[1].ipBlock.cidr`) and the reason."""

    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"


class InvalidPolicy(Refusal):
    """It is not a NetworkPolicy that an API server would take; `errors` holds every wrong field."""

    def __init__(self, name: str, errors: tuple[FieldError, ...]) -> None:
        super().__init__(
            f"The NetworkPolicy {name} is not valid",
            why="\n".join(map(str, errors)),
            fix="Correct the field named above; `kubectl explain networkpolicy.spec` describes them.",
        )
        self.errors = errors


def parse_policy(manifest: Mapping[str, Any]) -> Policy:
    """Read one policy; namespace `default` where none is given.

    Unknown fields are errors below `spec` and at the top. Raises `InvalidPolicy`.
    """
    raise NotImplementedError


def errors_of(manifest: Mapping[str, Any]) -> tuple[FieldError, ...]:
    """Every wrong field, in the order of the manifest; empty if an API server would take it."""
    raise NotImplementedError
