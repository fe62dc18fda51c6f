"""What runs: early starts, autoscalers, GitOps, Jobs, operators, pods that nobody keeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from bot.common.wording import count
from bot.migration.inventory.exclusions import ExclusionReason
from bot.migration.objects.manifest import owners_of, spec_of
from bot.migration.objects.modes import AUTOSCALER, is_workload, why_not_early
from bot.migration.planning.findings import PlanFinding, blocker, note, warn
from bot.migration.planning.plan_inputs import PlanInputs
from bot.policy.owners import owner_of

ABOUT = "workloads"
NAMED = 5


def check(material: PlanInputs) -> Iterator[PlanFinding]:
    """Everything about what runs."""
    yield from _early(material)
    yield from _autoscalers(material)
    yield from _kept_by_tools(material)
    yield from _jobs(material)
    yield from _orphans(material)
    bare = [each.ref.short for each in material.left if each.reason is ExclusionReason.BARE_POD]
    if bare:
        yield warn(
            ABOUT,
            f"{count(len(bare), 'bare pod is', 'bare pods are')} not copied: {', '.join(bare[:NAMED])}",
            why="nothing but deleting them would stop them on the source",
            fix="Give them a Deployment, or name them in `--start-early`.",
        )
    if material.operators:
        names = ", ".join(ref.short for ref in sorted(material.operators)[:NAMED])
        yield note(ABOUT, f"operators stop first and start first: {names}")
    if material.strangers:
        yield warn(
            ABOUT,
            f"{count(len(material.strangers), 'workload')} in kube-system not known as add-ons:"
            f" {', '.join(material.strangers[:NAMED])}",
            why="kube-system is not migrated",
            fix="Install them in the new cluster yourself, if they are yours.",
        )


def _early(material: PlanInputs) -> Iterator[PlanFinding]:
    workloads = {ref.short: ref for ref in material.kept if is_workload(ref)}
    for name in sorted(material.early):
        ref = workloads.get(name)
        if ref is None:
            yield blocker(
                ABOUT, f"there is no workload {name} to start early", fix="Correct `--start-early`."
            )
            continue
        why = why_not_early(material.kept[ref])
        if why:
            yield blocker(
                ABOUT, f"{ref} cannot start early", why=why, fix="Leave it out of `--start-early`.", ref=ref
            )


def _autoscalers(material: PlanInputs) -> Iterator[PlanFinding]:
    for obj in material.of(AUTOSCALER[1], AUTOSCALER[0]):
        if spec_of(obj).get("minReplicas") == 0:
            name = f"{obj['metadata']['namespace']}/{obj['metadata']['name']}"
            yield blocker(
                ABOUT,
                f"the autoscaler {name} has minReplicas 0",
                why="it would start its workload again after it was scaled to 0",
                fix="Set it to 1 on the source.",
            )


def _kept_by_tools(material: PlanInputs) -> Iterator[PlanFinding]:
    found: dict[str, list[str]] = defaultdict(list)
    for ref, obj in material.kept.items():
        owner = owner_of(obj)
        if owner is not None and owner.tool != "Helm" and is_workload(ref):
            found[owner.tool].append(ref.short)
    for tool, names in sorted(found.items()):
        yield warn(
            ABOUT,
            f"{tool} keeps {count(len(names), 'workload')}: {', '.join(names[:NAMED])}",
            why="it would start them again on the source after they were stopped",
            fix=f"Pause {tool} for them before the cut-over, and point it to the new cluster after it.",
        )


def _jobs(material: PlanInputs) -> Iterator[PlanFinding]:
    running = [ref.short for ref in material.kept if (ref.group, ref.kind) == ("batch", "Job")]
    if running:
        yield warn(
            ABOUT,
            f"{count(len(running), 'Job is', 'Jobs are')} not finished: {', '.join(running[:NAMED])}",
            why="they are suspended at the cut-over and begin again from the start in the new cluster",
            fix="Wait for them, or leave them out with `skip`.",
        )


def _orphans(material: PlanInputs) -> Iterator[PlanFinding]:
    """Objects that are copied although a controller made them, because it would not make them again."""
    for ref, obj in material.kept.items():
        for owner in owners_of(obj):
            if owner.controls and ref.kind != "PersistentVolumeClaim":
                known = material.grounds.graph.knows(owner)
                why = (
                    "an operator would make it with other contents"
                    if known
                    else f"its {owner.kind} {owner.name} was not read or is gone"
                )
                yield warn(ABOUT, f"{ref} is copied without its owner", why=why, ref=ref)
