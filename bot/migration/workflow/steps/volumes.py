"""Attaches the disks of the source to the new cluster, without copying them."""

from datetime import timedelta

from bot.common.wording import count
from bot.migration.volumes import reattachment
from bot.migration.workflow.ports import Json
from bot.migration.workflow.run import Run
from bot.migration.workflow.step import Step
from bot.migration.workflow.step_runner import Wait

BOUND = Wait(
    name="wait for claims", what="bind", within=timedelta(minutes=5), detail="waiting for claims to bind"
)


def move_volumes(run: Run) -> None:
    """Create the volumes that move in the target, and wait until their claims are bound."""
    run.begin(Step.VOLUMES)
    moving_volumes = [volume for volume in run.plan.volumes if volume.moves]
    if moving_volumes:
        run.steps.do("attach", lambda: _attach(run))
        run.steps.wait(
            BOUND,
            lambda: run.look(lambda clusters: reattachment.unbound_claims(clusters.target, run.plan.volumes)),
        )
    run.finish(f"{count(len(moving_volumes), 'volume')} moved")


def _attach(run: Run) -> Json:
    with run.clusters() as clusters:
        final = clusters.target_objects.final
        claims = {volume.claim: final[volume.claim] for volume in run.plan.volumes if volume.moves}
        run.flow.fence()
        reattachment.attach(clusters.target, run.plan.volumes, claims, run.migration)
    return {}
