"""Parses label selectors and object names, by the API server's rules for label keys, values and names.

The rules are those of https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/ and of
https://kubernetes.io/docs/concepts/overview/working-with-objects/names/.
"""

import re
from collections.abc import Mapping
from typing import Any

from bot.policy.reach.field_errors import FieldErrors
from bot.policy.reach.model import LabelSelector, Operator, Requirement

_SELECTOR = frozenset({"matchLabels", "matchExpressions"})
_EXPRESSION = frozenset({"key", "operator", "values"})
_WITH_VALUES = frozenset({Operator.IN, Operator.NOT_IN})

_NAME = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)\Z")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?\Z")
LONGEST_LABEL, LONGEST_SUBDOMAIN = 63, 253
_LABEL_RULE = f"at most {LONGEST_LABEL} letters, digits, '-', '_' and '.'"


def parse_selector(value: Any, field: str, errors: FieldErrors) -> LabelSelector:
    """Parse a label selector; an empty or absent one selects everything."""
    selector = errors.mapping(value, field, _SELECTOR)
    requirements = []
    path = f"{field}.matchLabels"
    for key, label_value in errors.mapping(selector.get("matchLabels"), path).items():
        _check_key(key, path, errors)
        text = errors.text(label_value, f"{path}.{key}")
        _check_value(text, f"{path}.{key}", errors)
        requirements.append(Requirement(str(key), Operator.IN, (text,)))
    for path, expression in errors.items(selector.get("matchExpressions"), f"{field}.matchExpressions"):
        requirement = _parse_requirement(expression, path, errors)
        if requirement is not None:
            requirements.append(requirement)
    return LabelSelector(tuple(sorted(set(requirements), key=lambda r: (r.key, r.operator, r.values))))


def _parse_requirement(value: Any, field: str, errors: FieldErrors) -> Requirement | None:
    expression = errors.mapping(value, field, _EXPRESSION)
    key = errors.text(expression.get("key"), f"{field}.key")
    _check_key(key, f"{field}.key", errors)
    values = []
    for path, item in errors.items(expression.get("values"), f"{field}.values"):
        text = errors.text(item, path)
        _check_value(text, path, errors)
        values.append(text)
    try:
        operator = Operator(str(expression.get("operator")))
    except ValueError:
        operators = ", ".join(Operator)
        errors.add(f"{field}.operator", f"must be one of {operators}, not {expression.get('operator')!r}")
        return None
    if operator in _WITH_VALUES and not values:
        errors.add(f"{field}.values", f"must not be empty for the operator {operator}")
    if operator not in _WITH_VALUES and values:
        errors.add(f"{field}.values", f"must be empty for the operator {operator}")
    return Requirement(key, operator, tuple(sorted(set(values))))


def _check_key(key: Any, field: str, errors: FieldErrors) -> None:
    prefix, slash, name = key.rpartition("/") if isinstance(key, str) else ("", "", "")
    if not _is_label(name):
        errors.add(field, f"{key!r} is not a label key: {_LABEL_RULE}")
    elif slash and not _is_subdomain(prefix):
        errors.add(field, f"the prefix of {key!r} is not a DNS subdomain")


def _check_value(value: str, field: str, errors: FieldErrors) -> None:
    if value and not _is_label(value):
        errors.add(field, f"{value!r} is not a label value: {_LABEL_RULE}")


def _is_label(text: str) -> bool:
    return bool(_NAME.match(text)) and len(text) <= LONGEST_LABEL


def parse_object_name(metadata: Mapping[str, Any], field: str, errors: FieldErrors) -> str:
    """Return `metadata.name`, empty if there is none; at most one error is added for it."""
    name = metadata.get("name")
    if name is None or name == "":
        errors.add(field, "is required")
    elif isinstance(name, str) and not _is_subdomain(name):
        errors.add(field, f"{name!r} is not a DNS subdomain of at most {LONGEST_SUBDOMAIN} characters")
    return errors.text(name, field)


def parse_namespace(metadata: Mapping[str, Any], field: str, errors: FieldErrors) -> str:
    """Return `metadata.namespace`, `default` if there is none, which must be a DNS label."""
    namespace = errors.text(metadata.get("namespace"), field) or "default"
    if not _DNS_LABEL.match(namespace) or len(namespace) > LONGEST_LABEL:
        errors.add(field, f"{namespace!r} is not a DNS label of at most {LONGEST_LABEL} characters")
    return namespace


def _is_subdomain(name: str) -> bool:
    """Whether a text is a DNS subdomain (RFC 1123), as the names of most objects must be."""
    return bool(_SUBDOMAIN.match(name)) and len(name) <= LONGEST_SUBDOMAIN
