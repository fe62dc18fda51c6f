"""Label and field selectors, as the API server parses them.

https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sandbox.kube.api.errors import bad_request
from sandbox.kube.objects import Object, labels_of

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


def from_query(query: dict[str, str]) -> Match:
    """Return a test for the selectors of a request. Raises `ApiError` 400."""
    by_labels = labels(query.get("labelSelector", ""))
    by_fields = fields(query.get("fieldSelector", ""))
    return lambda obj: by_labels(obj) and by_fields(obj)


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
    """Return a test of an object's labels. Raises `ApiError` 400 as the server words it."""
    tests = [_requirement(part) for part in split(text)]
    return lambda obj: all(test(labels_of(obj)) for test in tests)


def _requirement(part: str) -> Callable[[dict[str, str]], bool]:
    equal = _EQUAL.match(part)
    if equal:
        key, sign, value = equal.groups()
        if sign == "!=":
            return lambda labels: labels.get(key) != value
        return lambda labels: labels.get(key) == value
    match = _SET.match(part)
    if match is None:
        odd = re.search(r"[=!<>(){}]", part.replace("==", "", 1).replace("!=", "", 1))
        raise bad_request(
            f"unable to parse requirement: found '{odd[0] if odd else part}', expected: identifier"
        )
    negated, key, operator, listed = match.groups()
    values = {value.strip() for value in (listed or "").split(",")}
    if operator == "in":
        return lambda labels: labels.get(key) in values
    if operator == "notin":
        return lambda labels: labels.get(key) not in values
    return (lambda labels: key not in labels) if negated else (lambda labels: key in labels)


def fields(text: str) -> Match:
    """Return a test of an object's fields. Raises `ApiError` 400 for fields that cannot be selected."""
    tests: list[Match] = []
    for part in split(text):
        match = re.match(r"^([\w.]+)(==|=|!=)(.*)$", part)
        if match is None:
            raise bad_request(f"invalid selector: '{part}'; can't understand '{part}'")
        name, sign, value = match.groups()
        if name not in _FIELDS:
            raise bad_request(f"field label not supported: {name}")
        tests.append(_field_test(_FIELDS[name], sign, value))
    return lambda obj: all(test(obj) for test in tests)


def _field_test(field_of: Callable[[Object], Any], sign: str, value: str) -> Match:
    if sign == "!=":
        return lambda obj: bool(field_of(obj) != value)
    return lambda obj: bool(field_of(obj) == value)


def matches(selector: Object | None, labels: dict[str, str]) -> bool:
    """Tell whether labels match a LabelSelector object (matchLabels and matchExpressions)."""
    selector = selector or {}
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_satisfies(labels, expression) for expression in selector.get("matchExpressions") or [])


def _satisfies(labels: dict[str, str], expression: Object) -> bool:
    key, operator, values = expression["key"], expression["operator"], expression.get("values") or []
    match operator:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case _:
            return key not in labels
