"""API versions: what the target does not serve, definitions that differ, and an older Kubernetes."""

from __future__ import annotations

from collections.abc import Iterator

from bot.common.wording import count
from bot.migration.inventory.api_discovery import numbers
from bot.migration.inventory.exclusions import ExclusionReason
from bot.migration.inventory.removed_apis import removed_in
from bot.migration.objects.manifest import spec_of
from bot.migration.planning.findings import PlanFinding, blocker, note, warn
from bot.migration.planning.plan_inputs import PlanInputs

ABOUT = "API versions"
OURS = (
    "",
    "apps",
    "batch",
    "networking.k8s.io",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "policy",
    "autoscaling",
)


def check(material: PlanInputs) -> Iterator[PlanFinding]:
    """Everything that a target of another version may not take."""
    source, target = material.inventory.surface.version, material.target.surface.version
    if numbers(target) < numbers(source):
        yield blocker(
            ABOUT,
            f"the target is older: Kubernetes {target}, the source has {source}",
            why="objects of newer versions may not be understood there",
            fix="Take a template with the same Kubernetes or a newer one.",
        )
    for resource in material.agreement.missing:
        kind = (resource.group, resource.kind)
        lost = sum(
            each.reason is ExclusionReason.VERSION and (each.ref.group, each.ref.kind) == kind
            for each in material.left
        )
        if not lost:
            continue
        if kind in material.source_profile.policy_kinds:
            yield warn(
                "policies",
                f"{lost} of {material.source_profile.title}'s {resource.kind} are lost",
                why=f"{material.target_profile.title} has no such policies: what they isolate is open",
            )
            continue
        release = removed_in(resource)
        why = (
            f"Kubernetes {release} removed it"
            if release
            else "no definition of it is copied, and the target has none"
        )
        yield blocker(
            ABOUT,
            f"{lost} objects of {resource.kind} in {resource.api_version} cannot be taken over",
            why=why,
            fix="Store them at a version that the target serves, or leave them out with `skip`.",
        )
    for unread in material.inventory.unread:
        told = blocker if unread.resource.group in OURS else warn
        yield told(
            ABOUT,
            f"{unread.resource.plural} could not be read, and would be missing",
            why=unread.why,
            fix="Give the bot's user the right to list them, from deploy/rbac.",
        )
    yield from _definitions(material)


def _definitions(material: PlanInputs) -> Iterator[PlanFinding]:
    names = []
    for obj in material.of("CustomResourceDefinition", "apiextensions.k8s.io"):
        spec = spec_of(obj)
        names.append(obj["metadata"]["name"])
        have = {
            each.version for each in material.target.surface.versions(spec["group"], spec["names"]["kind"])
        }
        stored = set((obj.get("status") or {}).get("storedVersions") or [])
        if material.target.exists and have and not stored & have:
            yield warn(
                ABOUT,
                f"the target serves {spec['names']['kind']} as {', '.join(sorted(have))} only",
                why=f"the source stores it as {', '.join(sorted(stored))}",
                fix="Install its operator at the same version first.",
            )
    if names:
        yield note(
            ABOUT,
            f"{count(len(names), 'definition is', 'definitions are')} copied before their objects:"
            f" {', '.join(sorted(names))}",
        )
