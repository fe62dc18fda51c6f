"""The tool that owns a policy is recognised by its marks."""

from __future__ import annotations

from typing import Any

import pytest

from bot.policy import owners


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({}, ""),
        (
            {
                "annotations": {
                    "argocd.argoproj.io/tracking-id": "shop:networking.k8s.io/NetworkPolicy:shop/x"
                }
            },
            "Argo CD owns this policy (shop)",
        ),
        ({"labels": {"argocd.argoproj.io/instance": "shop"}}, "Argo CD owns this policy (shop)"),
        (
            {
                "labels": {"app.kubernetes.io/instance": "shop"},
                "managedFields": [{"manager": "argocd-controller"}],
            },
            "Argo CD owns this policy (shop)",
        ),
        ({"labels": {"app.kubernetes.io/instance": "shop"}}, ""),
        (
            {
                "labels": {
                    "kustomize.toolkit.fluxcd.io/name": "apps",
                    "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
                }
            },
            "Flux owns this policy (flux-system/apps)",
        ),
        ({"labels": {"helm.toolkit.fluxcd.io/name": "shop"}}, "Flux owns this policy (shop)"),
        (
            {
                "annotations": {"meta.helm.sh/release-name": "shop"},
                "labels": {"app.kubernetes.io/managed-by": "Helm"},
            },
            "Helm owns this policy (release shop)",
        ),
        ({"labels": {"app.kubernetes.io/managed-by": "Helm"}}, "Helm owns this policy:"),
        ({"labels": {"app.kubernetes.io/managed-by": "xk8s"}}, ""),
    ],
)
def test_the_tool_that_keeps_a_policy_is_recognised_by_its_marks(
    metadata: dict[str, Any], words: str
) -> None:
    owner = owners.owner_of({"metadata": metadata})
    assert (owner.consequence if owner else "").startswith(words) and bool(owner) == bool(words)
