"""API versions that Kubernetes has removed, and what a cluster that does not exist yet will serve.

Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/. It serves only to plan a target
that is still to be deployed; one that exists is asked.
"""

import dataclasses

from bot.migration.inventory.served_apis import ApiResource, ApiSurface, version_numbers

# the first release that no longer serves them, group, version, kinds (none: all of the group)
REMOVED = (
    ("1.16", "extensions", "v1beta1", "Deployment DaemonSet ReplicaSet NetworkPolicy PodSecurityPolicy"),
    ("1.16", "apps", "v1beta1", ""),
    ("1.16", "apps", "v1beta2", ""),
    ("1.22", "admissionregistration.k8s.io", "v1beta1", "MutatingWebhookConfiguration"),
    ("1.22", "admissionregistration.k8s.io", "v1beta1", "ValidatingWebhookConfiguration"),
    ("1.22", "apiextensions.k8s.io", "v1beta1", ""),
    ("1.22", "apiregistration.k8s.io", "v1beta1", ""),
    ("1.22", "certificates.k8s.io", "v1beta1", ""),
    ("1.22", "coordination.k8s.io", "v1beta1", "Lease"),
    ("1.22", "extensions", "v1beta1", "Ingress"),
    ("1.22", "networking.k8s.io", "v1beta1", "Ingress IngressClass"),
    ("1.22", "rbac.authorization.k8s.io", "v1beta1", ""),
    ("1.22", "scheduling.k8s.io", "v1beta1", ""),
    ("1.22", "storage.k8s.io", "v1beta1", "CSIDriver CSINode StorageClass VolumeAttachment"),
    ("1.25", "batch", "v1beta1", ""),
    ("1.25", "discovery.k8s.io", "v1beta1", ""),
    ("1.25", "events.k8s.io", "v1beta1", ""),
    ("1.25", "autoscaling", "v2beta1", ""),
    ("1.25", "policy", "v1beta1", ""),
    ("1.25", "node.k8s.io", "v1beta1", ""),
    ("1.26", "autoscaling", "v2beta2", ""),
    ("1.26", "flowcontrol.apiserver.k8s.io", "v1beta1", ""),
    ("1.27", "storage.k8s.io", "v1beta1", "CSIStorageCapacity"),
    ("1.29", "flowcontrol.apiserver.k8s.io", "v1beta2", ""),
    ("1.32", "flowcontrol.apiserver.k8s.io", "v1beta3", ""),
)


def removed_in(resource: ApiResource) -> str:
    """Return the release that removed a kind's version, such as `1.25`; empty if none did."""
    for release, group, version, kinds in REMOVED:
        of_version = (resource.group, resource.version) == (group, version)
        if of_version and (not kinds or resource.kind in kinds.split()):
            return release
    return ""


def is_removed(resource: ApiResource, version: str) -> bool:
    """Return whether a Kubernetes version no longer serves a kind's version; not if it is unknown."""
    release = removed_in(resource)
    return bool(release) and bool(version) and version_numbers(version) >= version_numbers(release)


def assumed_surface(source: ApiSurface, version: str) -> ApiSurface:
    """Return what a new cluster of a Kubernetes version will serve, as far as the source's kinds go.

    Kinds of custom resources are taken as served: their definition is copied first.
    """
    resources = tuple(resource for resource in source.resources if not is_removed(resource, version))
    return dataclasses.replace(source, version=version or source.version, resources=resources)
