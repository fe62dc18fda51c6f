"""networking.k8s.io/v1 NetworkPolicy as pydantic models: which fields there are and what they may hold.

The rules are those of the API server's own validation (`pkg/apis/networking/validation`, `metav1`'s label
selectors), so that a mistake is told in the channel with its field, before a cluster is asked. Where the
server is more lenient or stricter than this, its dry run has the last word.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
LABEL_PART = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
PORT_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


def _name(value: str) -> str:
    if len(value) > 253:
        raise ValueError(f"{len(value)} characters; at most 253 are taken")
    if not SUBDOMAIN.fullmatch(value):
        raise ValueError(
            f"`{value}` is no name: small letters, digits, `-` and `.`, beginning and ending with a letter or digit"
        )
    return value


def _label_key(value: str) -> str:
    prefix, slash, name = value.rpartition("/")
    if slash and (len(prefix) > 253 or not SUBDOMAIN.fullmatch(prefix)):
        raise ValueError(f"`{value}`: what stands before the `/` must be a DNS name")
    if len(name) > 63 or not LABEL_PART.fullmatch(name):
        raise ValueError(f"`{value}` is no label key: at most 63 letters, digits, `-`, `_` and `.`")
    return value


def _label_value(value: str) -> str:
    if value and (len(value) > 63 or not LABEL_PART.fullmatch(value)):
        raise ValueError(f"`{value}` is no label value: at most 63 letters, digits, `-`, `_` and `.`")
    return value


def _cidr(value: str) -> str:
    try:
        if "/" not in value:
            raise ValueError
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        hint = f"; one address is `{value}/32`" if _is_address(value) and ":" not in value else ""
        raise ValueError(f"`{value}` is no address range like `10.0.0.0/8` or `2001:db8::/32`{hint}") from None
    return value


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _port(value: object) -> object:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError("a number or the name of a port is expected")
    if isinstance(value, int):
        if not 1 <= value <= 65_535:
            raise ValueError(f"{value} is no port: they go from 1 to 65535")
        return value
    if value.isdigit():
        raise ValueError(f'"{value}" in quotes is the name of a port: write {value}')
    if "-" in value and all(part.isdigit() for part in value.split("-")):
        first, last = value.split("-")[:2]
        raise ValueError(f"a range is written `port: {first}` and `endPort: {last}`")
    if len(value) > 15 or not PORT_NAME.fullmatch(value) or "--" in value or not re.search("[a-z]", value):
        raise ValueError(f"`{value}` is no port name: at most 15 small letters, digits and `-`, with a letter in it")
    return value


Name = Annotated[str, AfterValidator(_name)]
LabelKey = Annotated[str, AfterValidator(_label_key)]
LabelValue = Annotated[str, AfterValidator(_label_value)]
Cidr = Annotated[str, AfterValidator(_cidr)]
Port = Annotated[Any, AfterValidator(_port)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Requirement(_Part):
    """One of `matchExpressions`."""

    key: LabelKey
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: list[LabelValue] | None = None

    @model_validator(mode="after")
    def _values_fit(self) -> Requirement:
        if self.operator in ("In", "NotIn") and not self.values:
            raise ValueError(f"{self.operator} needs `values`")
        if self.operator in ("Exists", "DoesNotExist") and self.values:
            raise ValueError(f"{self.operator} takes no `values`")
        return self


class Selector(_Part):
    """A label selector; empty selects all."""

    matchLabels: dict[LabelKey, LabelValue] | None = None  # noqa: N815 - as the API spells it
    matchExpressions: list[Requirement] | None = None  # noqa: N815


class IpBlock(_Part):
    """An address range, and what is taken out of it."""

    cidr: Cidr
    excepted: list[Cidr] | None = Field(default=None, alias="except")

    @model_validator(mode="after")
    def _within(self) -> IpBlock:
        outer = ipaddress.ip_network(self.cidr, strict=False)
        for each in self.excepted or []:
            inner = ipaddress.ip_network(each, strict=False)
            inside = isinstance(inner, type(outer)) and inner != outer and inner.subnet_of(outer)  # type: ignore[arg-type]
            if not inside:
                raise ValueError(f"except {each} does not lie within {self.cidr}")
        return self


class Peer(_Part):
    """Whom a rule is about."""

    podSelector: Selector | None = None  # noqa: N815
    namespaceSelector: Selector | None = None  # noqa: N815
    ipBlock: IpBlock | None = None  # noqa: N815

    @model_validator(mode="after")
    def _one_way(self) -> Peer:
        selects = self.podSelector is not None or self.namespaceSelector is not None
        if self.ipBlock is not None and selects:
            raise ValueError("ipBlock stands alone: not together with podSelector or namespaceSelector")
        if self.ipBlock is None and not selects:
            raise ValueError(
                "a peer needs podSelector, namespaceSelector or ipBlock; for everybody leave the list out"
            )
        return self


class PolicyPort(_Part):
    """A port, a range of ports, or all of a protocol."""

    protocol: Literal["TCP", "UDP", "SCTP"] | None = None
    port: Port = None
    endPort: int | None = None  # noqa: N815

    @model_validator(mode="after")
    def _range(self) -> PolicyPort:
        if self.endPort is None:
            return self
        if not isinstance(self.port, int):
            raise ValueError("endPort needs a `port` that is a number")
        if not self.port <= self.endPort <= 65_535:
            raise ValueError(f"endPort {self.endPort} must lie between port {self.port} and 65535")
        return self


class Ingress(_Part):
    """One rule of `ingress`."""

    peers: list[Peer] | None = Field(default=None, alias="from")
    ports: list[PolicyPort] | None = None


class Egress(_Part):
    """One rule of `egress`."""

    to: list[Peer] | None = None
    ports: list[PolicyPort] | None = None


class Spec(_Part):
    """`spec`. `podSelector` may be left out: the API takes that since 1.34 as all pods, earlier it says so."""

    podSelector: Selector | None = None  # noqa: N815
    policyTypes: list[Literal["Ingress", "Egress"]] | None = None  # noqa: N815
    ingress: list[Ingress] | None = None
    egress: list[Egress] | None = None


class Metadata(_Part):
    """`metadata`, without what only the server writes."""

    name: Name
    namespace: str | None = None
    labels: dict[LabelKey, LabelValue] | None = None
    annotations: dict[LabelKey, str] | None = None


class Policy(_Part):
    """A NetworkPolicy."""

    apiVersion: Literal["networking.k8s.io/v1"]  # noqa: N815
    kind: Literal["NetworkPolicy"]
    metadata: Metadata
    spec: Spec
