"""Validation: names, NetworkPolicies, Jobs, and unknown fields."""

from __future__ import annotations

import ipaddress
import json
import re
import uuid
from typing import Any

from sandbox.kube.api.errors import (
    ApiError,
    Cause,
    bad_request,
    forbidden_value,
    invalid,
    invalid_value,
    required_value,
)
from sandbox.kube.api.kinds import Kind
from sandbox.kube.objects import Object

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and"
    " end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is"
    " '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must"
    " start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is"
    " '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
CONTROLLER_UID = "batch.kubernetes.io/controller-uid"
PORT_RULE = "must be between 1 and 65535, inclusive"
CIDR_RULE = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
# the fields of kinds in which a misspelt field would silently change the meaning
FIELDS: dict[str, dict[str, Any]] = {
    "NetworkPolicy": {
        "podSelector": None,
        "policyTypes": None,
        "ingress": {"from": None, "ports": None},
        "egress": {"to": None, "ports": None},
    },
}


def check(kind: Kind, obj: Object, *, applied: bool = False) -> None:
    """Validate an object that is created, or `applied`, which may name the version that it expects.

    Raises `ApiError` 422, and 500 for a resourceVersion on creation.
    """
    name = obj["metadata"].get("name", "")
    if obj["metadata"].get("resourceVersion") and not applied:
        raise ApiError(500, "InternalError", "resourceVersion should not be set on objects to be created")
    causes = _name_causes(kind, name)
    if kind.kind == "NetworkPolicy":
        causes += _policy_causes(obj.get("spec") or {})
    if kind.kind == "Job":
        causes += _job_causes(obj)
    if causes:
        raise invalid(kind, name, causes)


def check_update(kind: Kind, obj: Object) -> None:
    """Validate an object that is updated. Raises `ApiError` 422."""
    causes = _policy_causes(obj.get("spec", {})) if kind.kind == "NetworkPolicy" else []
    if causes:
        raise invalid(kind, obj["metadata"]["name"], causes)


def _name_causes(kind: Kind, name: str) -> list[Cause]:
    field = "metadata.name"
    if not name:
        return [required_value(field, "name or generateName is required")]
    if kind.group == "rbac.authorization.k8s.io":
        return []
    by_label = kind.kind in ("Namespace", "Service")
    pattern, rule, longest = (LABEL, LABEL_RULE, 63) if by_label else (SUBDOMAIN, SUBDOMAIN_RULE, 253)
    causes = [] if pattern.fullmatch(name) else [invalid_value(field, f'"{name}": {rule}')]
    if len(name) > longest:
        causes.append(invalid_value(field, f'"{name}": must be no more than {longest} characters'))
    return causes


def _policy_causes(spec: Object) -> list[Cause]:
    causes: list[Cause] = []
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for number, rule in enumerate(spec.get(direction) or []):
            path = f"spec.{direction}[{number}]"
            for index, port in enumerate(rule.get("ports") or []):
                causes += _port_causes(port, f"{path}.ports[{index}]")
            for index, peer in enumerate(rule.get(peers) or []):
                causes += _peer_causes(peer, f"{path}.{peers}[{index}]")
    return causes


def _port_causes(port: Object, path: str) -> list[Cause]:
    causes: list[Cause] = []
    number, end = port.get("port"), port.get("endPort")
    if isinstance(number, int) and not 1 <= number <= 65_535:
        causes.append(invalid_value(f"{path}.port", f"{number}: {PORT_RULE}"))
    if end is not None and not isinstance(number, int):
        why = "may not be specified when `port` is non-numeric"
        causes.append(invalid_value(f"{path}.endPort", f"{end}: {why}"))
    elif end is not None and end < number:
        causes.append(invalid_value(f"{path}.endPort", f"{end}: must be greater than or equal to `port`"))
    return causes


def _peer_causes(peer: Object, path: str) -> list[Cause]:
    block = peer.get("ipBlock")
    if block is None:
        return []
    if len(peer) > 1:
        return [forbidden_value(path, "may not specify both ipBlock and another peer")]
    causes: list[Cause] = []
    cidr, exceptions = block.get("cidr", ""), block.get("except") or []
    fields = {"cidr": cidr} | {f"except[{number}]": text for number, text in enumerate(exceptions)}
    for field, text in fields.items():
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            causes.append(invalid_value(f"{path}.ipBlock.{field}", f'"{text}": {CIDR_RULE}'))
            continue
        if field != "cidr" and not causes and not _is_strict_subset(network, cidr):
            why = f'must be a strict subset of `cidr`: "{cidr}"'
            causes.append(invalid_value(f"{path}.ipBlock.{field}", f'"{text}": {why}'))
    return causes


def _is_strict_subset(network: Any, cidr: str) -> bool:
    outer = ipaddress.ip_network(cidr, strict=False)
    return network.version == outer.version and network != outer and bool(network.subnet_of(outer))


def _job_causes(obj: Object) -> list[Cause]:
    """The selector of a Job and the labels it selects by are generated; those of another Job are refused."""
    spec = obj.get("spec", {})
    if spec.get("manualSelector"):
        return []
    causes: list[Cause] = []
    uid, name = str(uuid.uuid4()), obj["metadata"]["name"]
    labels = spec.get("template", {}).get("metadata", {}).get("labels") or {}
    if labels.get(CONTROLLER_UID):
        generated = {"batch.kubernetes.io/job-name": name, "controller-uid": uid, "job-name": name}
        listed = json.dumps(dict(sorted({**generated, **labels}.items())), separators=(",", ":"))
        field = f"spec.template.metadata.labels[{CONTROLLER_UID}]"
        causes.append(invalid_value(field, f"{listed}: must be '{uid}'"))
    if spec.get("selector"):
        selector = json.dumps(spec["selector"], separators=(",", ":"))
        causes.append(invalid_value("spec.selector", f"{selector}: `selector` not auto-generated"))
    return causes


def prune(obj: Object, path: str) -> None:
    """Remove an unknown field, as the server does unless it validates strictly."""
    value: Any = obj
    *steps, last = path.replace("]", "").replace("[", ".").split(".")
    for step in steps:
        value = value[int(step)] if isinstance(value, list) else value[step]
    value.pop(last, None)


def unknown_fields(kind: Kind, obj: Object) -> list[str]:
    """Return the paths of fields that the kind does not have, as far as its fields are known here."""
    fields = FIELDS.get(kind.kind)
    return [f"spec.{path}" for path in _unknown(obj.get("spec"), fields)] if fields else []


def _unknown(value: Any, fields: dict[str, Any]) -> list[str]:
    paths: list[str] = []
    for name, inner in value.items() if isinstance(value, dict) else ():
        if name not in fields:
            paths.append(name)
        elif fields[name] and isinstance(inner, list):
            for number, item in enumerate(inner):
                paths += [f"{name}[{number}].{path}" for path in _unknown(item, fields[name])]
    return paths


def strict(kind: Kind, unknown: list[str]) -> ApiError:
    """Return the 400 of `fieldValidation=Strict`."""
    listed = ", ".join(f'unknown field "{path}"' for path in unknown)
    message = (
        f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: strict decoding error:'
        f" {listed}"
    )
    return bad_request(message)
