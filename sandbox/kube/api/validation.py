"""What the API server refuses: names, NetworkPolicies, and fields that nobody knows."""

from __future__ import annotations

import ipaddress
import json
import re
import uuid
from typing import Any

from sandbox.kube.api.errors import ApiError, bad_request, invalid
from sandbox.kube.api.kinds import Kind

Object = dict[str, Any]
Cause = tuple[str, str, str]

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
CONTROLLER = "batch.kubernetes.io/controller-uid"
PORT_RULE = "must be between 1 and 65535, inclusive"
CIDR_RULE = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
# fields of the kinds whose misspelling would silently change what they mean
FIELDS: dict[str, dict[str, Any]] = {
    "NetworkPolicy": {
        "podSelector": None,
        "policyTypes": None,
        "ingress": {"from": None, "ports": None},
        "egress": {"to": None, "ports": None},
    },
}


def check(kind: Kind, obj: Object, *, applied: bool = False) -> None:
    """Refuse what the server would refuse; an applied object may name the version that it expects.
    Raises `ApiError`.
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


def check_changed(kind: Kind, obj: Object) -> None:
    """Refuse what a change would make wrong. Raises `ApiError`."""
    if kind.kind == "NetworkPolicy":
        causes = _policy_causes(obj.get("spec", {}))
        if causes:
            raise invalid(kind, obj["metadata"]["name"], causes)


def _name_causes(kind: Kind, name: str) -> list[Cause]:
    if not name:
        return [("FieldValueRequired", "metadata.name", "Required value: name or generateName is required")]
    if kind.group == "rbac.authorization.k8s.io":
        return []
    by_label = kind.kind in ("Namespace", "Service")
    pattern, rule, longest = (LABEL, LABEL_RULE, 63) if by_label else (SUBDOMAIN, SUBDOMAIN_RULE, 253)
    causes: list[Cause] = []
    if not pattern.fullmatch(name):
        causes.append(("FieldValueInvalid", "metadata.name", f'Invalid value: "{name}": {rule}'))
    if len(name) > longest:
        causes.append(
            (
                "FieldValueInvalid",
                "metadata.name",
                f'Invalid value: "{name}": must be no more than {longest} characters',
            )
        )
    return causes


def _policy_causes(spec: Object) -> list[Cause]:
    causes: list[Cause] = []
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for number, rule in enumerate(spec.get(direction) or []):
            at = f"spec.{direction}[{number}]"
            for index, port in enumerate(rule.get("ports") or []):
                causes += _port_causes(port, f"{at}.ports[{index}]")
            for index, peer in enumerate(rule.get(peers) or []):
                causes += _peer_causes(peer, f"{at}.{peers}[{index}]")
    return causes


def _port_causes(port: Object, at: str) -> list[Cause]:
    causes: list[Cause] = []
    number = port.get("port")
    if isinstance(number, int) and not 1 <= number <= 65_535:
        causes.append(("FieldValueInvalid", f"{at}.port", f"Invalid value: {number}: {PORT_RULE}"))
    end = port.get("endPort")
    if end is not None:
        if not isinstance(number, int):
            causes.append(
                (
                    "FieldValueInvalid",
                    f"{at}.endPort",
                    f"Invalid value: {end}: may not be specified when `port` is non-numeric",
                )
            )
        elif end < number:
            causes.append(
                (
                    "FieldValueInvalid",
                    f"{at}.endPort",
                    f"Invalid value: {end}: must be greater than or equal to `port`",
                )
            )
    return causes


def _peer_causes(peer: Object, at: str) -> list[Cause]:
    block = peer.get("ipBlock")
    if block is None:
        return []
    if len(peer) > 1:
        return [("FieldValueForbidden", at, "Forbidden: may not specify both ipBlock and another peer")]
    causes: list[Cause] = []
    for index, (text, field) in enumerate(
        [
            (block.get("cidr", ""), "cidr"),
            *((each, f"except[{n}]") for n, each in enumerate(block.get("except") or [])),
        ]
    ):
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            causes.append(
                ("FieldValueInvalid", f"{at}.ipBlock.{field}", f'Invalid value: "{text}": {CIDR_RULE}')
            )
            continue
        if index and not causes and not _within(network, block["cidr"]):
            rule = f'must be a strict subset of `cidr`: "{block["cidr"]}"'
            causes.append(("FieldValueInvalid", f"{at}.ipBlock.{field}", f'Invalid value: "{text}": {rule}'))
    return causes


def _within(network: Any, cidr: str) -> bool:
    outer = ipaddress.ip_network(cidr, strict=False)
    return network.version == outer.version and network != outer and bool(network.subnet_of(outer))


def _job_causes(obj: Object) -> list[Cause]:
    """A Job's selector and the labels it selects by are generated; what was copied from another Job is
    refused.
    """
    spec = obj.get("spec", {})
    if spec.get("manualSelector"):
        return []
    causes: list[Cause] = []
    uid, name = str(uuid.uuid4()), obj["metadata"]["name"]
    labels = spec.get("template", {}).get("metadata", {}).get("labels") or {}
    given = labels.get(CONTROLLER)
    if given:
        generated = {"batch.kubernetes.io/job-name": name, "controller-uid": uid, "job-name": name}
        shown = json.dumps(dict(sorted({**generated, **labels}.items())), separators=(",", ":"))
        causes.append(
            (
                "FieldValueInvalid",
                f"spec.template.metadata.labels[{CONTROLLER}]",
                f"Invalid value: {shown}: must be '{uid}'",
            )
        )
    if spec.get("selector"):
        shown = json.dumps(spec["selector"], separators=(",", ":"))
        causes.append(
            ("FieldValueInvalid", "spec.selector", f"Invalid value: {shown}: `selector` not auto-generated")
        )
    return causes


def unknown_fields(kind: Kind, obj: Object) -> list[str]:
    """Paths of fields that the kind does not have, as far as its fields are known here."""
    known = FIELDS.get(kind.kind)
    return [f"spec.{path}" for path in _unknown(obj.get("spec"), known)] if known else []


def _unknown(value: Any, known: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for name, inner in value.items() if isinstance(value, dict) else ():
        if name not in known:
            found.append(name)
        elif known[name] and isinstance(inner, list):
            found += [
                f"{name}[{n}].{path}" for n, each in enumerate(inner) for path in _unknown(each, known[name])
            ]
    return found


def strict(kind: Kind, unknown: list[str]) -> ApiError:
    """400 of `fieldValidation=Strict`."""
    listed = ", ".join(f'unknown field "{path}"' for path in unknown)
    message = (
        f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: strict decoding error:'
        f" {listed}"
    )
    return bad_request(message)
