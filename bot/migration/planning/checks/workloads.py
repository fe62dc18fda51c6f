"""Workloads: early starts, autoscalers, GitOps, Jobs, operators, and pods that no controller keeps."""

from collections import defaultdict
from collections.abc import Iterator

from bot.common.wording import count
from bot.migration.inventory.exclusion_rules import ExclusionReason
from bot.migration.objects.cutover_modes import why_not_early
from bot.migration.objects.fields import owners_of, ref_of, spec_of
from bot.migration.objects.kinds import AUTOSCALER, CLAIM, is_workload
from bot.migration.planning.findings import PlanFinding, Subject
from bot.migration.planning.plan_inputs import PlanInputs
from bot.policy.owners import owner_of

WORKLOADS = Subject("workloads")
NAMED = 5


def check(inputs: PlanInputs) -> Iterator[PlanFinding]:
    """Yield everything that people should know about what runs."""
    yield from _check_early(inputs)
    yield from _check_autoscalers(inputs)
    yield from _check_gitops(inputs)
    yield from _check_jobs(inputs)
    yield from _check_orphans(inputs)
    yield from _check_bare_pods(inputs)
    if inputs.operators:
        names = ", ".join(ref.short for ref in sorted(inputs.operators)[:NAMED])
        yield WORKLOADS.note(f"operators stop first and start first: {names}")
    if inputs.unknown_addons:
        number = count(len(inputs.unknown_addons), "workload")
        yield WORKLOADS.warn(
            f"{number} in kube-system not known as add-ons: {', '.join(inputs.unknown_addons[:NAMED])}",
            why="kube-system is not migrated",
            fix="Install them in the new cluster yourself, if they are yours.",
        )


def _check_early(inputs: PlanInputs) -> Iterator[PlanFinding]:
    workloads = {ref.short: ref for ref in inputs.copied if is_workload(ref)}
    for name in sorted(inputs.early):
        ref = workloads.get(name)
        if ref is None:
            text = f"there is no workload {name} to start early"
            yield WORKLOADS.blocker(text, fix="Correct `--start-early`.")
        elif why := why_not_early(inputs.copied[ref]):
            fix = "Leave it out of `--start-early`."
            yield WORKLOADS.blocker(f"{ref} cannot start early", why=why, fix=fix, ref=ref)


def _check_autoscalers(inputs: PlanInputs) -> Iterator[PlanFinding]:
    for autoscaler in inputs.of(AUTOSCALER[1], AUTOSCALER[0]):
        if spec_of(autoscaler).get("minReplicas") == 0:
            yield WORKLOADS.blocker(
                f"the autoscaler {ref_of(autoscaler).short} has minReplicas 0",
                why="it would start its workload again after it was scaled to 0",
                fix="Set it to 1 on the source.",
            )


def _check_gitops(inputs: PlanInputs) -> Iterator[PlanFinding]:
    by_tool: dict[str, list[str]] = defaultdict(list)
    for ref, obj in inputs.copied.items():
        owner = owner_of(obj)
        if owner is not None and owner.tool != "Helm" and is_workload(ref):
            by_tool[owner.tool].append(ref.short)
    for tool, names in sorted(by_tool.items()):
        yield WORKLOADS.warn(
            f"{tool} keeps {count(len(names), 'workload')}: {', '.join(names[:NAMED])}",
            why="it would start them again on the source after they were stopped",
            fix=f"Pause {tool} for them before the cut-over, and point it to the new cluster after it.",
        )


def _check_jobs(inputs: PlanInputs) -> Iterator[PlanFinding]:
    jobs = [ref_of(job).short for job in inputs.of("Job", "batch")]
    if jobs:
        yield WORKLOADS.warn(
            f"{count(len(jobs), 'Job is', 'Jobs are')} not finished: {', '.join(jobs[:NAMED])}",
            why="they are suspended at the cut-over and begin again from the start in the new cluster",
            fix="Wait for them, or leave them out with `skip`.",
        )


def _check_orphans(inputs: PlanInputs) -> Iterator[PlanFinding]:
    """Check for objects that are copied although a controller made them: it would not make them again."""
    for ref, obj in inputs.copied.items():
        for owner in owners_of(obj):
            if owner.controls and ref.group_kind != CLAIM:
                is_known = inputs.exclusions.graph.knows(owner)
                by_operator = "an operator would make it with other contents"
                why = by_operator if is_known else f"its {owner.kind} {owner.name} was not read or is gone"
                yield WORKLOADS.warn(f"{ref} is copied without its owner", why=why, ref=ref)


def _check_bare_pods(inputs: PlanInputs) -> Iterator[PlanFinding]:
    excluded = [obj for obj in inputs.excluded if obj.reason is ExclusionReason.BARE_POD]
    if excluded:
        names = ", ".join(obj.ref.short for obj in excluded[:NAMED])
        yield WORKLOADS.warn(
            f"{count(len(excluded), 'bare pod is', 'bare pods are')} not copied: {names}",
            why="nothing but deleting them would stop them on the source",
            fix="Give them a Deployment, or name them in `--start-early`.",
        )
