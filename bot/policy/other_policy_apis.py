"""Finds the policies of other APIs than NetworkPolicy: those of network drivers, and AdminNetworkPolicy.

They can decide otherwise than what is computed, so they are looked for and named; what they say is not
computed.
"""

import dataclasses

import msgspec

from bot.adapters.kube import paths
from bot.adapters.kube.client import KubeClient
from bot.adapters.kube.errors import KubeError
from bot.drivers.catalog import policy_apis
from bot.drivers.policy_apis import PolicyApi
from bot.policy.api_objects import ListedObject


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
class OtherPolicy:
    """A policy of another API, which the engine does not compute; without a namespace it is cluster-wide."""

    kind: str
    group: str
    namespace: str
    name: str

    def __str__(self) -> str:
        prefix = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {prefix}{self.name} ({self.group})"


def read_other_policies(kube: KubeClient) -> tuple[tuple[OtherPolicy, ...], tuple[str, ...]]:
    """Return the policies of other APIs, and what of them could not be read, in the server's words."""
    try:
        groups = kube.get("/apis", _Groups).groups
    except KubeError as error:
        return (), (f"which policy APIs are served could not be read: {error.why}",)
    served = {group.name: group.preferred_version["version"] for group in groups}
    policies: list[OtherPolicy] = []
    gaps: list[str] = []
    for api in policy_apis():
        group = next((name for name in api.groups if name in served), None)
        if group is not None:
            try:
                policies += _policies_of(kube, f"{group}/{served[group]}", api)
            except KubeError as error:
                gaps.append(f"policies of {group} could not be looked for: {error.why}")
    return tuple(sorted(policies)), tuple(gaps)


def _policies_of(kube: KubeClient, api_version: str, api: PolicyApi) -> list[OtherPolicy]:
    group = api_version.partition("/")[0]
    return [
        OtherPolicy(resource.kind, group, policy.metadata.namespace, policy.metadata.name)
        for resource in kube.get(f"/apis/{api_version}", _Resources).resources
        if resource.name in api.policies.values()
        for policy in kube.list_all(paths.collection(api_version, resource.name), ListedObject)
        if not policy.metadata.name.startswith(api.mirrored)
    ]
