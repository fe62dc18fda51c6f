"""Label and field selectors, as the API server parses them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sandbox.kube.api.errors import bad_request

Object = dict[str, Any]
Match = Callable[[Object], bool]

_SET = re.compile(r"^(!?)([\w./-]+)(?:\s+(in|notin)\s*\(([^)]*)\))?$")
_EQUAL = re.compile(r"^([\w./-]+)\s*(==|=|!=)\s*([\w./-]*)$")
_FIELDS: dict[str, Callable[[Object], Any]] = {
    "metadata.name": lambda obj: obj["metadata"].get("name", ""),
    "metadata.namespace": lambda obj: obj["metadata"].get("namespace", ""),
    "spec.nodeName": lambda obj: obj.get("spec", {}).get("nodeName", ""),
    "spec.schedulerName": lambda obj: obj.get("spec", {}).get("schedulerName", ""),
    "status.phase": lambda obj: obj.get("status", {}).get("phase", ""),
    "status.podIP": lambda obj: obj.get("status", {}).get("podIP", ""),
    "spec.unschedulable": lambda obj: str(bool(obj.get("spec", {}).get("unschedulable"))).lower(),
    "type": lambda obj: obj.get("type", ""),
    "reason": lambda obj: obj.get("reason", ""),
    "involvedObject.name": lambda obj: obj.get("involvedObject", {}).get("name", ""),
    "involvedObject.kind": lambda obj: obj.get("involvedObject", {}).get("kind", ""),
    "involvedObject.namespace": lambda obj: obj.get("involvedObject", {}).get("namespace", ""),
}


def split(text: str) -> list[str]:
    """Split at commas that are not inside parentheses."""
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()]


def labels(text: str) -> Match:
    """Whether an object's labels match a selector. Raises `ApiError` 400 as the server words it."""
    tests = [_requirement(part) for part in split(text)]
    return lambda obj: all(test(obj["metadata"].get("labels") or {}) for test in tests)


def _requirement(part: str) -> Callable[[dict[str, str]], bool]:
    equal = _EQUAL.match(part)
    if equal:
        key, sign, value = equal.groups()
        if sign == "!=":
            return lambda found: found.get(key) != value
        return lambda found: found.get(key) == value
    given = _SET.match(part)
    if given is None:
        odd = re.search(r"[=!<>(){}]", part.replace("==", "", 1).replace("!=", "", 1))
        raise bad_request(
            f"unable to parse requirement: found '{odd[0] if odd else part}', expected: identifier"
        )
    negated, key, operator, listed = given.groups()
    values = {value.strip() for value in (listed or "").split(",")}
    if operator == "in":
        return lambda found: found.get(key) in values
    if operator == "notin":
        return lambda found: found.get(key) not in values
    return (lambda found: key not in found) if negated else (lambda found: key in found)


def fields(text: str) -> Match:
    """Whether an object's fields match a selector. Raises `ApiError` 400 for fields that cannot be
    selected.
    """
    tests: list[Match] = []
    for part in split(text):
        found = re.match(r"^([\w.]+)(==|=|!=)(.*)$", part)
        if found is None:
            raise bad_request(f"invalid selector: '{part}'; can't understand '{part}'")
        name, sign, value = found.groups()
        if name not in _FIELDS:
            raise bad_request(f"field label not supported: {name}")
        tests.append(_field_test(_FIELDS[name], sign, value))
    return lambda obj: all(test(obj) for test in tests)


def _field_test(read: Callable[[Object], Any], sign: str, value: str) -> Match:
    if sign == "!=":
        return lambda obj: bool(read(obj) != value)
    return lambda obj: bool(read(obj) == value)


def matches(selector: Object | None, found: dict[str, str]) -> bool:
    """Whether labels match a LabelSelector object (matchLabels and matchExpressions)."""
    selector = selector or {}
    if any(found.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_expression(each, found) for each in selector.get("matchExpressions") or [])


def _expression(expression: Object, found: dict[str, str]) -> bool:
    key, operator, values = expression["key"], expression["operator"], expression.get("values") or []
    match operator:
        case "In":
            return found.get(key) in values
        case "NotIn":
            return found.get(key) not in values
        case "Exists":
            return key in found
        case _:
            return key not in found
