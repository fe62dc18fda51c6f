"""`xk8s run "…"`: the same words, rights and audit as in Slack; only the two ends differ."""

import uuid
from pathlib import Path

import click

from bot.access.directory import PersonFacts
from bot.actions.action import Action
from bot.actions.policies import PolicyApply, PolicyPreview
from bot.actions.request import EntryPoint, IncomingRequest, OperationId, Place
from bot.actions.service import Outcome
from bot.app import logs
from bot.app.clock import utc_now
from bot.app.configuration import load
from bot.app.database import open_database
from bot.app.wiring import Core, FrontEnd
from bot.cli.terminal_answer import TerminalAnswer
from bot.cli.terminal_user import terminal_person
from bot.cli.terminal_workflows import TerminalWorkflows
from bot.clusters.lifecycle.results import ClusterCreated
from bot.common.problems import Refusal
from bot.common.redaction import Redactor
from bot.drivers.verification.report import Verdict, VerificationSummary
from bot.policy.yaml_document import LARGEST, too_large
from bot.requests.answer import Conclusion
from bot.requests.ports import ResolvedOffer
from bot.settings.holder import SettingsHolder

OK, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


class NotInTerminal(Refusal):
    """A terminal knows no Slack users and has no buttons."""


class _NoDirectory:
    """The directory of a terminal: there is nobody in it, so only roles for terminals count."""

    def person(self, person: str) -> PersonFacts:
        raise NotInTerminal(f"{person} is not known in a terminal")

    def group(self, group: str) -> frozenset[str]:
        raise NotInTerminal(f"the group {group} is not known in a terminal")

    def is_member(self, person: str, channel: str) -> bool:
        raise NotInTerminal(f"{person} in {channel} is not known in a terminal")


class _NoOffers:
    """The offers of a terminal, which has no buttons."""

    def resolve(self, request: IncomingRequest) -> ResolvedOffer:
        raise NotInTerminal("There are no buttons in a terminal")

    def take(self, request: IncomingRequest) -> bool:
        raise NotInTerminal("There are no buttons in a terminal")

    def give_back(self, request: IncomingRequest) -> None: ...


class _FileAttachment:
    """The `Attachments` of a terminal: the file of `--file`, for words that take YAML."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def complete(self, request: IncomingRequest, action: Action) -> Action:
        """Return the action with the file's text. Raises `Refusal` for a file that the action cannot use."""
        if self._path is None:
            return action
        if not isinstance(action, (PolicyPreview, PolicyApply)) or not action.needs_manifest:
            raise Refusal(f"`{action.words()}` takes no file", fix="Add `--yaml`, or leave `--file` out.")
        size = self._path.stat().st_size
        if size > LARGEST:
            raise too_large(size)
        try:
            return action.model_copy(update={"manifest": self._path.read_text("utf-8-sig")})
        except UnicodeDecodeError as error:
            raise Refusal(
                f"{self._path.name} is no text", why=error.reason, fix="Give a YAML file."
            ) from None


def run(
    words: str,
    *,
    project: str | None,
    as_json: bool,
    redactor: Redactor,
    file: Path | None = None,
    save: Path | None = None,
) -> int:
    """Serve the words and return the exit code: 0 done and well, 1 failed or unhealthy, 2 refused or not
    understood.
    """
    logs.configure(level=30, redactor=redactor)
    holder = SettingsHolder(load(), read=load)
    database = open_database(holder)
    try:
        core = Core(holder, database, FrontEnd(directory=_NoDirectory()), redactor=redactor)
        request = _request(f"{words} --project {project}" if project else words)
        answer = TerminalAnswer(as_json=as_json, redactor=redactor, save=save)
        return _serve(core, request, answer, _FileAttachment(file))
    finally:
        database.dispose()


def _serve(core: Core, request: IncomingRequest, answer: TerminalAnswer, file: _FileAttachment) -> int:
    workflows = TerminalWorkflows(core, request, answer)
    pipeline = core.pipeline(_NoOffers(), attachments=file, workflows=workflows)
    try:
        conclusion = pipeline.handle(request, answer)
        if conclusion.outcome is Outcome.OPEN:
            answer.waits = True
            workflows.wait()
            conclusion = pipeline.handle(request, answer, attempt=2)
    except KeyboardInterrupt:
        replicas = workflows.serving_replicas()
        where = f"the replica {replicas[0]}" if replicas else "`xk8s serve`, as soon as it runs"
        click.echo(
            f"\nThis goes on in {where} (ref {request.reference}): `xk8s run audit` tells its end.", err=True
        )
        return INTERRUPTED
    finally:
        workflows.stop()
    return _exit_code(conclusion)


def _request(words: str) -> IncomingRequest:
    operation = OperationId(uuid.uuid4().hex)
    return IncomingRequest(
        key=f"terminal:{operation}",
        operation=operation,
        entry=EntryPoint.TERMINAL,
        person=terminal_person(),
        place=Place(),
        text=words,
        received=utc_now(),
    )


def _exit_code(conclusion: Conclusion) -> int:
    result = conclusion.result
    if conclusion.outcome is Outcome.REFUSED:
        return BAD_INPUT
    if conclusion.outcome not in (Outcome.SUCCEEDED, Outcome.ASKED):
        return FAILED
    if isinstance(result, VerificationSummary):
        healthy = all(report.verdict is Verdict.HEALTHY for report in result.reports)
        return OK if healthy and not result.missing else FAILED
    if isinstance(result, ClusterCreated):
        return OK if result.healthy else FAILED
    return OK
