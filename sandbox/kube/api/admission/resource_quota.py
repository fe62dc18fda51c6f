"""ResourceQuota: what a namespace uses, and what one more object would use.

https://kubernetes.io/docs/concepts/policy/resource-quotas/
"""

from __future__ import annotations

from fractions import Fraction

from sandbox.kube.api.errors import not_admitted
from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.quantities import number, text
from sandbox.kube.api.store import Store
from sandbox.kube.objects import Object, phase_of

Usage = dict[str, Fraction]  # by the names that quotas have for resources
COUNTED = {  # kinds with a resource of their own beside `count/…`
    "pods",
    "services",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "replicationcontrollers",
    "resourcequotas",
}


def usage(kind: Kind, obj: Object) -> Usage:
    """Return what one object uses."""
    used = {f"count/{kind.qualified_plural}": Fraction(1)}
    if kind.kind == "Pod" and phase_of(obj) in ("Succeeded", "Failed"):
        return used
    if kind.plural in COUNTED and not kind.group:
        used[kind.plural] = Fraction(1)
    if kind.kind == "Pod":
        _add_containers(obj["spec"].get("containers", []), used)
    if kind.kind == "PersistentVolumeClaim":
        storage = number(obj["spec"].get("resources", {}).get("requests", {}).get("storage", "0"))
        used["requests.storage"] = storage
        if obj["spec"].get("storageClassName"):
            name = f"{obj['spec']['storageClassName']}.storageclass.storage.k8s.io"
            used |= {f"{name}/requests.storage": storage, f"{name}/persistentvolumeclaims": Fraction(1)}
    if kind.kind == "Service":
        type_ = obj["spec"].get("type")
        if type_ == "LoadBalancer":
            used["services.loadbalancers"] = Fraction(1)
        if type_ in ("LoadBalancer", "NodePort"):
            used["services.nodeports"] = Fraction(len(obj["spec"].get("ports", [])))
    return used


def _add_containers(containers: list[Object], used: Usage) -> None:
    for container in containers:
        resources = container.get("resources") or {}
        for part in ("requests", "limits"):
            for name, value in (resources.get(part) or {}).items():
                used[f"{part}.{name}"] = used.get(f"{part}.{name}", Fraction(0)) + number(value)
                if part == "requests":
                    used[name] = used.get(name, Fraction(0)) + number(value)


def used_in(store: Store, namespace: str, names: set[str]) -> Usage:
    """Return what all objects of a namespace use of some resources."""
    total = dict.fromkeys(names, Fraction(0))
    for kind in store.registry.all():
        for obj in store.all_of(kind, namespace) if kind.namespaced else ():
            for name, value in usage(kind, obj).items():
                if name in total:
                    total[name] += value
    return total


def admit(store: Store, kind: Kind, obj: Object) -> None:
    """Refuse what would exceed a quota, or does not name what a quota counts. Raises `ApiError` 403."""
    if not kind.namespaced or kind.kind == "ResourceQuota":
        return
    namespace, requested = obj["metadata"]["namespace"], usage(kind, obj)
    for quota in store.all_of(store.registry.named("ResourceQuota"), namespace):
        spec, name = quota["spec"], quota["metadata"]["name"]
        hard = spec.get("hard") or {}
        if spec.get("scopes") or spec.get("scopeSelector"):
            continue
        missing = _missing(obj, hard) if kind.kind == "Pod" else ""
        if missing:
            raise not_admitted(kind, obj, f"failed quota: {name}: must specify {missing}")
        used = used_in(store, namespace, set(hard) & set(requested))
        exceeded = [name for name in sorted(used) if used[name] + requested[name] > number(hard[name])]
        if exceeded:
            limits = {name: number(hard[name]) for name in exceeded}
            listed = [
                ",".join(f"{name}={text(amounts[name], str(hard[name]))}" for name in exceeded)
                for amounts in (requested, used, limits)
            ]
            why = f"requested: {listed[0]}, used: {listed[1]}, limited: {listed[2]}"
            raise not_admitted(kind, obj, f"exceeded quota: {name}, {why}")


def _missing(pod: Object, hard: Object) -> str:
    """Return the resources that a quota counts and containers of a pod do not name."""
    missing = []
    for name in sorted(hard):
        part, _, resource = name.partition(".") if "." in name else ("requests", "", name)
        if part not in ("requests", "limits") or resource not in ("cpu", "memory"):
            continue
        containers = [
            container["name"]
            for container in pod["spec"]["containers"]
            if resource not in ((container.get("resources") or {}).get(part) or {})
        ]
        if containers:
            missing.append(f"{name} for: {','.join(containers)}")
    return "; ".join(missing)
