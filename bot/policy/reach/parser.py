"""Parses a networking.k8s.io/v1 NetworkPolicy, with the API's defaults, and names every field that is wrong.

The rules are those of the API server's validation and of its `SetDefaults_NetworkPolicy`: without policyTypes
a policy isolates ingress, and egress only if `egress` has an entry; a protocol that is left out is TCP.
"""

from collections.abc import Mapping
from typing import Any

from bot.common.problems import Refusal
from bot.policy.reach.field_errors import FieldError, FieldErrors, type_name
from bot.policy.reach.model import (
    API_VERSION,
    FIRST_PORT,
    KIND,
    LAST_PORT,
    Direction,
    Policy,
    PortRule,
    Protocol,
    Rule,
)
from bot.policy.reach.peer_parser import parse_peer
from bot.policy.reach.selector_parser import parse_namespace, parse_object_name, parse_selector

_TOP = frozenset({"apiVersion", "kind", "metadata", "spec", "status"})
_SPEC = frozenset({"podSelector", "policyTypes", "ingress", "egress"})
_PEERS = {Direction.INGRESS: "from", Direction.EGRESS: "to"}
_PORT = frozenset({"protocol", "port", "endPort"})
LONGEST_PORT_NAME = 15


class InvalidPolicy(Refusal):
    """A manifest is not a NetworkPolicy that an API server would accept; `errors` holds every wrong field."""

    def __init__(self, name: str, errors: tuple[FieldError, ...]) -> None:
        super().__init__(
            f"The NetworkPolicy {name} is not valid",
            why="\n".join(map(str, errors)),
            fix="Correct what is named above; `kubectl explain networkpolicy.spec` describes the fields.",
        )
        self.errors = errors


def parse_policy(manifest: Mapping[str, Any]) -> Policy:
    """Parse one policy; it is of the namespace `default` where none is given.

    Unknown fields at the top and anywhere below `spec` are errors. Raises `InvalidPolicy`.
    """
    policy, errors = _parse(manifest)
    if errors:
        raise InvalidPolicy(f"{policy.namespace}/{policy.name or '(without a name)'}", errors)
    return policy


def errors_of(manifest: Mapping[str, Any]) -> tuple[FieldError, ...]:
    """Return every wrong field, in the order of the manifest; empty if an API server would accept it."""
    return _parse(manifest)[1]


def _parse(manifest: Mapping[str, Any]) -> tuple[Policy, tuple[FieldError, ...]]:
    errors = FieldErrors()
    top = errors.mapping(manifest, "", _TOP)
    for field, expected in (("apiVersion", API_VERSION), ("kind", KIND)):
        if top.get(field) != expected:
            errors.add(field, f"must be {expected}, not {top.get(field)!r}")
    metadata = errors.mapping(top.get("metadata"), "metadata")
    name = parse_object_name(metadata, "metadata.name", errors)
    namespace = parse_namespace(metadata, "metadata.namespace", errors)
    spec = errors.mapping(top.get("spec"), "spec", _SPEC)
    pods = parse_selector(spec.get("podSelector"), "spec.podSelector", errors)
    ingress = _parse_rules(spec.get("ingress"), Direction.INGRESS, errors)
    egress = _parse_rules(spec.get("egress"), Direction.EGRESS, errors)
    types = _parse_types(spec.get("policyTypes"), errors)
    if not types:
        types = {Direction.INGRESS, Direction.EGRESS} if egress else {Direction.INGRESS}
    policy = Policy(
        namespace=namespace,
        name=name,
        pods=pods,
        ingress=ingress if Direction.INGRESS in types else None,
        egress=egress if Direction.EGRESS in types else None,
    )
    return policy, tuple(errors.errors)


def _parse_types(value: Any, errors: FieldErrors) -> set[Direction]:
    types = set()
    for path, item in errors.items(value, "spec.policyTypes"):
        if item in list(Direction):
            types.add(Direction(item))
        else:
            errors.add(path, f"must be Ingress or Egress, not {item!r}")
    if isinstance(value, list) and len(value) > len(Direction):
        errors.add("spec.policyTypes", "may not have more than two entries")
    return types


def _parse_rules(value: Any, direction: Direction, errors: FieldErrors) -> tuple[Rule, ...]:
    section, peers_field = direction.lower(), _PEERS[direction]
    rules = []
    for path, item in errors.items(value, f"spec.{section}"):
        if item is None:
            errors.add(path, "must be a mapping, not nothing; `{}` allows everything")
        rule = errors.mapping(item, path, frozenset({peers_field, "ports"}))
        peers = [
            parse_peer(entry, peer_path, errors)
            for peer_path, entry in errors.items(rule.get(peers_field), f"{path}.{peers_field}")
        ]
        ports = [
            _parse_port(entry, port_path, errors)
            for port_path, entry in errors.items(rule.get("ports"), f"{path}.ports")
        ]
        rules.append(Rule(tuple(peer for peer in peers if peer is not None), tuple(ports)))
    return tuple(rules)


def _parse_port(value: Any, field: str, errors: FieldErrors) -> PortRule:
    if value is None:
        errors.add(field, "must be a mapping, not nothing")
    entry = errors.mapping(value, field, _PORT)
    protocol, port, end = entry.get("protocol"), entry.get("port"), entry.get("endPort")
    if protocol is not None and protocol not in list(Protocol):
        errors.add(f"{field}.protocol", f"must be TCP, UDP or SCTP, not {protocol!r}")
        protocol = None
    _check_port(port, f"{field}.port", errors)
    if end is not None:
        _check_end_port(port, end, f"{field}.endPort", errors)
    return PortRule(
        Protocol(protocol or Protocol.TCP),
        port if isinstance(port, (int, str)) else None,
        end if _is_number(end) else None,
    )


def _check_port(port: Any, field: str, errors: FieldErrors) -> None:
    if port is None:
        return
    if _is_number(port):
        _check_range(port, field, errors)
    elif not isinstance(port, str):
        errors.add(field, f"must be a whole number or the name of a port, not {_type_or_float(port)}")
    elif not _is_port_name(port):
        errors.add(
            field,
            f"{port!r} is not the name of a port: at most {LONGEST_PORT_NAME} lower-case letters, digits and"
            " single '-', at least one letter; a number is written without quotes",
        )


def _check_end_port(port: Any, end: Any, field: str, errors: FieldErrors) -> None:
    if not _is_number(end):
        errors.add(field, f"must be a whole number, not {_type_or_float(end)}")
    elif not _check_range(end, field, errors):
        return
    elif port is None:
        errors.add(field, "needs a port")
    elif not _is_number(port):
        errors.add(field, "may not be given with a named port")
    elif end < port:
        errors.add(field, f"must not be below the port {port}, as {end} is")


def _check_range(port: int, field: str, errors: FieldErrors) -> bool:
    in_range = FIRST_PORT <= port <= LAST_PORT
    if not in_range:
        errors.add(field, f"must be between {FIRST_PORT} and {LAST_PORT}, not {port}")
    return in_range


def _is_port_name(name: str) -> bool:
    """Whether a container port may have this name, which is an IANA service name (RFC 6335)."""
    return (
        0 < len(name) <= LONGEST_PORT_NAME
        and all(letter in "abcdefghijklmnopqrstuvwxyz0123456789-" for letter in name)
        and any(letter.isalpha() for letter in name)
        and not (name.startswith("-") or name.endswith("-") or "--" in name)
    )


def _type_or_float(value: Any) -> str:
    return repr(value) if isinstance(value, float) else type_name(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
