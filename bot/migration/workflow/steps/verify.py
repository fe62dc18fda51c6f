"""Verifies the driver of the new cluster before anything is copied into it."""

from datetime import timedelta

from bot.migration.workflow.run import Run
from bot.migration.workflow.step import Step
from bot.migration.workflow.step_runner import Wait

VERIFY_SECONDS = 5.0  # between two verifications of a new cluster


def verify(run: Run, within: timedelta) -> None:
    """Wait until the driver of the target is healthy."""
    run.begin(Step.VERIFY)
    driver, name = run.plan.target.driver, run.plan.target.name

    def look() -> list[str]:
        problem = run.ports.driver_problem(run.recorded.target, str(driver))
        return [problem] if problem else []

    healthy = Wait(
        name="verify",
        what=f"become healthy ({driver} on {name})",
        within=within,
        detail=f"{driver} on {name}",
        fix=f"See `/xk8s verify {driver} {name}`, then resume: I look again.",
        every=VERIFY_SECONDS,
    )
    run.steps.wait(healthy, look)
    run.finish(f"{driver} on {name} is healthy")
