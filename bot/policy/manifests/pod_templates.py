"""Reads from pods and pod templates what decides who may connect: labels, named ports and hostNetwork."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from bot.policy.reach.addresses import parse_addresses
from bot.policy.reach.field_errors import FieldErrors, type_name
from bot.policy.reach.model import FIRST_PORT, LAST_PORT, Address, ContainerPort, Protocol


@dataclasses.dataclass(frozen=True, slots=True)
class PodTemplate:
    """The pods of a controller, as far as NetworkPolicies are concerned."""

    labels: Mapping[str, str]
    ports: tuple[ContainerPort, ...]
    host_network: bool


def read_template(value: Any, field: str, errors: FieldErrors) -> PodTemplate:
    """Read `metadata.labels` and `spec` of a pod template, or of a pod."""
    template = errors.mapping(value, field)
    metadata = errors.mapping(template.get("metadata"), _join(field, "metadata"))
    spec = errors.mapping(template.get("spec"), _join(field, "spec"))
    host_network = spec.get("hostNetwork")
    if host_network is not None and not isinstance(host_network, bool):
        errors.add(_join(field, "spec.hostNetwork"), f"must be true or false, not {type_name(host_network)}")
    return PodTemplate(
        read_labels(metadata.get("labels"), _join(field, "metadata.labels"), errors),
        tuple(_read_ports(spec, _join(field, "spec"), errors)),
        host_network is True,
    )


def read_labels(value: Any, field: str, errors: FieldErrors) -> dict[str, str]:
    """Read labels; their values must be text."""
    labels = errors.mapping(value, field)
    return {str(key): errors.text(text, f"{field}.{key}") for key, text in labels.items()}


def read_pod_addresses(status: Mapping[str, Any]) -> tuple[Address, ...]:
    """Return the addresses in a pod's status; none for a manifest that was never applied."""
    pod_ips = status.get("podIPs")
    entries = pod_ips if isinstance(pod_ips, list) else []
    texts = [entry.get("ip") for entry in entries if isinstance(entry, Mapping)]
    return parse_addresses(texts or [status.get("podIP")])


def _read_ports(spec: Mapping[str, Any], field: str, errors: FieldErrors) -> Iterator[ContainerPort]:
    """The named ports of containers and of sidecars, which are init containers with restartPolicy Always."""
    for section in ("containers", "initContainers"):
        for path, item in errors.items(spec.get(section), f"{field}.{section}"):
            container = errors.mapping(item, path)
            if section == "containers" or container.get("restartPolicy") == "Always":
                for port_path, port in errors.items(container.get("ports"), f"{path}.ports"):
                    yield from _read_port(port, port_path, errors)


def _read_port(value: Any, field: str, errors: FieldErrors) -> Iterator[ContainerPort]:
    port = errors.mapping(value, field)
    name = errors.text(port.get("name"), f"{field}.name")
    number, protocol = port.get("containerPort"), port.get("protocol") or Protocol.TCP
    if isinstance(number, bool) or not isinstance(number, int) or not FIRST_PORT <= number <= LAST_PORT:
        reason = f"must be a number between {FIRST_PORT} and {LAST_PORT}, not {number!r}"
        errors.add(f"{field}.containerPort", reason)
    elif protocol not in list(Protocol):
        errors.add(f"{field}.protocol", f"must be TCP, UDP or SCTP, not {protocol!r}")
    elif name:
        yield ContainerPort(name, Protocol(protocol), number)


def _join(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name
