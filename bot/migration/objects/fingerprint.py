"""The fingerprint of an object's configuration, by which a plan notices that the source has changed."""

from collections.abc import Iterable

from bot.migration.objects.canonical import digest
from bot.migration.objects.fields import Object, Ref, group_of, ref_of, spec_of
from bot.migration.objects.kinds import AUTOSCALER, SCALED


def autoscaled(objects: Iterable[Object]) -> frozenset[Ref]:
    """Return the workloads whose replicas a HorizontalPodAutoscaler sets."""
    autoscalers = [obj for obj in objects if ref_of(obj).group_kind == AUTOSCALER]
    targets = [(ref_of(obj).namespace, spec_of(obj)["scaleTargetRef"]) for obj in autoscalers]
    return frozenset(
        Ref(group_of(str(target.get("apiVersion", ""))), target["kind"], namespace, target["name"])
        for namespace, target in targets
    )


def fingerprint(obj: Object, key: bytes, scaled: frozenset[Ref]) -> str:
    """Return the digest of an object's configuration, with a key for Secrets.

    `scaled` are the workloads with an autoscaler, whose replicas are no configuration.
    """
    ref = ref_of(obj)
    if ref in scaled and ref.group_kind in SCALED:
        obj = {**obj, "spec": {name: value for name, value in spec_of(obj).items() if name != "replicas"}}
    return digest(obj, key)
