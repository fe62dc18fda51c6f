"""Lets the new cluster serve for a while before the approval of the old one's deletion is requested."""

from datetime import timedelta

from bot.common.wording import exact_duration
from bot.migration.workflow.ports import Json
from bot.migration.workflow.run import Run
from bot.migration.workflow.step import Step


def soak(run: Run, length: timedelta) -> None:
    """Wait for `length` after the proof; until then a roll-back is always possible."""
    run.begin(Step.SOAK)
    end = run.position.since + length
    until = f"{end:%Y-%m-%d %H:%M} UTC"

    def note() -> Json:
        run.progress.store(waits=f"serves until {until}")
        run.progress.show(f"serves until {until}")
        return {}

    def look() -> Json | None:
        now = run.now()
        return {"at": now.isoformat()} if now >= end else None

    run.steps.do("soak: note", note)
    run.steps.idle("soak", look, detail=f"the new cluster serves; the deletion is asked for at {until}")
    # If Magnum can delete the source, the request for that approval is the next message.
    run.finish(
        f"the new cluster has served for {exact_duration(length)}", announced=run.plan.source.of_magnum
    )
