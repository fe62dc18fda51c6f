"""The bot as one process: where the parts are wired together, started and stopped in order."""

from __future__ import annotations

import logging
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge
from pydantic import SecretStr
from starlette.types import ASGIApp

from bot.access.roles import Role
from bot.actions import grammar
from bot.actions.request import IncomingRequest
from bot.app import http_servers, logs, wiring
from bot.app.admin import Check, admin_app
from bot.app.configuration import load
from bot.app.durable import DurableWork
from bot.app.replica import Replica
from bot.audit.head_signer import HeadSigner
from bot.common.problems import Refusal
from bot.common.redaction import Redactor
from bot.requests.approval_outbox import ApprovalOutbox
from bot.requests.home_page import HomeService
from bot.requests.inbox import Inbox
from bot.requests.long_running import ProgressReporter, answer_for
from bot.requests.recovery import Recovery
from bot.requests.worker_pool import WorkerPool
from bot.settings.holder import SettingsHolder
from bot.slack.attachments import SlackAttachments
from bot.slack.audit_anchors import SlackAnchors
from bot.slack.bolt_app import build_app
from bot.slack.delivery.answers import SlackAnswer
from bot.slack.delivery.app_homes import AppHomes
from bot.slack.delivery.approval_cards import ApprovalCards
from bot.slack.delivery.outbox import Outbox
from bot.slack.delivery.progress import ProgressBoard
from bot.slack.delivery.update_rate_limit import UpdateRateLimit
from bot.slack.delivery.web_client import SlackWebClient, idempotent_client
from bot.slack.directory import SlackDirectory
from bot.slack.http_mode import slack_endpoint
from bot.slack.identity import SlackIdentity
from bot.slack.intake import Intake
from bot.slack.message_slots import MessageSlots
from bot.slack.offers import SlackOffers
from bot.slack.recovered_requests import RecoveredRequests
from bot.slack.socket_mode import SocketModeConnection
from storage.approvals import ApprovalRepository
from storage.audit import AuditRepository
from storage.audit_chain import AuditChain
from storage.cluster_migrations import ClusterMigrationRepository
from storage.continuations import ContinuationRepository
from storage.database import Database, DatabaseError
from storage.deliveries import DeliveryRepository
from storage.homes import HomeRepository
from storage.inbox import InboxRepository, LeasedEntry
from storage.offers import OfferRepository
from storage.replicas import ReplicaRepository
from storage.updates import UpdateRepository
from storage.verifications import VerificationRepository

log = structlog.get_logger(__name__)

WORKERS = 12  # requests handled at once; most of the time each waits for a server
SWITCH_SECONDS = 0.0005  # how long a working thread keeps an acknowledging one waiting (Python: 0.005)
SECONDS_TO_FINISH = 20.0  # for what is being worked on when the process is told to stop


