"""Pods and pod templates: what a node, a scheduler and a CNI plugin wrote goes, placement stays."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from bot.migration.objects.manifest import Object, containers_of, pod_template_of
from bot.migration.objects.transforms.unit import Transform, TransformContext, TransformNote, warning

HOSTNAME = "kubernetes.io/hostname"
TOKEN_VOLUME = re.compile(r"kube-api-access-[a-z0-9]{5}|.+-token-[a-z0-9]{5}")
DEFAULT_TOLERATIONS = frozenset({"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"})
MULTUS = "k8s.v1.cni.cncf.io/"
MULTUS_STATUS = tuple(f"{MULTUS}{name}" for name in ("network-status", "networks-status"))
BANDWIDTH = ("kubernetes.io/ingress-bandwidth", "kubernetes.io/egress-bandwidth")
_ADDRESS = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")


def template(obj: Object, context: TransformContext) -> Iterator[TransformNote]:
    """The rules of every pod template."""
    found = pod_template_of(obj)
    if not found:
        return
    metadata, spec = found.get("metadata") or {}, found["spec"]
    if metadata.get("creationTimestamp", 0) is None:
        del metadata["creationTimestamp"]
    yield from _annotations(metadata, context)
    wanted = (spec.get("nodeSelector") or {}).get(HOSTNAME)
    if wanted or HOSTNAME in str((spec.get("affinity") or {}).get("nodeAffinity") or ""):
        how = f"node {wanted}" if wanted else "its node affinity"
        yield warning(f"it is placed by the name of a node ({how}): map it in `node_labels`")
    if spec.get("nodeName"):
        yield warning(
            f"its node {spec.pop('nodeName')} does not exist in the new cluster: the scheduler chooses"
        )
    yield from _mentions(spec, context)


def _annotations(metadata: Object, context: TransformContext) -> Iterator[TransformNote]:
    """A CNI annotation that was copied can hold a pod back, because it pins an address of the other
    cluster.
    """
    annotations = metadata.get("annotations") or {}
    prefixes = (*context.source.pod_annotations, *context.target.pod_annotations)
    pinned = (*context.source.address_annotations, *context.target.address_annotations)
    for name in sorted(annotations):
        if name.startswith(prefixes or ("\0",)) or name in MULTUS_STATUS:
            del annotations[name]
            if name in pinned:
                yield warning(f"the annotation {name} pins addresses of the old cluster, and is dropped")
        elif name in BANDWIDTH and not context.target.limits_bandwidth:
            yield warning(f"{name} has no effect with {context.target.title} on Magnum")
    if "annotations" in metadata and not annotations:
        del metadata["annotations"]


def _mentions(spec: Object, context: TransformContext) -> Iterator[TransformNote]:
    """Addresses of the old cluster in the environment of a container."""
    for container in containers_of(spec):
        for variable in container.get("env") or []:
            for what, address in mentioned(str(variable.get("value") or ""), context):
                yield warning(
                    f"the variable {variable['name']} of {container['name']} has {address}, {what} in the old"
                    " cluster"
                )


def mentioned(text: str, context: TransformContext) -> Iterator[tuple[str, str]]:
    """Addresses of the old cluster in a text: what each is, and the address."""
    seen = set()
    for address in _ADDRESS.findall(text):
        try:
            ipaddress.ip_address(address)
        except ValueError:
            continue
        what = context.ranges.what(address)
        if what and address not in seen:
            seen.add(address)
            yield what, address


def _pod(obj: Object, _original: Object, context: TransformContext) -> Iterator[TransformNote]:
    """A Pod that no controller keeps."""
    spec = obj["spec"]
    yield from template(obj, context)
    for field in ("priority", "preemptionPolicy", "ephemeralContainers", "serviceAccount"):
        spec.pop(field, None)
    spec["volumes"] = [volume for volume in spec.get("volumes") or [] if not _is_token(volume)]
    spec["tolerations"] = [each for each in spec.get("tolerations") or [] if not _is_default(each)]
    names = {volume["name"] for volume in spec["volumes"]}
    for container in containers_of(spec):
        mounts = container.get("volumeMounts")
        if mounts is not None:
            container["volumeMounts"] = [each for each in mounts if each["name"] in names]
            if not container["volumeMounts"]:
                del container["volumeMounts"]
    for field in ("volumes", "tolerations"):
        if not spec[field]:
            del spec[field]


def _is_token(volume: Object) -> bool:
    return bool(TOKEN_VOLUME.fullmatch(volume["name"])) and ("projected" in volume or "secret" in volume)


def _is_default(toleration: Object) -> bool:
    return toleration.get("key") in DEFAULT_TOLERATIONS and toleration.get("tolerationSeconds") == 300


UNITS = (Transform(kinds=(("", "Pod"),), rewrite=_pod),)
