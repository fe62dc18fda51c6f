"""Policies of other APIs than NetworkPolicy: those of network drivers, and AdminNetworkPolicy.

They can decide otherwise than what is computed, so they are looked for and named; what they say is not
computed.
"""

from __future__ import annotations

import dataclasses

import msgspec

from bot.adapters.kube import paths
from bot.adapters.kube.client import Kube
from bot.adapters.kube.errors import KubeError
from bot.drivers.catalog import policy_apis
from bot.drivers.policy_apis import PolicyApi


class _Meta(msgspec.Struct, frozen=True):
    name: str
    namespace: str = ""


class _Named(msgspec.Struct, frozen=True):
    metadata: _Meta


class _Group(msgspec.Struct, rename="camel", frozen=True):
    name: str
    preferred_version: dict[str, str]


class _Groups(msgspec.Struct, frozen=True):
    groups: list[_Group] = []


class _Resource(msgspec.Struct, frozen=True):
    name: str
    kind: str = ""


class _Resources(msgspec.Struct, frozen=True):
    resources: list[_Resource] = []


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class OtherPolicies:
    """A policy of another API, which the engine does not compute."""

    kind: str
    group: str
    namespace: str  # empty: the whole cluster
    name: str

    def __str__(self) -> str:
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {where}{self.name} ({self.group})"


def other_policies(kube: Kube) -> tuple[tuple[OtherPolicies, ...], tuple[str, ...]]:
    """Policies of other APIs, and what of them could not be looked at, in the server's words."""
    found: list[OtherPolicies] = []
    gaps: list[str] = []
    try:
        served = {
            group.name: group.preferred_version["version"] for group in kube.get("/apis", _Groups).groups
        }
    except KubeError as error:
        return (), (f"which policy APIs are served could not be read: {error.why}",)
    for api in policy_apis():
        group = next((each for each in api.groups if each in served), "")
        if group:
            try:
                found += _of_group(kube, f"{group}/{served[group]}", api)
            except KubeError as error:
                gaps.append(f"policies of {group} could not be looked for: {error.why}")
    return tuple(sorted(found)), tuple(gaps)


def _of_group(kube: Kube, api_version: str, api: PolicyApi) -> list[OtherPolicies]:
    group = api_version.partition("/")[0]
    listed = kube.get(f"/apis/{api_version}", _Resources).resources
    return [
        OtherPolicies(resource.kind, group, each.metadata.namespace, each.metadata.name)
        for resource in listed
        if resource.name in api.policies.values()
        for each in kube.all_of(paths.collection(api_version, resource.name), _Named)
        if not each.metadata.name.startswith(api.mirrored)
    ]
