"""Pods and pod templates: what a node, a scheduler or a CNI plugin wrote is dropped, placement is copied."""

import ipaddress
import re
from collections.abc import Iterator

from bot.migration.objects.fields import Object, containers_of, drop_if_empty, pod_template_of
from bot.migration.objects.kinds import POD
from bot.migration.objects.transforms.transform import Transform, TransformContext, TransformNote, warning

HOSTNAME = "kubernetes.io/hostname"
TOKEN_VOLUME = re.compile(r"kube-api-access-[a-z0-9]{5}|.+-token-[a-z0-9]{5}")
DEFAULT_TOLERATIONS = frozenset({"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"})
MULTUS_STATUS = ("k8s.v1.cni.cncf.io/network-status", "k8s.v1.cni.cncf.io/networks-status")
BANDWIDTH = ("kubernetes.io/ingress-bandwidth", "kubernetes.io/egress-bandwidth")
_ADDRESS = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")


def template(obj: Object, context: TransformContext) -> Iterator[TransformNote]:
    """Apply the rules of every pod template to the template of a workload, or to a bare Pod."""
    pod = pod_template_of(obj)
    if not pod:
        return
    metadata, spec = pod.get("metadata") or {}, pod["spec"]
    if metadata.get("creationTimestamp", 0) is None:
        del metadata["creationTimestamp"]
    yield from _annotations(metadata, context)
    node = (spec.get("nodeSelector") or {}).get(HOSTNAME)
    if node or HOSTNAME in str((spec.get("affinity") or {}).get("nodeAffinity") or ""):
        placement = f"node {node}" if node else "its node affinity"
        yield warning(f"it is placed by the name of a node ({placement}): map it in `node_labels`")
    if spec.get("nodeName"):
        yield warning(
            f"its node {spec.pop('nodeName')} does not exist in the new cluster: the scheduler chooses"
        )
    yield from _environment(spec, context)


def _annotations(metadata: Object, context: TransformContext) -> Iterator[TransformNote]:
    """Drop CNI annotations: one that pins an address of the old cluster can keep a pod from starting."""
    annotations = metadata.get("annotations") or {}
    pinned = (*context.source.address_annotations, *context.target.address_annotations)
    for name in sorted(annotations):
        if name.startswith(context.pod_annotations) or name in MULTUS_STATUS:
            del annotations[name]
            if name in pinned:
                yield warning(f"the annotation {name} pins addresses of the old cluster, and is dropped")
        elif name in BANDWIDTH and not context.target.limits_bandwidth:
            yield warning(f"{name} has no effect with {context.target.title} on Magnum")
    drop_if_empty(metadata, "annotations")


def _environment(spec: Object, context: TransformContext) -> Iterator[TransformNote]:
    """Warn of addresses of the old cluster in the environment of a container."""
    for container in containers_of(spec):
        for variable in container.get("env") or []:
            for meaning, address in addresses_in(str(variable.get("value") or ""), context):
                owner = f"the variable {variable['name']} of {container['name']}"
                yield warning(f"{owner} has {address}, {meaning} in the old cluster")


def addresses_in(text: str, context: TransformContext) -> Iterator[tuple[str, str]]:
    """Yield each IPv4 address of the old cluster in a text once: what it is there, and the address."""
    for address in dict.fromkeys(_ADDRESS.findall(text)):
        try:
            ipaddress.ip_address(address)
        except ValueError:
            continue
        meaning = context.ranges.describe(address)
        if meaning:
            yield meaning, address


def _pod(obj: Object, _original: Object, context: TransformContext) -> Iterator[TransformNote]:
    """Rewrite a Pod that no controller keeps: what admission added to it is dropped."""
    spec = obj["spec"]
    yield from template(obj, context)
    for field in ("priority", "preemptionPolicy", "ephemeralContainers", "serviceAccount"):
        spec.pop(field, None)
    spec["volumes"] = [volume for volume in spec.get("volumes") or [] if not _is_token(volume)]
    spec["tolerations"] = [
        toleration for toleration in spec.get("tolerations") or [] if not _is_default(toleration)
    ]
    names = {volume["name"] for volume in spec["volumes"]}
    for container in containers_of(spec):
        if container.get("volumeMounts") is not None:
            mounts = [mount for mount in container["volumeMounts"] if mount["name"] in names]
            container["volumeMounts"] = mounts
            drop_if_empty(container, "volumeMounts")
    drop_if_empty(spec, "volumes", "tolerations")


def _is_token(volume: Object) -> bool:
    return bool(TOKEN_VOLUME.fullmatch(volume["name"])) and ("projected" in volume or "secret" in volume)


def _is_default(toleration: Object) -> bool:
    return toleration.get("key") in DEFAULT_TOLERATIONS and toleration.get("tolerationSeconds") == 300


TRANSFORMS = (Transform(kinds=(POD,), rewrite=_pod),)
