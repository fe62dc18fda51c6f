"""Recognises the tool that owns a policy. GitOps tools and Helm mark their objects, and undo other changes.

The marks are those that the tools document: Argo CD tracks by the annotation `argocd.argoproj.io/tracking-id`
or the label `argocd.argoproj.io/instance`; Flux by the labels `kustomize.toolkit.fluxcd.io/name` and
`helm.toolkit.fluxcd.io/name`; Helm by `app.kubernetes.io/managed-by: Helm` and `meta.helm.sh/release-name`.
Argo CD's older default, the label `app.kubernetes.io/instance`, is also in most charts, so it counts only
where Argo CD is among the field managers.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

_Marks = Mapping[str, str]

ARGO_MANAGERS = frozenset({"argocd-controller", "argocd-application-controller", "argocd"})


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyOwner:
    """The tool that owns an object, and the name of the application or release that the object belongs to."""

    tool: str
    name: str

    @property
    def consequence(self) -> str:
        """What happens to a change that is made here, in words."""
        application = f" ({self.name})" if self.name else ""
        if self.tool == "Helm":
            fate = "the next upgrade of the release undoes a change made here"
            return f"Helm owns this policy{application}: {fate}"
        return f"{self.tool} owns this policy{application}: a change made here will be undone, make it in Git"


def owner_of(obj: Mapping[str, Any] | None) -> PolicyOwner | None:
    """Return the tool that owns an object; None if no mark of one is found."""
    if obj is None:
        return None
    metadata = obj.get("metadata", {})
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    return _argo(labels, annotations, managers_of(obj)) or _flux(labels) or _helm(labels, annotations)


def managers_of(obj: Mapping[str, Any]) -> frozenset[str]:
    """Return the field managers of an object."""
    return frozenset(entry.get("manager", "") for entry in obj.get("metadata", {}).get("managedFields") or [])


def _argo(labels: _Marks, annotations: _Marks, managers: frozenset[str]) -> PolicyOwner | None:
    tracking_id = annotations.get("argocd.argoproj.io/tracking-id", "").partition(":")[0]
    name = tracking_id or labels.get("argocd.argoproj.io/instance", "")
    if not name and managers & ARGO_MANAGERS:
        return PolicyOwner(tool="Argo CD", name=labels.get("app.kubernetes.io/instance", ""))
    return PolicyOwner(tool="Argo CD", name=name) if name else None


def _flux(labels: _Marks) -> PolicyOwner | None:
    for kind in ("kustomize", "helm"):
        name = labels.get(f"{kind}.toolkit.fluxcd.io/name")
        if name:
            namespace = labels.get(f"{kind}.toolkit.fluxcd.io/namespace", "")
            return PolicyOwner(tool="Flux", name=f"{namespace}/{name}" if namespace else name)
    return None


def _helm(labels: _Marks, annotations: _Marks) -> PolicyOwner | None:
    release = annotations.get("meta.helm.sh/release-name", "")
    if release or labels.get("app.kubernetes.io/managed-by") == "Helm":
        return PolicyOwner(tool="Helm", name=f"release {release}" if release else "")
    return None
