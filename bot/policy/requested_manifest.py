"""The manifest that a request stands for: a preset with its options, or a person's own YAML."""

from __future__ import annotations

from bot.actions.policies import PolicyApply, PolicyPreview
from bot.policy import presets, validation
from bot.policy.presets import Parameters
from bot.policy.rule_templates import Manifest, with_dns


def manifest_of(action: PolicyPreview | PolicyApply) -> Manifest:
    """Return the manifest. Raises `BadManifest` or `BadParameters`."""
    if action.manifest is not None:
        manifest = validation.own_policy(action.manifest, namespace=action.namespace)
    else:
        parameters = Parameters(
            from_namespaces=action.from_namespace, to_namespaces=action.to_namespace, ports=action.port
        )
        manifest = presets.find(action.preset or "").manifest(action.namespace, parameters)
    return with_dns(manifest) if action.allow_dns else manifest
