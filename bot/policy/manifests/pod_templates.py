"""What a pod or a pod template says that decides who may connect to it: labels, named ports, host network."""

from __future__ import annotations

import contextlib
import dataclasses
import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from bot.policy.reach.field_errors import Mistakes, kind_of
from bot.policy.reach.model import Address, ContainerPort, Protocol

LAST_PORT = 65535


@dataclasses.dataclass(frozen=True, slots=True)
class PodTemplate:
    """The pods of a controller, as far as NetworkPolicies go."""

    labels: Mapping[str, str]
    ports: tuple[ContainerPort, ...]
    host_network: bool


def template(value: Any, field: str, mistakes: Mistakes) -> PodTemplate:
    """Read a pod template, or a pod: `metadata.labels` and `spec`."""
    given = mistakes.mapping(value, field)
    metadata = mistakes.mapping(given.get("metadata"), _join(field, "metadata"))
    spec = mistakes.mapping(given.get("spec"), _join(field, "spec"))
    host = spec.get("hostNetwork")
    if host is not None and not isinstance(host, bool):
        mistakes.add(_join(field, "spec.hostNetwork"), f"must be true or false, not {kind_of(host)}")
    return PodTemplate(
        labels(metadata.get("labels"), _join(field, "metadata.labels"), mistakes),
        tuple(_ports(spec, _join(field, "spec"), mistakes)),
        host is True,
    )


def labels(value: Any, field: str, mistakes: Mistakes) -> dict[str, str]:
    """Labels; their values must be text."""
    given = mistakes.mapping(value, field)
    return {str(key): mistakes.text(each, f"{field}.{key}") for key, each in given.items()}


def addresses(status: Mapping[str, Any]) -> tuple[Address, ...]:
    """The addresses in a pod's status; none in a manifest that was never applied."""
    several = status.get("podIPs")
    texts = (
        [each.get("ip") for each in several if isinstance(each, Mapping)] if isinstance(several, list) else []
    )
    found = []
    for text in texts or [status.get("podIP")]:
        with contextlib.suppress(ValueError):
            found.append(ipaddress.ip_address(str(text)))
    return tuple(found)


def _ports(spec: Mapping[str, Any], field: str, mistakes: Mistakes) -> Iterator[ContainerPort]:
    """The named ports of containers and of sidecars: init containers that are always restarted."""
    for section in ("containers", "initContainers"):
        for path, item in mistakes.items(spec.get(section), f"{field}.{section}"):
            container = mistakes.mapping(item, path)
            if section == "containers" or container.get("restartPolicy") == "Always":
                for port_path, port in mistakes.items(container.get("ports"), f"{path}.ports"):
                    yield from _port(port, port_path, mistakes)


def _port(value: Any, field: str, mistakes: Mistakes) -> Iterator[ContainerPort]:
    given = mistakes.mapping(value, field)
    name = mistakes.text(given.get("name"), f"{field}.name")
    number, protocol = given.get("containerPort"), given.get("protocol") or Protocol.TCP
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= LAST_PORT:
        mistakes.add(f"{field}.containerPort", f"must be a number between 1 and {LAST_PORT}, not {number!r}")
    elif protocol not in list(Protocol):
        mistakes.add(f"{field}.protocol", f"must be TCP, UDP or SCTP, not {protocol!r}")
    elif name:
        yield ContainerPort(name, Protocol(protocol), number)


def _join(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name
