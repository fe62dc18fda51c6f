"""API versions that Kubernetes has removed, and the surface of a cluster that does not exist yet.

Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/. Used only to plan a target that is
still to be deployed; as soon as there is one, it is asked.
"""

from __future__ import annotations

import dataclasses

from bot.migration.inventory.api_discovery import ApiResource, ApiSurface, numbers

# (group, version, kinds; empty: all) by the first release that no longer serves them
REMOVED: dict[tuple[int, int], tuple[tuple[str, str, frozenset[str]], ...]] = {
    (1, 16): (
        (
            "extensions",
            "v1beta1",
            frozenset({"Deployment", "DaemonSet", "ReplicaSet", "NetworkPolicy", "PodSecurityPolicy"}),
        ),
        ("apps", "v1beta1", frozenset()),
        ("apps", "v1beta2", frozenset()),
    ),
    (1, 22): (
        (
            "admissionregistration.k8s.io",
            "v1beta1",
            frozenset({"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"}),
        ),
        ("apiextensions.k8s.io", "v1beta1", frozenset()),
        ("apiregistration.k8s.io", "v1beta1", frozenset()),
        ("certificates.k8s.io", "v1beta1", frozenset()),
        ("coordination.k8s.io", "v1beta1", frozenset({"Lease"})),
        ("extensions", "v1beta1", frozenset({"Ingress"})),
        ("networking.k8s.io", "v1beta1", frozenset({"Ingress", "IngressClass"})),
        ("rbac.authorization.k8s.io", "v1beta1", frozenset()),
        ("scheduling.k8s.io", "v1beta1", frozenset()),
        (
            "storage.k8s.io",
            "v1beta1",
            frozenset({"CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"}),
        ),
    ),
    (1, 25): (
        ("batch", "v1beta1", frozenset()),
        ("discovery.k8s.io", "v1beta1", frozenset()),
        ("events.k8s.io", "v1beta1", frozenset()),
        ("autoscaling", "v2beta1", frozenset()),
        ("policy", "v1beta1", frozenset()),
        ("node.k8s.io", "v1beta1", frozenset()),
    ),
    (1, 26): (
        ("autoscaling", "v2beta2", frozenset()),
        ("flowcontrol.apiserver.k8s.io", "v1beta1", frozenset()),
    ),
    (1, 27): (("storage.k8s.io", "v1beta1", frozenset({"CSIStorageCapacity"})),),
    (1, 29): (("flowcontrol.apiserver.k8s.io", "v1beta2", frozenset()),),
    (1, 32): (("flowcontrol.apiserver.k8s.io", "v1beta3", frozenset()),),
}


def removed_in(resource: ApiResource) -> str:
    """The release that removed a kind's version, such as `1.25`; empty if none did."""
    for release, entries in REMOVED.items():
        for group, version, kinds in entries:
            if (resource.group, resource.version) == (group, version) and (
                not kinds or resource.kind in kinds
            ):
                return f"{release[0]}.{release[1]}"
    return ""


def assumed(source: ApiSurface, version: str) -> ApiSurface:
    """What a new cluster of a Kubernetes version will serve, as far as the source's kinds go.

    Kinds of definitions that are copied are taken as served: their definition comes first.
    """
    return dataclasses.replace(
        source,
        version=version or source.version,
        resources=tuple(each for each in source.resources if not _gone(each, version)),
    )


def _gone(resource: ApiResource, version: str) -> bool:
    release = removed_in(resource)
    return bool(release) and bool(version) and numbers(version) >= numbers(release)
