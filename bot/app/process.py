"""The bot as one process: every part is built here, and started and stopped in order."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog
from slack_bolt import App
from starlette.types import ASGIApp

from bot.actions.request import IncomingRequest
from bot.app import http_servers, logs
from bot.app.access_rules import approval_rules
from bot.app.admin import Check, admin_app
from bot.app.clock import utc_now
from bot.app.configuration import load
from bot.app.database import open_database, unshared_key
from bot.app.durable import DurableWork
from bot.app.metrics import Metrics
from bot.app.replica import Replica
from bot.app.slack_parts import SlackParts, SlackSecrets
from bot.app.wiring import Core, FrontEnd
from bot.audit.head_signer import HeadSigner
from bot.common.redaction import Redactor
from bot.common.worker import Worker
from bot.requests.answer import Answer, answer_for
from bot.requests.approval_expiry import ApprovalExpiry
from bot.requests.approval_outbox import ApprovalOutbox
from bot.requests.inbox import Inbox
from bot.requests.progress_reporter import ProgressReporter
from bot.requests.recovery import Recovery
from bot.requests.worker_pool import WorkerPool
from bot.settings.holder import SettingsHolder
from bot.slack.attachments import SlackAttachments
from bot.slack.delivery.recovered_requests import RecoveredRequests
from bot.slack.http_mode import slack_endpoint
from storage.approvals import ApprovalRepository
from storage.audit_chain import AuditChain
from storage.database import Database, DatabaseError
from storage.inbox import InboxRepository, LeasedEntry
from storage.replicas import ReplicaRepository

log = structlog.get_logger(__name__)

WORKERS = 12  # requests handled at once; most of the time each waits for a server
SWITCH_SECONDS = 0.0005  # how long a working thread keeps an acknowledging one waiting (Python: 0.005)
SECONDS_TO_FINISH = 20.0  # for what is being worked on when the process is told to stop


def serve(*, http: bool, host: str, port: int, redactor: Redactor) -> None:
    """Run the bot until it is told to stop. Raises `Problem` for what stands against starting."""
    logs.configure(redactor=redactor)
    sys.setswitchinterval(SWITCH_SECONDS)
    holder = SettingsHolder(load(), read=load)
    bot = Bot(holder, http=http, redactor=redactor)
    servers = [http_servers.server(bot.admin, host=holder.now.admin_host, port=holder.now.admin_port)]
    if http:
        servers.append(http_servers.server(bot.endpoint, host=host, port=port))
    try:
        http_servers.serve(servers, started=bot.start, reload=holder.reload)
    finally:
        bot.stop()


class Bot:
    """Every part of a serving process."""

    def __init__(self, holder: SettingsHolder, *, http: bool, redactor: Redactor) -> None:
        redactor.learn_all(holder.now)
        secrets = SlackSecrets(holder.now, http=http)
        self._holder = holder
        self._started = False
        self._metrics = Metrics()
        self._database = open_database(holder)
        if unshared := unshared_key(holder.now, self._database):
            log.warning("replicas have no key in common", why=unshared)
        if not holder.now.audit_key:
            log.warning("XK8S_AUDIT_KEY is not set: the audit chain is not signed")
        count_failure, replicas = self._metrics.count_failure, ReplicaRepository(self._database)
        self._replica = Replica(holder.now, replicas, now=utc_now, count_failure=count_failure)
        self._slack = SlackParts(
            holder, self._database, secrets.bot_token, replica=self._replica.id, redactor=redactor
        )
        self._core = self._make_core(redactor)
        attachments = SlackAttachments(self._slack.web)
        self._pipeline = self._core.pipeline(self._slack.offers, attachments=attachments)
        self._inbox = InboxRepository(self._database)
        self._metrics.watch_inbox(self._inbox.backlog)
        self._pool = self._make_pool()
        self._recovery = self._make_recovery()
        self._signing, self._anchoring = self._make_audit_workers()
        self._expiry, self._approvals = self._make_approval_workers()
        self._durable = self._make_durable_work()
        self._homes = self._slack.app_homes(self._core)
        self._openers = ThreadPoolExecutor(2, thread_name_prefix="form")
        bolt = self._make_bolt(secrets)
        self._socket = None if http else self._slack.socket_connection(bolt, secrets.app_token)
        self.endpoint: ASGIApp = slack_endpoint(bolt, dropped=self._metrics.drop)
        self.admin: ASGIApp = admin_app(checks=self._checks(), metrics=self._metrics.registry)

    def start(self) -> None:
        """Claim the replica id, take up what a crash left, and connect to Slack."""
        for part in (
            self._replica,
            self._slack.identity,
            self._slack.update_rate_limit,
            self._slack.progress_board,
            self._pool,
            *(self._recovery, self._signing, self._anchoring, self._expiry, self._approvals),
            self._homes,
        ):
            part.start()
        self._started = True
        if self._socket is not None:
            self._socket.start(
                on_failure=lambda error: log.warning("no connection to Slack yet", why=str(error))
            )
        self._durable.start()  # imports much: last, so that nothing else waits for it
        projects = sorted(self._holder.now.configuration.projects)
        log.info("started", replica=self._replica.id, projects=projects)

    def stop(self) -> None:
        """Take nothing more, finish what can be finished, give the rest back."""
        for stop in self._stops():
            stop()
        self._database.dispose()
        log.info("stopped")

    def _stops(self) -> list[Callable[[], object]]:
        """What stops, in order; what was never started has nothing to finish."""
        stops: list[Callable[[], object]] = [self._socket.close] if self._socket is not None else []
        stops += [
            self._slack.identity.stop,
            lambda: self._openers.shutdown(wait=False),
            lambda: self._recovery.stop(timeout=0),  # what it reads now is read again after the next start
        ]
        if self._started:
            stops += [
                self._expiry.stop,
                self._approvals.stop,
                self._homes.stop,
                lambda: self._pool.stop(seconds=SECONDS_TO_FINISH),
                self._durable.stop,
                self._slack.progress_board.stop,
                self._slack.update_rate_limit.stop,
                self._anchoring.stop,
                self._signing.stop,
                self._signing.run_once,  # what has been written since is signed
                self._replica.stop,
            ]
        return stops

    def _make_core(self, redactor: Redactor) -> Core:
        slack = FrontEnd(
            directory=self._slack.directory,
            team=self._slack.identity.team,
            decided=self._approval_changed,
            stranger=lambda: self._metrics.drop("other team"),
            anchors=self._slack.anchors,
            thread_link=self._slack.thread_link,
        )
        return Core(self._holder, self._database, slack, redactor=redactor)

    def _make_pool(self) -> WorkerPool:
        return WorkerPool(
            self._inbox,
            self._handle,
            owner=self._replica.id,
            workers=WORKERS,
            now=utc_now,
            tidy=self._database.checkpoint,
            count_failure=self._metrics.count_failure,
        )

    def _make_bolt(self, secrets: SlackSecrets) -> App:
        inbox = Inbox(self._inbox, wake=self._pool.wake, repeated=lambda: self._metrics.drop("repeated"))
        return self._slack.bolt_app(
            secrets.signing_secret,
            accept=inbox.accept,
            openers=self._openers,
            home_opened=self._homes.opened,
        )

    def _make_durable_work(self) -> DurableWork:
        reporter = ProgressReporter(
            self._core.continuations, answer=self._answer, wake=self._pool.wake, now=utc_now
        )
        return DurableWork(
            self._core,
            replica=self._replica.id,
            reporter=reporter,
            count_failure=self._metrics.count_failure,
        )

    def _make_recovery(self) -> Worker:
        recovery = Recovery(
            self._core.audit,
            readers=self._core.readers,
            is_open=self._inbox.is_open,
            notify=RecoveredRequests(self._slack.outbox).show,
            now=utc_now,
        )

        def close_intents() -> None:
            recovery.close_intents(stopping=lambda: worker.stopping)

        worker = self._worker("recovery", close_intents, interval=60.0)
        return worker

    def _make_audit_workers(self) -> tuple[Worker, Worker]:
        """What signs the chain's head, and what posts it: Slack may make that slow."""
        signer = HeadSigner(
            AuditChain(self._database),
            self._core.keyring,
            post=self._slack.anchors.post,
            anchor=self._anchor_settings,
            now=utc_now,
        )

        def sign() -> None:
            signer.sign(force=signing.stopping)

        def post() -> None:
            signer.anchor()

        signing = self._worker("audit-signer", sign, interval=1.0)
        return signing, self._worker("audit-anchor", post, interval=1.0)

    def _anchor_settings(self) -> tuple[str | None, timedelta]:
        audit = self._holder.now.configuration.audit
        return audit.anchor_channel, audit.anchor_every

    def _make_approval_workers(self) -> tuple[Worker, Worker]:
        """What looks at the clock, and what shows people the changes."""
        repository = ApprovalRepository(self._database)
        expiry = ApprovalExpiry(repository=repository, changed=self._approval_changed, now=utc_now)
        outbox = ApprovalOutbox(
            repository=repository,
            announcer=self._slack.approval_cards(self._core),
            remind_before=lambda: approval_rules(self._holder.now.configuration).remind,
            now=utc_now,
        )
        return (
            self._worker("approval-expiry", expiry.apply_deadlines, interval=1.0),
            self._worker("approval-outbox", outbox.show_changes, interval=1.0),
        )

    def _worker(self, name: str, task: Callable[[], None], *, interval: float) -> Worker:
        return Worker(
            name,
            task,
            interval=interval,
            expected=(DatabaseError,),
            count_failure=self._metrics.count_failure,
        )

    def _approval_changed(self) -> None:
        """Look at once: an effect may be in the inbox, and people must see the new state."""
        self._pool.wake()
        self._approvals.wake()

    def _answer(self, request: IncomingRequest) -> Answer:
        return answer_for(request, self._slack.answer)

    def _handle(self, entry: LeasedEntry) -> None:
        request = IncomingRequest.model_validate(entry.payload | {"received": entry.received_at})
        self._pipeline.handle(request, self._answer(request), attempt=entry.attempt)

    def _checks(self) -> dict[str, Check]:
        socket = self._socket
        checks: dict[str, Check] = {
            "database": lambda: _database_problem(self._database),
            "inbox": lambda: self._pool.check() if self._started else "not started yet",
            "slack": self._slack.identity.check,
            "operations": self._core.runtime.check,
        }
        if socket is not None:
            checks["socket"] = lambda: None if socket.alive else "not connected by Socket Mode"
        return checks


def _database_problem(database: Database) -> str | None:
    try:
        database.check()
    except DatabaseError as error:
        return str(error)
    return None
