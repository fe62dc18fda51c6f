"""Retries calls that fail for a moment. A failure that lasts longer is raised, and pauses the migration."""

from collections.abc import Callable
from datetime import datetime, timedelta

import tenacity

from bot.adapters.kube import errors
from bot.adapters.openstack.magnum_errors import MagnumFailed, MagnumUnreachable
from bot.common.problems import Problem
from bot.migration.workflow.failures import WriteConflict
from bot.migration.workflow.ports import Json

_KUBE_ERRORS = (
    errors.Unreachable,
    errors.TooManyRequests,
    errors.ServerFailed,
    errors.Expired,
    errors.Conflict,
)
TRANSIENT = (*_KUBE_ERRORS, MagnumUnreachable, MagnumFailed, WriteConflict)
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0  # seconds between two attempts
PAUSE_GROWTH = 1.6  # each pause is that many times as long as the one before


def retry_transient(
    fn: Callable[[], Json],
    *,
    within: timedelta,
    now: Callable[[], datetime],
    pause: Callable[[float], None],
    report: Callable[[Problem], None],
) -> Json:
    """Call `fn` again, after growing pauses, while it raises a transient error.

    The last error is raised when it comes more than `within` after the first attempt began; any other error
    at once. `report` is told each error that is followed by another attempt.
    """
    first_attempt = now()

    def is_transient(error: BaseException) -> bool:
        # A field that another manager owns is a conflict that does not pass by itself.
        return isinstance(error, TRANSIENT) and not isinstance(error, errors.FieldConflict)

    def before_sleep(state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome is not None else None
        if isinstance(error, Problem):
            report(error)

    attempts = tenacity.Retrying(
        retry=tenacity.retry_if_exception(is_transient),
        stop=lambda _state: now() - first_attempt >= within,
        wait=tenacity.wait_exponential(multiplier=FIRST_PAUSE, max=LONGEST_PAUSE, exp_base=PAUSE_GROWTH),
        sleep=pause,
        before_sleep=before_sleep,
        reraise=True,
    )
    return attempts(fn)
