"""Files that were sent with a request."""

from __future__ import annotations

from bot.actions.action import Action
from bot.actions.request import IncomingRequest
from bot.common.problems import Refusal
from bot.requests.stages.attach_files import attach_files
from tests.unit.requests.exchanges import DELETE, exchange, ports


class Upload:
    """A file that names another cluster, or that is gone."""

    def __init__(self, *, missing: bool = False) -> None:
        self.missing = missing

    def complete(self, request: IncomingRequest, action: Action) -> Action:
        if self.missing:
            raise Refusal("the file could not be read")
        return action.model_copy(update={"cluster": "from-the-file"})


def test_the_action_takes_what_was_sent() -> None:
    subject = exchange()
    attach_files(subject, ports(attachments=Upload()))
    assert subject.action.target == "from-the-file"


def test_without_attachments_the_action_stays_as_it_is() -> None:
    subject = exchange()
    attach_files(subject, ports())
    assert subject.action is DELETE


def test_a_file_that_cannot_be_read_is_refused_at_the_first_attempt_alone() -> None:
    first, second = exchange(attempt=1), exchange(attempt=2)
    for subject in (first, second):
        attach_files(subject, ports(attachments=Upload(missing=True)))
    assert isinstance(first.problem, Refusal)
    assert second.problem is None and second.action is DELETE
