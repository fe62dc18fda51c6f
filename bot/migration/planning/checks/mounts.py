"""What pods mount: configuration that is not copied, and data that stays on a machine."""

from collections.abc import Iterator

from bot.migration.objects.fields import Object, Ref, containers_of
from bot.migration.planning.findings import PlanFinding, Subject
from bot.migration.planning.plan_inputs import PlanInputs

CONFIGURATION = Subject("configuration")
VOLUMES = Subject("volumes")
# what every namespace of the target has without being copied
ALWAYS_THERE = frozenset({("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")})
REFERENCES = (
    ("configMapRef", "ConfigMap"),
    ("configMapKeyRef", "ConfigMap"),
    ("secretRef", "Secret"),
    ("secretKeyRef", "Secret"),
)


def check(inputs: PlanInputs) -> Iterator[PlanFinding]:
    """Yield what workloads mount or refer to and will not have in the target."""
    yield from _check_references(inputs)
    yield from _check_local_data(inputs)


def _check_references(inputs: PlanInputs) -> Iterator[PlanFinding]:
    for ref, spec in inputs.target_pods.items():
        for kind, name in sorted(set(_references(spec)) - ALWAYS_THERE):
            if not inputs.will_have("", kind, name, ref.namespace):
                present = Ref("", kind, ref.namespace, name) in inputs.inventory.objects
                why = "it is on the source and is not copied" if present else "it is not on the source either"
                yield CONFIGURATION.warn(f"{ref} needs {kind} {name}", why=why, ref=ref)


def _references(spec: Object) -> Iterator[tuple[str, str]]:
    """Yield the kind and the name of what a pod needs to start; what is optional is left out."""
    if spec.get("serviceAccountName"):
        yield "ServiceAccount", spec["serviceAccountName"]
    for volume in spec.get("volumes") or []:
        for source in [volume, *((volume.get("projected") or {}).get("sources") or [])]:
            yield from _required("ConfigMap", source.get("configMap"))
            yield from _required("Secret", source.get("secret"))
    for container in containers_of(spec):
        variables = [variable.get("valueFrom") or {} for variable in container.get("env") or []]
        for source in [*(container.get("envFrom") or []), *variables]:
            for field, kind in REFERENCES:
                yield from _required(kind, source.get(field))


def _required(kind: str, reference: Object | None) -> Iterator[tuple[str, str]]:
    """Yield what a reference names; that of a Secret volume has another field than the others."""
    name = (reference or {}).get("secretName") or (reference or {}).get("name")
    if reference and name and not reference.get("optional"):
        yield kind, name


def _check_local_data(inputs: PlanInputs) -> Iterator[PlanFinding]:
    """Check for data that stays on a machine, or that both clusters would write to."""
    volumes = [
        (ref, volume) for ref, spec in inputs.target_pods.items() for volume in spec.get("volumes") or []
    ]
    for ref, volume in volumes:
        if "hostPath" in volume:
            yield VOLUMES.warn(
                f"{ref} mounts the host path {volume['hostPath'].get('path')}",
                why="what is on the old nodes does not move",
                ref=ref,
            )
        if "cinder" in volume:
            yield VOLUMES.blocker(
                f"{ref} mounts a Cinder volume without a claim",
                why="only claims are moved",
                fix="Give it a PersistentVolume and a claim on the source first.",
                ref=ref,
            )
        if "nfs" in volume:
            yield VOLUMES.warn(
                f"{ref} mounts NFS from {volume['nfs'].get('server')}",
                why="both clusters would write to it; the new nodes must reach it",
                ref=ref,
            )
    scratch = sum("emptyDir" in volume for _, volume in volumes)
    if scratch:
        yield VOLUMES.note(f"{scratch} emptyDir volumes start empty")
