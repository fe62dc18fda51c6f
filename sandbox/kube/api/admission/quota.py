"""ResourceQuotas: what a namespace uses, and what one more object would use."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from sandbox.kube.api.errors import ApiError
from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.quantities import number, text
from sandbox.kube.api.store import Store

Object = dict[str, Any]
COUNTED = {  # kinds with a resource of their own beside `count/…`
    "pods",
    "services",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "replicationcontrollers",
    "resourcequotas",
}
OVER = frozenset({"Succeeded", "Failed"})


def usage(kind: Kind, obj: Object) -> dict[str, Fraction]:
    """What one object uses, by the names of quotas."""
    qualified = f"{kind.plural}.{kind.group}" if kind.group else kind.plural
    used = {f"count/{qualified}": Fraction(1)}
    if kind.kind == "Pod":
        if obj.get("status", {}).get("phase") in OVER:
            return used
        used["pods"] = Fraction(1)
        _containers(obj["spec"].get("containers", []), used)
        return used
    if kind.plural in COUNTED and not kind.group:
        used[kind.plural] = Fraction(1)
    if kind.kind == "PersistentVolumeClaim":
        asked = obj["spec"].get("resources", {}).get("requests", {}).get("storage", "0")
        used["requests.storage"] = number(asked)
        if obj["spec"].get("storageClassName"):
            name = f"{obj['spec']['storageClassName']}.storageclass.storage.k8s.io"
            used |= {f"{name}/requests.storage": number(asked), f"{name}/persistentvolumeclaims": Fraction(1)}
    if kind.kind == "Service":
        of = obj["spec"].get("type")
        if of == "LoadBalancer":
            used["services.loadbalancers"] = Fraction(1)
        if of in ("LoadBalancer", "NodePort"):
            used["services.nodeports"] = Fraction(len(obj["spec"].get("ports", [])))
    return used


def _containers(containers: list[Object], used: dict[str, Fraction]) -> None:
    for container in containers:
        resources = container.get("resources") or {}
        for part in ("requests", "limits"):
            for name, value in (resources.get(part) or {}).items():
                used[f"{part}.{name}"] = used.get(f"{part}.{name}", Fraction(0)) + number(value)
                if part == "requests":
                    used[name] = used.get(name, Fraction(0)) + number(value)


def used_in(store: Store, namespace: str, names: set[str]) -> dict[str, Fraction]:
    """What everything in a namespace uses of some resources."""
    total = dict.fromkeys(names, Fraction(0))
    for kind in store.registry.all():
        if not kind.namespaced:
            continue
        for obj in store.all_of(kind, namespace):
            for name, value in usage(kind, obj).items():
                if name in total:
                    total[name] += value
    return total


def admit(store: Store, kind: Kind, obj: Object) -> None:
    """Refuse what would exceed a quota, or does not say what a quota counts. Raises `ApiError` 403."""
    if not kind.namespaced or kind.kind == "ResourceQuota":
        return
    namespace = obj["metadata"]["namespace"]
    asked = usage(kind, obj)
    for quota in store.all_of(store.registry.named("ResourceQuota"), namespace):
        hard = quota["spec"].get("hard") or {}
        if quota["spec"].get("scopes") or quota["spec"].get("scopeSelector"):
            continue
        missing = _missing(kind, obj, hard)
        if missing:
            raise _forbidden(kind, obj, f"failed quota: {quota['metadata']['name']}: must specify {missing}")
        used = used_in(store, namespace, set(hard) & set(asked))
        over = [name for name in sorted(used) if used[name] + asked[name] > number(hard[name])]
        if over:
            shown = [
                ",".join(f"{name}={text(values[name], str(hard[name]))}" for name in over)
                for values in (asked, used, {name: number(hard[name]) for name in over})
            ]
            raise _forbidden(
                kind,
                obj,
                f"exceeded quota: {quota['metadata']['name']}, requested: {shown[0]}, used: {shown[1]},"
                f" limited: {shown[2]}",
            )


def _missing(kind: Kind, obj: Object, hard: Object) -> str:
    if kind.kind != "Pod":
        return ""
    found = []
    for name in sorted(hard):
        part, _, resource = name.partition(".") if "." in name else ("requests", "", name)
        if part not in ("requests", "limits") or resource not in ("cpu", "memory"):
            continue
        without = [
            c["name"]
            for c in obj["spec"]["containers"]
            if resource not in ((c.get("resources") or {}).get(part) or {})
        ]
        if without:
            found.append(f"{name} for: {','.join(without)}")
    return "; ".join(found)


def _forbidden(kind: Kind, obj: Object, why: str) -> ApiError:
    name = obj["metadata"].get("name") or obj["metadata"].get("generateName", "")
    qualified = f"{kind.plural}.{kind.group}" if kind.group else kind.plural
    details = {"name": name, "group": kind.group, "kind": kind.plural}
    return ApiError(
        403,
        "Forbidden",
        f'{qualified} "{name}" is forbidden: {why}',
        details={k: v for k, v in details.items() if v},
    )
