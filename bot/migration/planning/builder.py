"""Puts a plan together from what was surveyed. Pure: the same survey makes the same plan."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from bot.drivers.catalog import profile
from bot.migration.inventory import cluster_addresses, exclusions
from bot.migration.inventory.api_discovery import common_apis, defined
from bot.migration.inventory.exclusions import ExcludedObject, ExclusionReason
from bot.migration.objects import modes, order
from bot.migration.objects.digest_keys import mark_of
from bot.migration.objects.manifest import Object, Ref, version_of
from bot.migration.objects.modes import Hold, Mode
from bot.migration.objects.target_objects import autoscaled, fingerprint, shaped
from bot.migration.objects.transforms.mapping import PatchFailed
from bot.migration.objects.transforms.transform import NoteLevel, TransformContext, Transformed
from bot.migration.planning import connection_changes
from bot.migration.planning.checks import (
    api_versions,
    capacity,
    external_access,
    helm_releases,
    placement,
    policy_pitfalls,
    workloads,
)
from bot.migration.planning.findings import PlanFinding, Weight, blocker, warn
from bot.migration.planning.plan import ClusterSide, MigrationPlan, PlannedObject
from bot.migration.planning.plan_inputs import PlanInputs
from bot.migration.planning.survey import Survey
from bot.migration.volumes import choices
from bot.migration.volumes.choices import PlannedVolume, VolumeChoice
from bot.settings.file import Mappings

WEIGHTS = {Weight.BLOCKER: 0, Weight.WARNING: 1, Weight.NOTE: 2}


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlanRequest:
    """What was asked for. `labels` are Magnum's of the source cluster; `volumes` and `early` as they
    were typed.
    """

    migration: str
    source: ClusterSide
    target: ClusterSide
    volumes: tuple[str, ...] = ()
    early: tuple[str, ...] = ()
    mappings: Mappings = dataclasses.field(default_factory=Mappings)
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    same_project: bool | None = None


def build(wish: PlanRequest, survey: Survey, key: bytes, *, mark: str = "") -> MigrationPlan:
    """The plan. `key` keys the digests of Secrets, and `mark` tells it from others: by default that of a
    shared one.
    """
    found: list[PlanFinding] = []
    material = _material(wish, survey, found)
    balancers = external_access.balancers(material)
    size = capacity.size(material)
    states = connection_changes.states(
        survey.snapshot,
        source=material.source_profile,
        target=material.target_profile,
        namespaces=survey.inventory.namespaces,
    )
    network = connection_changes.connection_changes(
        survey.snapshot,
        survey.inventory,
        states,
        source=material.source_profile,
        target=material.target_profile,
    )
    found += api_versions.check(material)
    found += choices.check(
        material.volumes,
        material.target,
        same_project=wish.same_project,
        classes=wish.mappings.storage_classes,
    )
    found += choices.unknown(wish.volumes, material.volumes)
    found += [*placement.check(material), *capacity.check(material, size), *capacity.quotas(material)]
    found += [
        *workloads.check(material),
        *external_access.check(material, balancers),
        *helm_releases.check(material),
    ]
    found += connection_changes.findings(
        network, source=material.source_profile, target=material.target_profile
    )
    if (
        material.target_profile.enforces_network_policy
        and not material.source_profile.enforces_network_policy
    ):
        found += policy_pitfalls.pitfalls(survey.inventory, states.after, material.context.ranges)
    return MigrationPlan(
        migration=wish.migration,
        key=mark or mark_of(key),
        source=wish.source,
        target=wish.target,
        namespaces=survey.inventory.namespaces,
        everything=survey.everything,
        items=_items(material, key),
        left=material.left,
        volumes=material.volumes,
        balancers=balancers,
        early=tuple(sorted(wish.early)),
        operators=tuple(sorted(material.operators)),
        network=network,
        findings=tuple(sorted(found, key=lambda each: WEIGHTS[each.weight])),
        size=size,
        estimate=capacity.estimate(material, size),
    )


def _material(wish: PlanRequest, survey: Survey, found: list[PlanFinding]) -> PlanInputs:
    inventory, early = survey.inventory, frozenset(wish.early)
    source, target = profile(wish.source.driver), profile(wish.target.driver)
    grounds = exclusions.exclusion_context(
        inventory, target, skip=wish.mappings.skip, early=early, helm=wish.mappings.helm == "copy"
    )
    kept, left = exclusions.split(grounds)
    claims = [obj for ref, obj in kept.items() if (ref.group, ref.kind) == ("", "PersistentVolumeClaim")]
    volumes = choices.volumes(inventory, claims, wish.volumes, grounds.graph)
    definitions = [obj for ref, obj in kept.items() if ref.kind == "CustomResourceDefinition"]
    agreement = common_apis(inventory.surface, defined(survey.target.surface, definitions))
    left += tuple(_unserved(kept, {(each.group, each.kind) for each in agreement.shared}))
    left += tuple(_skipped(volumes))
    for each in left:
        kept.pop(each.ref, None)
    context = TransformContext(
        source=source,
        target=target,
        namespaces=frozenset(inventory.namespaces),
        ranges=cluster_addresses.ranges(inventory, source, wish.labels),
        keep_finalizers=frozenset(wish.mappings.keep_finalizers),
    )
    moving = frozenset(volume.claim.short for volume in volumes if volume.moves)
    mode = {ref: modes.mode_of(obj, early, moving, grounds.graph) for ref, obj in kept.items()}
    return PlanInputs(
        inventory=inventory,
        target=survey.target,
        grounds=grounds,
        agreement=agreement,
        context=context,
        mappings=wish.mappings,
        source_profile=source,
        target_profile=target,
        kept=kept,
        left=tuple(sorted(left, key=lambda each: each.ref)),
        transformed=_transformed(kept, context, wish, volumes, found),
        volumes=volumes,
        early=early,
        operators=order.operators(inventory, kept),
        modes=mode,
        holds={ref: modes.hold_of(obj, mode[ref]) for ref, obj in kept.items()},
        strangers=survey.strangers,
        same_project=wish.same_project,
    )


def _unserved(kept: Mapping[Ref, Object], served: set[tuple[str, str]]) -> list[ExcludedObject]:
    return [
        ExcludedObject(ref=ref, reason=ExclusionReason.VERSION, why="the target does not serve this kind")
        for ref in kept
        if (ref.group, ref.kind) not in served
    ]


def _skipped(volumes: tuple[PlannedVolume, ...]) -> list[ExcludedObject]:
    return [
        ExcludedObject(ref=volume.claim, reason=ExclusionReason.ASKED, why="`--volumes … skip` was said")
        for volume in volumes
        if volume.choice is VolumeChoice.SKIP
    ]


def _transformed(
    kept: Mapping[Ref, Object],
    context: TransformContext,
    wish: PlanRequest,
    volumes: tuple[PlannedVolume, ...],
    found: list[PlanFinding],
) -> dict[Ref, Transformed]:
    """Every object as it will be; what transforms tell becomes findings, and a patch that does not fit
    blocks.
    """
    chosen = {volume.claim: volume for volume in volumes}
    made: dict[Ref, Transformed] = {}
    for ref, obj in kept.items():
        try:
            made[ref] = shaped(obj, context, wish.mappings, wish.migration, chosen.get(ref))
        except PatchFailed as error:
            found.append(blocker("patches", error.what, why=error.why, fix=error.fix, ref=ref))
            continue
        found += [
            warn("objects", f"{ref}: {note.text}", ref=ref)
            for note in made[ref].notes
            if note.level is NoteLevel.WARNING
        ]
    return made


def _items(material: PlanInputs, key: bytes) -> tuple[PlannedObject, ...]:
    scaled = autoscaled(material.inventory.objects.values())
    return tuple(
        PlannedObject(
            ref=ref,
            uid=obj["metadata"].get("uid", ""),
            digest=fingerprint(obj, key, scaled),
            stage=order.stage_of(ref, material.operators),
            mode=material.modes.get(ref, Mode.COPIED),
            hold=material.holds.get(ref, Hold.NOT),
            version=version_of(obj) if ref.kind == "Secret" else "",
            notes=(
                tuple(note.text for note in material.transformed[ref].notes)
                if ref in material.transformed
                else ()
            ),
        )
        for ref, obj in sorted(material.kept.items(), key=lambda pair: pair[0])
    )
