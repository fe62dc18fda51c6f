"""Where pods will find what they need: classes, nodes, room, and the objects they mount."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from bot.migration.objects.manifest import Object, Ref, annotations_of, containers_of, pod_spec_of, spec_of
from bot.migration.objects.modes import is_workload
from bot.migration.objects.transforms.mapping import INGRESS_CLASS
from bot.migration.planning.findings import PlanFinding, blocker, note, warn
from bot.migration.planning.plan_inputs import PlanInputs
from bot.migration.volumes.choices import VolumeChoice, quantity

EVERYWHERE = (
    "kubernetes.io/os",
    "kubernetes.io/arch",
    "node-role.kubernetes.io/worker",
    "beta.kubernetes.io/os",
    "beta.kubernetes.io/arch",
)
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def check(material: PlanInputs) -> Iterator[PlanFinding]:
    """Every reference that would leave a pod Pending."""
    yield from _storage_classes(material)
    yield from _ingress_classes(material)
    yield from _pod_classes(material)
    yield from _nodes(material)
    yield from _mounts(material)
    yield from _local_data(material)


def _classes_there(material: PlanInputs) -> dict[str, Object]:
    copied = {ref.name: obj for ref, obj in material.future.items() if ref.kind == "StorageClass"}
    return {**copied, **material.target.storage_classes}


def _storage_classes(material: PlanInputs) -> Iterator[PlanFinding]:
    there = _classes_there(material)
    default = any(annotations_of(each).get(DEFAULT_CLASS) == "true" for each in there.values())
    empty = {volume.claim for volume in material.volumes if volume.choice is VolumeChoice.EMPTY}
    wanted: dict[str | None, list[str]] = defaultdict(list)
    for ref, obj in material.future.items():
        if ref.kind == "PersistentVolumeClaim" and ref in empty:
            wanted[spec_of(obj).get("storageClassName")].append(str(ref))
        for claim in spec_of(obj).get("volumeClaimTemplates") or [] if ref.kind == "StatefulSet" else []:
            wanted[claim["spec"].get("storageClassName")].append(f"new claims of {ref}")
    for name, users in sorted(wanted.items(), key=lambda pair: str(pair[0])):
        if name is None and not default:
            yield blocker(
                "storage",
                "the target has no default StorageClass",
                why=f"needed by {users[0]}; Magnum makes none",
                fix="Create one in the target, or mark the source's as default.",
            )
        elif name and name not in there:
            yield blocker(
                "storage",
                f"the target has no StorageClass {name}",
                why=f"needed by {', '.join(users[:3])}",
                fix=f"Map it: `mappings.storage_classes: {{{name}: …}}`.",
            )


def _ingress_classes(material: PlanInputs) -> Iterator[PlanFinding]:
    copied = {ref.name for ref in material.future if ref.kind == "IngressClass"}
    for ref, obj in material.future.items():
        if ref.kind != "Ingress":
            continue
        name = spec_of(obj).get("ingressClassName") or annotations_of(obj).get(INGRESS_CLASS)
        if not name or name in material.target.ingress_classes:
            continue
        if name in copied:
            yield note("ingress", f"{ref} needs the controller of the copied IngressClass {name}", ref=ref)
        elif material.target.exists or spec_of(obj).get("ingressClassName"):
            yield blocker(
                "ingress",
                f"the target has no IngressClass {name}",
                why=f"needed by {ref}",
                fix=f"Install its controller there, or map it: `mappings.ingress_classes: {{{name}: …}}`.",
                ref=ref,
            )
        else:
            yield warn(
                "ingress",
                f"{ref} asks for the ingress class {name} by annotation",
                why="a controller must serve it in the target",
                ref=ref,
            )


def _pod_classes(material: PlanInputs) -> Iterator[PlanFinding]:
    for ref, obj in material.future.items():
        spec = pod_spec_of(obj) if is_workload(ref) else {}
        for field, group, kind in (
            ("priorityClassName", "scheduling.k8s.io", "PriorityClass"),
            ("runtimeClassName", "node.k8s.io", "RuntimeClass"),
        ):
            name = spec.get(field)
            if name and not name.startswith("system-") and not material.will_have(group, kind, name):
                yield warn(
                    "placement",
                    f"{ref} needs the {kind} {name}",
                    why="it is not among the copied objects",
                    ref=ref,
                )


def _nodes(material: PlanInputs) -> Iterator[PlanFinding]:
    for ref, obj in material.future.items():
        selector = {
            key: value
            for key, value in (
                (pod_spec_of(obj).get("nodeSelector") or {}) if is_workload(ref) else {}
            ).items()
            if key not in EVERYWHERE
        }
        if not selector:
            continue
        text = ", ".join(f"{key}={value}" for key, value in sorted(selector.items()))
        if material.target.exists and not material.target.has_node_with(selector):
            yield blocker(
                "placement",
                f"no node of the target has {text}",
                why=f"{ref} would wait for one",
                fix=f'Label nodes there, or map it: `mappings.node_labels: {{"{text.split(", ")[0]}": …}}`.',
                ref=ref,
            )
        elif not material.target.exists:
            yield warn(
                "placement",
                f"{ref} needs nodes with {text}",
                why="the new cluster's nodes have Magnum's labels only",
                fix="Give the node group that label, or map it in `mappings.node_labels`.",
                ref=ref,
            )


def _mounts(material: PlanInputs) -> Iterator[PlanFinding]:
    """ConfigMaps, Secrets and accounts that a workload needs and that are not copied."""
    for ref, obj in material.future.items():
        if not is_workload(ref):
            continue
        for group, kind, name in sorted(set(_needs(pod_spec_of(obj)))):
            present = Ref(group, kind, ref.namespace, name) in material.inventory.objects
            if (
                not material.will_have(group, kind, name, ref.namespace)
                and (kind, name) != ("ServiceAccount", "default")
                and name != "kube-root-ca.crt"
            ):
                why = "it is on the source and is not copied" if present else "it is not on the source either"
                yield warn("configuration", f"{ref} needs {kind} {name}", why=why, ref=ref)


def _needs(spec: Object) -> Iterator[tuple[str, str, str]]:
    if spec.get("serviceAccountName"):
        yield "", "ServiceAccount", spec["serviceAccountName"]
    sources = [
        each
        for volume in spec.get("volumes") or []
        for each in [volume, *((volume.get("projected") or {}).get("sources") or [])]
    ]
    for source in sources:
        found = source.get("configMap")
        if found and not found.get("optional") and found.get("name"):
            yield "", "ConfigMap", found["name"]
        found = source.get("secret")
        if found and not found.get("optional") and (found.get("secretName") or found.get("name")):
            yield "", "Secret", found.get("secretName") or found["name"]
    for container in containers_of(spec):
        for entry in [
            *(container.get("envFrom") or []),
            *((each.get("valueFrom") or {}) for each in container.get("env") or []),
        ]:
            for field, kind in (
                ("configMapRef", "ConfigMap"),
                ("configMapKeyRef", "ConfigMap"),
                ("secretRef", "Secret"),
                ("secretKeyRef", "Secret"),
            ):
                found = entry.get(field)
                if found and not found.get("optional"):
                    yield "", kind, found["name"]


def _local_data(material: PlanInputs) -> Iterator[PlanFinding]:
    """Data that stays on a machine."""
    scratch = 0
    for ref, obj in material.future.items():
        for volume in (pod_spec_of(obj).get("volumes") or []) if is_workload(ref) else []:
            scratch += "emptyDir" in volume
            if "hostPath" in volume:
                yield warn(
                    "volumes",
                    f"{ref} mounts the host path {volume['hostPath'].get('path')}",
                    why="what is on the old nodes does not move",
                    ref=ref,
                )
            if "cinder" in volume:
                yield blocker(
                    "volumes",
                    f"{ref} mounts a Cinder volume without a claim",
                    why="only claims are moved",
                    fix="Give it a PersistentVolume and a claim on the source first.",
                    ref=ref,
                )
            if "nfs" in volume:
                yield warn(
                    "volumes",
                    f"{ref} mounts NFS from {volume['nfs'].get('server')}",
                    why="both clusters would write to it; the new nodes must reach it",
                    ref=ref,
                )
    if scratch:
        yield note("volumes", f"{scratch} emptyDir volumes start empty")


def requested(pod_spec: Object) -> tuple[float, int]:
    """Cores and bytes of memory that a pod requests."""
    cores = memory = 0.0
    for container in pod_spec.get("containers") or []:
        requests = (container.get("resources") or {}).get("requests") or {}
        cores += float(quantity(str(requests.get("cpu", "0"))))
        memory += float(quantity(str(requests.get("memory", "0"))))
    return cores, int(memory)
