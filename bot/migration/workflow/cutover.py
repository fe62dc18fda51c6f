"""The cut-over: the four steps of the outage. `rollback.py` reverts them."""

from datetime import timedelta

from bot.migration.workflow.run import Run
from bot.migration.workflow.steps.quiesce import quiesce
from bot.migration.workflow.steps.start import start
from bot.migration.workflow.steps.traffic import switch_traffic
from bot.migration.workflow.steps.volumes import move_volumes


def cut_over(run: Run, ready_within: timedelta) -> None:
    """Stop the source, move its disks, start the copies, switch the traffic. Raises `RollbackRequested`.

    The step that stops the source was begun after the approval (`quiesce.begin`). `ready_within` is how long
    pods may take to become ready.
    """
    quiesce(run)
    move_volumes(run)
    start(run, ready_within)
    switch_traffic(run)
