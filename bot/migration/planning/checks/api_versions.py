"""API versions: what the target does not serve, definitions that differ, and an older Kubernetes."""

from collections.abc import Iterator

from bot.common.wording import count
from bot.migration.inventory.exclusion_rules import ExclusionReason
from bot.migration.inventory.removed_apis import removed_in
from bot.migration.inventory.served_apis import ApiResource, version_numbers
from bot.migration.objects.fields import spec_of, status_of
from bot.migration.planning.findings import PlanFinding, Subject
from bot.migration.planning.plan_inputs import PlanInputs

POLICIES = Subject("policies")
API_VERSIONS = Subject("API versions")
# groups whose kinds every migration needs: one that cannot be read blocks
NEEDED_GROUPS = (
    "",
    "apps",
    "batch",
    "networking.k8s.io",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "policy",
    "autoscaling",
)


def check(inputs: PlanInputs) -> Iterator[PlanFinding]:
    """Yield everything that a target of another version may not take."""
    source, target = inputs.inventory.surface.version, inputs.target.surface.version
    if version_numbers(target) < version_numbers(source):
        yield API_VERSIONS.blocker(
            f"the target is older: Kubernetes {target}, the source has {source}",
            why="objects of newer versions may not be understood there",
            fix="Take a template with the same Kubernetes or a newer one.",
        )
    for resource in inputs.common_apis.missing:
        yield from _check_missing(resource, inputs)
    for unread in inputs.inventory.unread:
        finding = API_VERSIONS.blocker if unread.resource.group in NEEDED_GROUPS else API_VERSIONS.warn
        yield finding(
            f"{unread.resource.plural} could not be read, and would be missing",
            why=unread.why,
            fix="Give the bot's user the right to list them, from deploy/rbac.",
        )
    yield from _check_definitions(inputs)


def _check_missing(resource: ApiResource, inputs: PlanInputs) -> Iterator[PlanFinding]:
    """Check a kind that the target does not serve: a driver's policies are lost, other objects block."""
    lost = sum(
        excluded.reason is ExclusionReason.VERSION and excluded.ref.group_kind == resource.group_kind
        for excluded in inputs.excluded
    )
    if lost and resource.group_kind in inputs.context.source.policy_kinds:
        yield POLICIES.warn(
            f"{lost} of {inputs.context.source.title}'s {resource.kind} are lost",
            why=f"{inputs.context.target.title} has no such policies: what they isolate is open",
        )
    elif lost:
        release = removed_in(resource)
        unknown = "no definition of it is copied, and the target has none"
        yield API_VERSIONS.blocker(
            f"{lost} objects of {resource.kind} in {resource.api_version} cannot be taken over",
            why=f"Kubernetes {release} removed it" if release else unknown,
            fix="Store them at a version that the target serves, or leave them out with `skip`.",
        )


def _check_definitions(inputs: PlanInputs) -> Iterator[PlanFinding]:
    """Check that the target can store the CustomResourceDefinitions' objects at a version of the source."""
    definitions = inputs.of("CustomResourceDefinition", "apiextensions.k8s.io")
    for definition in definitions:
        group, kind = spec_of(definition)["group"], spec_of(definition)["names"]["kind"]
        served = {resource.version for resource in inputs.target.surface.versions(group, kind)}
        stored = set(status_of(definition).get("storedVersions") or [])
        if inputs.target.exists and served and not stored & served:
            yield API_VERSIONS.warn(
                f"the target serves {kind} as {', '.join(sorted(served))} only",
                why=f"the source stores it as {', '.join(sorted(stored))}",
                fix="Install its operator at the same version first.",
            )
    if definitions:
        names = ", ".join(sorted(definition["metadata"]["name"] for definition in definitions))
        number = count(len(definitions), "definition is", "definitions are")
        yield API_VERSIONS.note(f"{number} copied before their objects: {names}")