class MissingSetting(Refusal):
    """A setting that this mode needs is not there."""


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
        settings = holder.now
        redactor.learn_all(settings)
        token = _needed(settings.slack_bot_token, "SLACK_BOT_TOKEN")
        secret = _needed(settings.slack_signing_secret, "SLACK_SIGNING_SECRET") if http else ""
        app_token = "" if http else _needed(settings.slack_app_token, "SLACK_APP_TOKEN")
        self._registry = CollectorRegistry()
        self._dropped = Counter(
            "xk8s_slack_dropped", "What was delivered and not taken", ["reason"], registry=self._registry
        )
        self._database = wiring.open_database(holder)
        if unshared := wiring.unshared_key(settings, self._database):
            log.warning("replicas have no key in common", why=unshared)
        self._replica = Replica(settings, ReplicaRepository(self._database), now=wiring.utc_now)
        web = SlackWebClient(token=token, base_url=settings.slack_api_url, redactor=redactor)
        self._identity = SlackIdentity(web)
        directory = SlackDirectory(web, team=self._identity.team)
        anchors = SlackAnchors(
            web, bot=self._identity.bot_user, channel=lambda: holder.now.configuration.audit.anchor_channel
        )
        self._core = wiring.build(
            holder,
            self._database,
            directory=directory,
            team=self._identity.team,
            decided=lambda: self._keeper.changed(),
            stranger=lambda: self._drop("other team"),
            anchors=anchors,
            redactor=redactor,
            thread_link=lambda operation: self._thread_link(web, operation),
        )
        self._audit_keeper = self._make_audit_keeper(anchors)
        self._offers = SlackOffers(OfferRepository(self._database))
        self._handler = self._core.handler(self._offers, SlackAttachments(web))
        self._budget = UpdateRateLimit(
            UpdateRepository(self._database),
            web,
            replica=self._replica.id,
            now=wiring.utc_now,
            per_minute=lambda: holder.now.configuration.slack.updates_per_minute,
        )
        self._outbox = Outbox(
            web, MessageSlots(DeliveryRepository(self._database), now=wiring.utc_now), self._budget
        )
        self._board = ProgressBoard(
            self._budget,
            is_shown=lambda operation: self._outbox.shown(operation, "answer"),
            is_over=self._core.continuations.ended,
            monotonic=time.monotonic,
        )
        self._answer = self._make_answer(web, redactor)
        self._inbox = InboxRepository(self._database)
        self._pool = WorkerPool(
            self._inbox,
            self._work,
            owner=self._replica.id,
            workers=WORKERS,
            now=wiring.utc_now,
            tidy=self._database.checkpoint,
        )
        self._durable = DurableWork(
            self._core,
            self._database,
            me=self._replica.id,
            reporter=ProgressReporter(
                self._core.continuations,
                answer=lambda request: answer_for(request, self._answer),
                wake=self._pool.wake,
                now=wiring.utc_now,
            ),
        )
        self._recovery = Recovery(
            self._core.audit,
            readers=self._core.readers,
            is_open=self._inbox.is_open,
            tell=RecoveredRequests(self._outbox).tell,
            now=wiring.utc_now,
        )
        self._keeper = self._make_keeper(web, directory)
        self._homes = self._make_homes(web)
        self._openers = ThreadPoolExecutor(2, thread_name_prefix="form")
        intake = Intake(
            accept=Inbox(self._inbox, wake=self._pool.wake, repeated=lambda: self._drop("repeated")).accept,
            parse=grammar.parse,
            web=web,
            openers=self._openers,
        )
        client = idempotent_client(token, settings.slack_api_url)
        bolt = build_app(
            identity=self._identity,
            client=client,
            signing_secret=secret,
            intake=intake,
            home_opened=self._homes.opened,
            logger=logging.getLogger("slack_bolt"),
        )
        self._socket = (
            None
            if http
            else SocketModeConnection(
                bolt,
                app_token=app_token,
                web_client=client,
                logger=logging.getLogger("slack_bolt.socket_mode"),
            )
        )
        self.endpoint: ASGIApp = slack_endpoint(bolt, dropped=self._drop)
        self.admin: ASGIApp = admin_app(checks=self._checks(), metrics=self._metrics())
        self._started = False

    def _thread_link(self, web: SlackWebClient, operation: str) -> str:
        """Where an operation is answered; empty if that is nowhere in Slack."""
        kept = self._core.continuations.get(operation)
        if kept is None:
            return ""
        request = IncomingRequest.model_validate(kept.request)
        ts = request.place.thread or self._outbox.thread_of(request.continues or request.operation)
        return web.permalink(channel=request.place.channel, ts=ts) if ts and request.place.channel else ""

    def _make_answer(self, web: SlackWebClient, redactor: Redactor) -> SlackAnswer:
        return SlackAnswer(
            web=web,
            outbox=self._outbox,
            board=self._board,
            redactor=redactor,
            make_offer=lambda request, project, button: self._offers.make(
                request, project, button, now=wiring.utc_now()
            ),
            keep_offer=lambda request, project, action: self._offers.keep(
                request, project, action, now=wiring.utc_now()
            ),
        )

    def _make_audit_keeper(self, anchors: SlackAnchors) -> HeadSigner:
        def anchoring() -> tuple[str | None, timedelta]:
            wanted = self._core.holder.now.configuration.audit
            return wanted.anchor_channel, wanted.anchor_every

        return HeadSigner(
            AuditChain(self._database),
            self._core.keyring,
            post=anchors.post,
            anchor=anchoring,
            now=wiring.utc_now,
        )

    def _make_keeper(self, web: SlackWebClient, directory: SlackDirectory) -> ApprovalOutbox:
        announcer = ApprovalCards(
            web=web,
            outbox=self._outbox,
            directory=directory,
            deciders=self._core.authoriser.deciders,
            keep_offer=lambda operation, action, project, channel, thread: self._offers.keep_at(
                operation, action, project=project, channel=channel, thread=thread, now=wiring.utc_now()
            ),
        )
        return ApprovalOutbox(
            ApprovalRepository(self._database),
            announcer,
            wake=self._pool.wake,
            now=wiring.utc_now,
            remind=lambda: wiring.approval_rules(self._core.holder.now.configuration).remind,
        )

    def _make_homes(self, web: SlackWebClient) -> AppHomes:
        def roles(person: str) -> dict[str, dict[Role, str]]:
            return self._core.authoriser.home_roles(person, self._identity.team())

        service = HomeService(
            approvals=ApprovalRepository(self._database),
            continuations=ContinuationRepository(self._database),
            verifications=VerificationRepository(self._database),
            migrations=ClusterMigrationRepository(self._database),
            audit=AuditRepository(self._database),
            roles=roles,
        )
        return AppHomes(
            HomeRepository(self._database),
            web=web,
            page=service.page,
            now=wiring.utc_now,
            keep_offer=lambda person, button: self._offers.keep_at(
                f"home:{person}",
                button.action,
                project=button.action.project,
                channel="",
                thread="",
                now=wiring.utc_now(),
            ),
        )

    def start(self) -> None:
        """Claim the replica id, take up what a crash left, and connect to Slack."""
        self._replica.start()
        self._identity.start()
        self._budget.start()
        self._board.start()
        self._pool.start()
        self._recovery.start()
        self._audit_keeper.start()
        self._keeper.start()
        self._homes.start()
        self._started = True
        if self._socket is not None:
            self._socket.start(
                on_failure=lambda error: log.warning("no connection to Slack yet", why=str(error))
            )
        self._durable.start()  # imports much: last, so that nothing else waits for it
        log.info(
            "started", replica=self._replica.id, projects=sorted(self._core.holder.now.configuration.projects)
        )

    def stop(self) -> None:
        """Take nothing more, finish what can be finished, give the rest back."""
        if self._socket is not None:
            self._socket.close()
        self._identity.stop()
        self._openers.shutdown(wait=False)
        self._recovery.stop()
        if self._started:
            self._keeper.stop()
            self._homes.stop()
            self._pool.stop(seconds=SECONDS_TO_FINISH)
            self._durable.stop()
            self._board.stop()
            self._budget.stop()
            self._audit_keeper.stop()
            self._replica.stop()
        self._database.dispose()
        log.info("stopped")

    def _work(self, entry: LeasedEntry) -> None:
        request = IncomingRequest.model_validate(entry.payload | {"received": entry.received_at})
        self._handler.handle(request, answer_for(request, self._answer), attempt=entry.attempt)

    def _checks(self) -> dict[str, Check]:
        socket = self._socket

        def connected() -> str | None:
            if socket is not None and not socket.alive:
                return "not connected by Socket Mode"
            return None

        return {
            "database": lambda: _database_problem(self._database),
            "inbox": lambda: self._pool.check() if self._started else "not started yet",
            "slack": self._identity.check,
            "operations": self._core.runtime.check,
            **({"socket": connected} if socket is not None else {}),
        }

    def _drop(self, reason: str) -> None:
        self._dropped.labels(reason=reason).inc()

    def _metrics(self) -> CollectorRegistry:
        registry = self._registry
        waiting = Gauge("xk8s_requests_waiting", "Requests that nobody works on yet", registry=registry)
        leased = Gauge("xk8s_requests_leased", "Requests that are being worked on", registry=registry)
        waiting.set_function(lambda: self._inbox.backlog().waiting)
        leased.set_function(lambda: self._inbox.backlog().leased)
        continued = Gauge("xk8s_requests_continued", "Requests whose durable work goes on", registry=registry)
        continued.set_function(lambda: self._inbox.backlog().continued)
        return registry


def _needed(secret: SecretStr | None, name: str) -> str:
    if secret is None:
        raise MissingSetting(f"{name} is not set", fix="See docs/configuration.md and `xk8s doctor`.")
    return secret.get_secret_value()


def _database_problem(database: Database) -> str | None:
    try:
        database.check()
    except DatabaseError as error:
        return str(error)
    return None
