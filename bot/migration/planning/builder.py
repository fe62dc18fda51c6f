"""Builds a plan from what was surveyed. Pure: the same survey makes the same plan."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping

from bot.drivers.catalog import profile
from bot.migration.inventory import cluster_addresses, exclusions
from bot.migration.inventory.exclusion_rules import ExclusionReason
from bot.migration.inventory.exclusions import ExcludedObject
from bot.migration.inventory.operators import operators
from bot.migration.inventory.served_apis import CommonApis, common_apis, with_definitions
from bot.migration.objects import copy_order, cutover_modes
from bot.migration.objects.digest_keys import mark_of
from bot.migration.objects.fields import Object, Ref, uid_of, version_of
from bot.migration.objects.fingerprint import autoscaled, fingerprint
from bot.migration.objects.kinds import CLAIM
from bot.migration.objects.transforms.mapping import PatchFailed
from bot.migration.objects.transforms.transform import NoteLevel, TransformContext, Transformed
from bot.migration.planning import connection_changes
from bot.migration.planning.checks import (
    api_versions,
    capacity,
    connections,
    external_access,
    helm_releases,
    mounts,
    placement,
    policy_pitfalls,
    volumes,
    workloads,
)
from bot.migration.planning.estimates import migration_size, time_estimate
from bot.migration.planning.findings import PlanFinding, Subject, Weight
from bot.migration.planning.plan import ClusterSide, MigrationPlan, PlannedObject
from bot.migration.planning.plan_inputs import PlanInputs
from bot.migration.planning.survey import Survey
from bot.migration.planning.target_form import target_form
from bot.migration.volumes import choices
from bot.migration.volumes.choices import PlannedVolume, VolumeChoice
from bot.settings.mappings import Mappings

# in the order in which an approver reads their findings
CHECKS: tuple[Callable[[PlanInputs], Iterable[PlanFinding]], ...] = (
    api_versions.check,
    volumes.check,
    placement.check,
    mounts.check,
    capacity.check,
    workloads.check,
    external_access.check,
    helm_releases.check,
)
PATCHES, OBJECTS = Subject("patches"), Subject("objects")
WEIGHTS = {Weight.BLOCKER: 0, Weight.WARNING: 1, Weight.NOTE: 2}


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlanRequest:
    """What was asked for. `volumes` and `early` are as they were typed.

    `labels` are Magnum's of the source cluster, and `same_project` says whether both clusters are in one
    OpenStack project, if that is known.
    """

    migration: str
    source: ClusterSide
    target: ClusterSide
    volumes: tuple[str, ...] = ()
    early: tuple[str, ...] = ()
    mappings: Mappings = dataclasses.field(default_factory=Mappings)
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    same_project: bool | None = None


def build(request: PlanRequest, survey: Survey, key: bytes, *, mark: str = "") -> MigrationPlan:
    """Return the plan, in which the digests of Secrets are made with `key`.

    `mark` tells the key from others; by default it is that of a key which all replicas share.
    """
    inputs, failures = _inputs(request, survey)
    network, network_findings = _network(inputs, survey)
    findings = [*failures, *_notes(inputs), *(finding for check in CHECKS for finding in check(inputs))]
    findings += network_findings
    size = migration_size(inputs)
    return MigrationPlan(
        migration=request.migration,
        key=mark or mark_of(key),
        source=request.source,
        target=request.target,
        namespaces=survey.inventory.namespaces,
        everything=survey.everything,
        items=_items(inputs, key),
        left=inputs.excluded,
        volumes=inputs.volumes,
        balancers=external_access.load_balancers(inputs),
        early=tuple(sorted(request.early)),
        operators=tuple(sorted(inputs.operators)),
        network=network,
        findings=tuple(sorted(findings, key=lambda finding: WEIGHTS[finding.weight])),
        size=size,
        estimate=time_estimate(inputs, size),
    )


def _inputs(request: PlanRequest, survey: Survey) -> tuple[PlanInputs, list[PlanFinding]]:
    """Compute what the checks look at, and a blocker for each configured patch that does not fit."""
    inventory, mappings, early = survey.inventory, request.mappings, frozenset(request.early)
    context = _transform_context(request, survey)
    rules = exclusions.exclusion_context(
        inventory, context.target, skip=mappings.skip, early=early, helm=mappings.helm == "copy"
    )
    copied, excluded = exclusions.split(rules)
    claims = [obj for ref, obj in copied.items() if ref.group_kind == CLAIM]
    planned_volumes = choices.plan_volumes(inventory, claims, request.volumes, rules.graph)
    common = _common_apis(copied, survey)
    excluded += (*_not_served(copied, common), *_skipped(planned_volumes))
    for exclusion in excluded:
        copied.pop(exclusion.ref, None)
    transformed, failures = _transform_all(copied, context, request, planned_volumes)
    inputs = PlanInputs(
        inventory=inventory,
        target=survey.target,
        exclusions=rules,
        common_apis=common,
        context=context,
        mappings=mappings,
        copied=copied,
        excluded=tuple(sorted(excluded, key=lambda exclusion: exclusion.ref)),
        transformed=transformed,
        volumes=planned_volumes,
        volume_words=request.volumes,
        early=early,
        operators=operators(inventory, copied),
        unknown_addons=survey.unknown_addons,
        same_project=request.same_project,
    )
    return inputs, failures


def _transform_context(request: PlanRequest, survey: Survey) -> TransformContext:
    source = profile(request.source.driver)
    return TransformContext(
        source=source,
        target=profile(request.target.driver),
        namespaces=frozenset(survey.inventory.namespaces),
        ranges=cluster_addresses.address_ranges(survey.inventory, source, request.labels),
        keep_finalizers=frozenset(request.mappings.keep_finalizers),
    )


def _common_apis(copied: Mapping[Ref, Object], survey: Survey) -> CommonApis:
    """Return the versions to copy at; the target will also serve the definitions that are copied."""
    definitions = [obj for ref, obj in copied.items() if ref.kind == "CustomResourceDefinition"]
    return common_apis(survey.inventory.surface, with_definitions(survey.target.surface, definitions))


def _not_served(copied: Mapping[Ref, Object], common: CommonApis) -> Iterator[ExcludedObject]:
    why, served = "the target does not serve this kind", {resource.group_kind for resource in common.shared}
    for ref in (ref for ref in copied if ref.group_kind not in served):
        yield ExcludedObject(ref=ref, reason=ExclusionReason.VERSION, why=why)


def _skipped(planned_volumes: Iterable[PlannedVolume]) -> Iterator[ExcludedObject]:
    why = "`--volumes … skip` was said"
    for volume in (volume for volume in planned_volumes if volume.choice is VolumeChoice.SKIP):
        yield ExcludedObject(ref=volume.claim, reason=ExclusionReason.ASKED, why=why)


def _transform_all(
    copied: Mapping[Ref, Object],
    context: TransformContext,
    request: PlanRequest,
    planned_volumes: Iterable[PlannedVolume],
) -> tuple[dict[Ref, Transformed], list[PlanFinding]]:
    """Return every object as it will be in the target, and a blocker for each that a patch does not fit."""
    by_claim = {volume.claim: volume for volume in planned_volumes}
    transformed: dict[Ref, Transformed] = {}
    failures: list[PlanFinding] = []
    for ref, obj in copied.items():
        volume = by_claim.get(ref)
        try:
            transformed[ref] = target_form(
                obj, context, request.mappings, migration=request.migration, volume=volume
            )
        except PatchFailed as error:
            failures.append(PATCHES.blocker(error.what, why=error.why, fix=error.fix, ref=ref))
    return transformed, failures


def _notes(inputs: PlanInputs) -> Iterator[PlanFinding]:
    """Yield the notes of transforms that an approver must see."""
    for ref, transformed in inputs.transformed.items():
        for note in transformed.notes:
            if note.level is NoteLevel.WARNING:
                yield OBJECTS.warn(f"{ref}: {note.text}", ref=ref)


def _network(
    inputs: PlanInputs, survey: Survey
) -> tuple[connection_changes.ConnectionChanges, list[PlanFinding]]:
    """Compute the connections that change, and find the policies that will do something else than meant."""
    source, target = inputs.context.source, inputs.context.target
    namespaces = survey.inventory.namespaces
    computed = connection_changes.compute_states(
        survey.network, source=source, target=target, namespaces=namespaces
    )
    changes = connection_changes.connection_changes(
        survey.network, survey.inventory, computed, source=source, target=target
    )
    findings = list(connections.check(changes, source=source, target=target))
    if target.enforces_network_policy and not source.enforces_network_policy:
        findings += policy_pitfalls.check(survey.inventory, computed.after, inputs.context.ranges)
    return changes, findings


def _items(inputs: PlanInputs, key: bytes) -> tuple[PlannedObject, ...]:
    scaled = autoscaled(inputs.inventory.objects.values())
    moving_claims = frozenset(volume.claim.short for volume in inputs.volumes if volume.moves)
    items = []
    for ref, obj in sorted(inputs.copied.items(), key=lambda pair: pair[0]):
        mode = cutover_modes.mode_of(obj, inputs.early, moving_claims, inputs.exclusions.graph)
        transformed = inputs.transformed.get(ref)  # missing if a configured patch does not fit
        item = PlannedObject(
            ref=ref,
            uid=uid_of(obj),
            digest=fingerprint(obj, key, scaled),
            stage=copy_order.stage_of(ref, inputs.operators),
            mode=mode,
            hold=cutover_modes.hold_of(obj, mode),
            version=version_of(obj) if ref.kind == "Secret" else "",
            notes=tuple(note.text for note in transformed.notes) if transformed else (),
        )
        items.append(item)
    return tuple(items)
