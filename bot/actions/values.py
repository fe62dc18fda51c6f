"""The checks of typed values: each returns plain text in one spelling, or raises `ValueError`."""

import contextlib
import ipaddress
import re
from datetime import UTC, datetime, timedelta

from bot.drivers import catalog

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_DURATION = re.compile(r"([0-9]{1,6})(s|m|h|d)")
_PORT = re.compile(r"(?:(TCP|UDP|SCTP)/)?([0-9]{1,5})(?:-([0-9]{1,5}))?", re.IGNORECASE)
_KEY = re.compile(r"[A-Za-z0-9_-]{1,255}")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def text(value: str) -> str:
    """Accept any text that is not empty."""
    if not value.strip():
        raise ValueError("it is empty")
    return value


def name(value: str) -> str:
    """Accept a name in Magnum, or an id: letters, digits, dots, dashes and underscores."""
    if not _NAME.fullmatch(value):
        raise ValueError(
            f"`{value}` is not a name: letters, digits, `.`, `_` and `-`, at most 253 characters"
        )
    return value


def label(value: str) -> str:
    """Accept a Kubernetes namespace or label name (an RFC 1123 label)."""
    if not _LABEL.fullmatch(value):
        raise ValueError(
            f"`{value}` is not a Kubernetes name: small letters, digits and `-`, at most 63 characters"
        )
    return value


def pod(value: str) -> str:
    """Accept a pod as `NAMESPACE/POD`."""
    namespace, slash, pod_name = value.partition("/")
    if not slash or not pod_name:
        raise ValueError(f"`{value}` is not NAMESPACE/POD")
    return f"{label(namespace)}/{name(pod_name)}"


def endpoint(value: str) -> str:
    """Accept `NAMESPACE/POD`, `NAMESPACE/WORKLOAD`, or an address outside of the cluster."""
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(value)
        mapped = getattr(address, "ipv4_mapped", None)
        if "%" not in value:  # an interface of one machine means nothing to others
            return str(mapped or address)
    try:
        return pod(value)
    except ValueError:
        raise ValueError(f"`{value}` is neither NAMESPACE/POD nor an address like `192.0.2.7`") from None


def driver(value: str) -> str:
    """Accept a driver of the catalogue."""
    lowered = value.lower()
    if catalog.find_driver(lowered) is None:
        raise ValueError(f"there is no driver `{value}`")
    return lowered


def count(value: str) -> str:
    """Accept a number from 0 to 9999."""
    if not re.fullmatch(r"[0-9]{1,4}", value):
        raise ValueError(f"`{value}` is not a number from 0 to 9999")
    return str(int(value))


def duration(value: str) -> str:
    """Accept a length of time: `30s`, `15m`, `24h`, `7d`."""
    if not _DURATION.fullmatch(value):
        raise ValueError(f"`{value}` is not a length of time like `15m` or `24h`")
    return value


def seconds(value: str) -> int:
    """Return the seconds of a checked duration."""
    duration = _DURATION.fullmatch(value)
    if duration is None:
        raise ValueError(f"`{value}` is not a length of time")
    return int(duration[1]) * _UNITS[duration[2]]


def moment(value: str) -> str:
    """Accept a time (`2026-11-24` or `2026-11-24T09:30`, UTC if no zone is named) or how long ago (`2h`)."""
    if _DURATION.fullmatch(value):
        return value
    try:
        return datetime.fromisoformat(value).isoformat()
    except ValueError:
        raise ValueError(
            f"`{value}` is neither a time like `2026-11-24T09:30` nor how long ago, like `2h`"
        ) from None


def resolve_moment(value: str, *, now: datetime) -> datetime:
    """Return the point in time that a checked moment means."""
    if _DURATION.fullmatch(value):
        return now - timedelta(seconds=seconds(value))
    point = datetime.fromisoformat(value)
    return point.replace(tzinfo=UTC) if point.tzinfo is None else point.astimezone(UTC)


def cidr(value: str) -> str:
    """Accept an address range in CIDR notation."""
    try:
        return str(ipaddress.ip_network(value, strict=True))
    except ValueError:
        raise ValueError(f"`{value}` is not an address range like `10.100.0.0/16`") from None


def port(value: str) -> str:
    """Accept `TCP/80`, `UDP/53`, `TCP/8080-8090`; TCP if no protocol is named."""
    match = _PORT.fullmatch(value)
    if not match:
        raise ValueError(f"`{value}` is not a port like `TCP/80`")
    first, last = int(match[2]), int(match[3] or match[2])
    if first < 1 or max(first, last) > 65_535:
        raise ValueError(f"`{value}`: ports go from 1 to 65535")
    if last < first:
        raise ValueError(f"`{value}` runs backwards: the lower port first")
    ports = str(first) if last == first else f"{first}-{last}"
    return f"{(match[1] or 'TCP').upper()}/{ports}"


def key_value(value: str) -> str:
    """Accept `KEY=VALUE`, as Magnum takes labels (keys of letters, digits, `_` and `-`)."""
    key, equals, _ = value.partition("=")
    if not equals or not _KEY.fullmatch(key):
        raise ValueError(f"`{value}` is not KEY=VALUE")
    return value


def volume_choice(value: str) -> str:
    """Accept `reattach`, `empty` or `skip`, for all volumes or as `NAMESPACE/CLAIM=…` for one."""
    claim, equals, choice = value.rpartition("=")
    if choice not in ("reattach", "empty", "skip"):
        raise ValueError(f"`{value}`: a volume can `reattach`, be `empty` or be left out with `skip`")
    return f"{pod(claim)}={choice}" if equals else choice
