"""Reads label selectors, and says what is wrong with a key, an operator or a value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.policy.reach.field_errors import Mistakes
from bot.policy.reach.model import LabelSelector, Operator, Requirement

_SELECTOR = frozenset({"matchLabels", "matchExpressions"})
_EXPRESSION = frozenset({"key", "operator", "values"})
_WITH_VALUES = frozenset({Operator.IN, Operator.NOT_IN})

_NAME = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)\Z")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?\Z")
LONGEST_LABEL, LONGEST_SUBDOMAIN = 63, 253


def selector(value: Any, field: str, mistakes: Mistakes) -> LabelSelector:
    """Read a label selector; an empty or absent one selects everything."""
    given = mistakes.mapping(value, field, _SELECTOR)
    requirements = []
    for key, wanted in mistakes.mapping(given.get("matchLabels"), f"{field}.matchLabels").items():
        path = f"{field}.matchLabels"
        _check_key(key, path, mistakes)
        text = mistakes.text(wanted, f"{path}.{key}")
        _check_value(text, f"{path}.{key}", mistakes)
        requirements.append(Requirement(str(key), Operator.IN, (text,)))
    for path, expression in mistakes.items(given.get("matchExpressions"), f"{field}.matchExpressions"):
        found = _requirement(expression, path, mistakes)
        if found is not None:
            requirements.append(found)
    return LabelSelector(tuple(sorted(set(requirements), key=lambda r: (r.key, r.operator, r.values))))


def _requirement(value: Any, field: str, mistakes: Mistakes) -> Requirement | None:
    given = mistakes.mapping(value, field, _EXPRESSION)
    key = mistakes.text(given.get("key"), f"{field}.key")
    _check_key(key, f"{field}.key", mistakes)
    values = []
    for path, item in mistakes.items(given.get("values"), f"{field}.values"):
        text = mistakes.text(item, path)
        _check_value(text, path, mistakes)
        values.append(text)
    try:
        operator = Operator(str(given.get("operator")))
    except ValueError:
        mistakes.add(
            f"{field}.operator", f"must be one of {', '.join(Operator)}, not {given.get('operator')!r}"
        )
        return None
    if operator in _WITH_VALUES and not values:
        mistakes.add(f"{field}.values", f"must not be empty for the operator {operator}")
    if operator not in _WITH_VALUES and values:
        mistakes.add(f"{field}.values", f"must be empty for the operator {operator}")
    return Requirement(key, operator, tuple(sorted(set(values))))


def _check_key(key: Any, field: str, mistakes: Mistakes) -> None:
    prefix, slash, name = key.rpartition("/") if isinstance(key, str) else ("", "", "")
    if not _NAME.match(name) or len(name) > LONGEST_LABEL:
        mistakes.add(
            field, f"{key!r} is not a label key: at most {LONGEST_LABEL} letters, digits, '-', '_' and '.'"
        )
    elif slash and not is_subdomain(prefix):
        mistakes.add(field, f"the prefix of {key!r} is not a DNS subdomain")


def _check_value(value: str, field: str, mistakes: Mistakes) -> None:
    if value and (not _NAME.match(value) or len(value) > LONGEST_LABEL):
        mistakes.add(
            field,
            f"{value!r} is not a label value: at most {LONGEST_LABEL} letters, digits, '-', '_' and '.'",
        )


def object_name(metadata: Mapping[str, Any], field: str, mistakes: Mistakes) -> str:
    """The name in an object's metadata, empty if there is none; what is wrong with it is told once."""
    name = metadata.get("name")
    if name is None or name == "":
        mistakes.add(field, "is required")
    elif isinstance(name, str) and not is_subdomain(name):
        mistakes.add(field, f"{name!r} is not a DNS subdomain of at most {LONGEST_SUBDOMAIN} characters")
    return mistakes.text(name, field)


def is_subdomain(name: str) -> bool:
    """Whether it can be the name of most objects."""
    return bool(_SUBDOMAIN.match(name)) and len(name) <= LONGEST_SUBDOMAIN


def is_label(name: str) -> bool:
    """Whether it can be the name of a namespace."""
    return bool(_LABEL.match(name)) and len(name) <= LONGEST_LABEL
