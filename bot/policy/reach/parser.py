"""Reads a networking.k8s.io/v1 NetworkPolicy, with the API's defaults, and names every field that is wrong.

The rules are those of the API server's validation and of its SetDefaults_NetworkPolicy: without policyTypes
a policy isolates ingress, and egress only if `egress` has an entry; a protocol that is left out is TCP.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.common.problems import Refusal
from bot.policy.reach.field_errors import FieldError, Mistakes, kind_of
from bot.policy.reach.model import Direction, Policy, PortRule, Protocol, Rule
from bot.policy.reach.peer_parser import peer
from bot.policy.reach.selector_parser import is_label, object_name, selector

API_VERSION, KIND = "networking.k8s.io/v1", "NetworkPolicy"
_TOP = frozenset({"apiVersion", "kind", "metadata", "spec", "status"})
_SPEC = frozenset({"podSelector", "policyTypes", "ingress", "egress"})
_PEERS = {Direction.INGRESS: "from", Direction.EGRESS: "to"}
_PORT = frozenset({"protocol", "port", "endPort"})
LONGEST_PORT_NAME, LAST_PORT = 15, 65535


class InvalidPolicy(Refusal):
    """It is not a NetworkPolicy that an API server would take; `errors` holds every wrong field."""

    def __init__(self, name: str, errors: tuple[FieldError, ...]) -> None:
        super().__init__(
            f"The NetworkPolicy {name} is not valid",
            why="\n".join(map(str, errors)),
            fix="Correct what is named above; `kubectl explain networkpolicy.spec` describes the fields.",
        )
        self.errors = errors


def parse_policy(manifest: Mapping[str, Any]) -> Policy:
    """Read one policy; namespace `default` where none is given.

    Unknown fields at the top and anywhere below `spec` are errors. Raises `InvalidPolicy`.
    """
    policy, errors = _read(manifest)
    if errors:
        raise InvalidPolicy(f"{policy.namespace}/{policy.name or '(without a name)'}", errors)
    return policy


def errors_of(manifest: Mapping[str, Any]) -> tuple[FieldError, ...]:
    """Every wrong field, in the order of the manifest; empty if an API server would take it."""
    return _read(manifest)[1]


def _read(manifest: Mapping[str, Any]) -> tuple[Policy, tuple[FieldError, ...]]:
    mistakes = Mistakes()
    given = mistakes.mapping(manifest, "", _TOP)
    for field, wanted in (("apiVersion", API_VERSION), ("kind", KIND)):
        if given.get(field) != wanted:
            mistakes.add(field, f"must be {wanted}, not {given.get(field)!r}")
    name, namespace = _names(given.get("metadata"), mistakes)
    spec = mistakes.mapping(given.get("spec"), "spec", _SPEC)
    pods = selector(spec.get("podSelector"), "spec.podSelector", mistakes)
    ingress = _rules(spec.get("ingress"), Direction.INGRESS, mistakes)
    egress = _rules(spec.get("egress"), Direction.EGRESS, mistakes)
    types = _types(spec.get("policyTypes"), mistakes)
    if not types:
        types = {Direction.INGRESS, Direction.EGRESS} if egress else {Direction.INGRESS}
    policy = Policy(
        namespace=namespace,
        name=name,
        pods=pods,
        ingress=ingress if Direction.INGRESS in types else None,
        egress=egress if Direction.EGRESS in types else None,
    )
    return policy, tuple(mistakes.found)


def _names(value: Any, mistakes: Mistakes) -> tuple[str, str]:
    metadata = mistakes.mapping(value, "metadata")
    name = object_name(metadata, "metadata.name", mistakes)
    namespace = mistakes.text(metadata.get("namespace"), "metadata.namespace") or "default"
    if not is_label(namespace):
        mistakes.add("metadata.namespace", f"{namespace!r} is not a DNS label of at most 63 characters")
    return name, namespace


def _types(value: Any, mistakes: Mistakes) -> set[Direction]:
    found = set()
    for path, item in mistakes.items(value, "spec.policyTypes"):
        if item in list(Direction):
            found.add(Direction(item))
        else:
            mistakes.add(path, f"must be Ingress or Egress, not {item!r}")
    if isinstance(value, list) and len(value) > len(Direction):
        mistakes.add("spec.policyTypes", "may not have more than two entries")
    return found


def _rules(value: Any, direction: Direction, mistakes: Mistakes) -> tuple[Rule, ...]:
    section, peers = direction.lower(), _PEERS[direction]
    found = []
    for path, item in mistakes.items(value, f"spec.{section}"):
        if item is None:
            mistakes.add(path, "must be a mapping, not nothing; `{}` allows everything")
        given = mistakes.mapping(item, path, frozenset({peers, "ports"}))
        found.append(
            Rule(
                tuple(
                    one
                    for peer_path, each in mistakes.items(given.get(peers), f"{path}.{peers}")
                    if (one := peer(each, peer_path, mistakes)) is not None
                ),
                tuple(
                    _port(each, port_path, mistakes)
                    for port_path, each in mistakes.items(given.get("ports"), f"{path}.ports")
                ),
            )
        )
    return tuple(found)


def _port(value: Any, field: str, mistakes: Mistakes) -> PortRule:
    if value is None:
        mistakes.add(field, "must be a mapping, not nothing")
    given = mistakes.mapping(value, field, _PORT)
    protocol, port, end = given.get("protocol"), given.get("port"), given.get("endPort")
    if protocol is not None and protocol not in list(Protocol):
        mistakes.add(f"{field}.protocol", f"must be TCP, UDP or SCTP, not {protocol!r}")
        protocol = None
    _check_port(port, f"{field}.port", mistakes)
    if end is not None:
        _check_end(port, end, f"{field}.endPort", mistakes)
    return PortRule(
        Protocol(protocol or Protocol.TCP),
        port if isinstance(port, (int, str)) else None,
        end if _is_number(end) else None,
    )


def _check_port(port: Any, field: str, mistakes: Mistakes) -> None:
    if port is None:
        return
    if _is_number(port):
        if not 1 <= port <= LAST_PORT:
            mistakes.add(field, f"must be between 1 and {LAST_PORT}, not {port}")
    elif not isinstance(port, str):
        mistakes.add(field, f"must be a whole number or the name of a port, not {_no_number(port)}")
    elif not is_port_name(port):
        mistakes.add(
            field,
            f"{port!r} is not the name of a port: at most {LONGEST_PORT_NAME} lower-case letters, digits and"
            " single '-', at least one letter; a number is written without quotes",
        )


def _check_end(port: Any, end: Any, field: str, mistakes: Mistakes) -> None:
    if not _is_number(end):
        mistakes.add(field, f"must be a whole number, not {_no_number(end)}")
    elif not 1 <= end <= LAST_PORT:
        mistakes.add(field, f"must be between 1 and {LAST_PORT}, not {end}")
    elif port is None:
        mistakes.add(field, "needs a port")
    elif not _is_number(port):
        mistakes.add(field, "may not be given with a named port")
    elif end < port:
        mistakes.add(field, f"must not be below the port {port}, as {end} is")


def is_port_name(name: str) -> bool:
    """Whether a container port may be called so (an IANA service name)."""
    return (
        0 < len(name) <= LONGEST_PORT_NAME
        and all(letter in "abcdefghijklmnopqrstuvwxyz0123456789-" for letter in name)
        and any(letter.isalpha() for letter in name)
        and not (name.startswith("-") or name.endswith("-") or "--" in name)
    )


def _no_number(value: Any) -> str:
    return repr(value) if isinstance(value, float) else kind_of(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
