"""Placement: whether pods find the classes and the nodes that they ask for, or would stay Pending."""

from collections import defaultdict
from collections.abc import Iterator

from bot.migration.objects.fields import annotations_of, spec_of
from bot.migration.objects.transforms.mapping import INGRESS_CLASS
from bot.migration.planning.findings import PlanFinding, Subject
from bot.migration.planning.plan_inputs import PlanInputs
from bot.migration.volumes.choices import VolumeChoice

INGRESS = Subject("ingress")
PLACEMENT = Subject("placement")
STORAGE = Subject("storage")
# labels that every node has
EVERYWHERE = (
    "kubernetes.io/os",
    "kubernetes.io/arch",
    "node-role.kubernetes.io/worker",
    "beta.kubernetes.io/os",
    "beta.kubernetes.io/arch",
)
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
NAMED = 3


def check(inputs: PlanInputs) -> Iterator[PlanFinding]:
    """Yield every class and every node label that the target lacks."""
    yield from _check_storage_classes(inputs)
    yield from _check_ingress_classes(inputs)
    yield from _check_pod_classes(inputs)
    yield from _check_node_selectors(inputs)


def _check_storage_classes(inputs: PlanInputs) -> Iterator[PlanFinding]:
    copied = {ref.name: obj for ref, obj in inputs.target_objects.items() if ref.kind == "StorageClass"}
    classes = {**copied, **inputs.target.storage_classes}
    default = any(annotations_of(obj).get(DEFAULT_CLASS) == "true" for obj in classes.values())
    for name, users in sorted(_storage_class_users(inputs).items(), key=lambda pair: str(pair[0])):
        if name is None and not default:
            yield STORAGE.blocker(
                "the target has no default StorageClass",
                why=f"needed by {users[0]}; Magnum makes none",
                fix="Create one in the target, or mark the source's as default.",
            )
        elif name and name not in classes:
            yield STORAGE.blocker(
                f"the target has no StorageClass {name}",
                why=f"needed by {', '.join(users[:NAMED])}",
                fix=f"Map it: `mappings.storage_classes: {{{name}: …}}`.",
            )


def _storage_class_users(inputs: PlanInputs) -> dict[str | None, list[str]]:
    """Return what asks for each storage class; None stands for the default class."""
    empty = {volume.claim for volume in inputs.volumes if volume.choice is VolumeChoice.EMPTY}
    users: dict[str | None, list[str]] = defaultdict(list)
    for ref, obj in inputs.target_objects.items():
        if ref.kind == "PersistentVolumeClaim" and ref in empty:
            users[spec_of(obj).get("storageClassName")].append(str(ref))
        for claim in spec_of(obj).get("volumeClaimTemplates") or [] if ref.kind == "StatefulSet" else []:
            users[claim["spec"].get("storageClassName")].append(f"new claims of {ref}")
    return users


def _check_ingress_classes(inputs: PlanInputs) -> Iterator[PlanFinding]:
    copied = {ref.name for ref in inputs.target_objects if ref.kind == "IngressClass"}
    for ref, obj in inputs.target_objects.items():
        if ref.kind != "Ingress":
            continue
        by_field = spec_of(obj).get("ingressClassName")
        name = by_field or annotations_of(obj).get(INGRESS_CLASS)
        if not name or name in inputs.target.ingress_classes:
            continue
        if name in copied:
            yield INGRESS.note(f"{ref} needs the controller of the copied IngressClass {name}", ref=ref)
        elif inputs.target.exists or by_field:
            yield INGRESS.blocker(
                f"the target has no IngressClass {name}",
                why=f"needed by {ref}",
                fix=f"Install its controller there, or map it: `mappings.ingress_classes: {{{name}: …}}`.",
                ref=ref,
            )
        else:
            text = f"{ref} asks for the ingress class {name} by annotation"
            yield INGRESS.warn(text, why="a controller must serve it in the target", ref=ref)


def _check_pod_classes(inputs: PlanInputs) -> Iterator[PlanFinding]:
    for ref, spec in inputs.target_pods.items():
        for field, group, kind in (
            ("priorityClassName", "scheduling.k8s.io", "PriorityClass"),
            ("runtimeClassName", "node.k8s.io", "RuntimeClass"),
        ):
            name = spec.get(field)
            if name and not name.startswith("system-") and not inputs.will_have(group, kind, name):
                text = f"{ref} needs the {kind} {name}"
                yield PLACEMENT.warn(text, why="it is not among the copied objects", ref=ref)


def _check_node_selectors(inputs: PlanInputs) -> Iterator[PlanFinding]:
    for ref, spec in inputs.target_pods.items():
        labels = spec.get("nodeSelector") or {}
        selector = {key: value for key, value in labels.items() if key not in EVERYWHERE}
        pairs = [f"{key}={value}" for key, value in sorted(selector.items())]
        if not selector:
            continue
        if not inputs.target.exists:
            yield PLACEMENT.warn(
                f"{ref} needs nodes with {', '.join(pairs)}",
                why="the new cluster's nodes have Magnum's labels only",
                fix="Give the node group that label, or map it in `mappings.node_labels`.",
                ref=ref,
            )
        elif not inputs.target.has_node_with(selector):
            yield PLACEMENT.blocker(
                f"no node of the target has {', '.join(pairs)}",
                why=f"{ref} would wait for one",
                fix=f'Label nodes there, or map it: `mappings.node_labels: {{"{pairs[0]}": …}}`.',
                ref=ref,
            )
