"""The Slack side of a serving process: the Web API, what is shown there, and where requests come from."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor

from pydantic import SecretStr
from slack_bolt import App

from bot.actions import grammar
from bot.actions.request import IncomingRequest
from bot.app.clock import utc_now
from bot.app.wiring import Core
from bot.common.problems import Refusal
from bot.common.redaction import Redactor
from bot.requests.home_page import HomeService
from bot.settings import Settings
from bot.settings.holder import SettingsHolder
from bot.slack.bolt_app import build_app
from bot.slack.delivery.answers import SlackAnswer
from bot.slack.delivery.app_homes import AppHomes
from bot.slack.delivery.approval_cards import ApprovalCards
from bot.slack.delivery.audit_anchors import SlackAnchors
from bot.slack.delivery.outbox import Outbox
from bot.slack.delivery.progress import ProgressBoard
from bot.slack.delivery.update_rate_limit import UpdateRateLimit
from bot.slack.delivery.web_client import SlackWebClient, idempotent_client
from bot.slack.directory import SlackDirectory
from bot.slack.identity import SlackIdentity
from bot.slack.intake import Intake
from bot.slack.offers import SlackOffers
from bot.slack.socket_mode import SocketModeConnection
from storage.app_homes import AppHomeRepository
from storage.approvals import ApprovalRepository
from storage.audit_events import AuditEventRepository
from storage.button_actions import ButtonActionRepository
from storage.cluster_migrations import ClusterMigrationRepository
from storage.database import Database
from storage.deliveries import DeliveryRepository
from storage.long_running_operations import LongRunningOperationRepository
from storage.updates import UpdateRepository
from storage.verifications import VerificationRepository


class MissingSetting(Refusal):
    """A setting that this mode needs is not there."""


class SlackSecrets:
    """The tokens that a mode needs, taken from the settings. Raises `MissingSetting`."""

    def __init__(self, settings: Settings, *, http: bool) -> None:
        self.bot_token = _secret(settings.slack_bot_token, "SLACK_BOT_TOKEN")
        self.signing_secret = _secret(settings.slack_signing_secret, "SLACK_SIGNING_SECRET") if http else ""
        self.app_token = "" if http else _secret(settings.slack_app_token, "SLACK_APP_TOKEN")


class SlackParts:
    """What is shown in Slack. Nothing here is connected before it is started."""

    def __init__(
        self, holder: SettingsHolder, database: Database, token: str, *, replica: str, redactor: Redactor
    ) -> None:
        self._database = database
        self._continuations = LongRunningOperationRepository(database)
        self.web = SlackWebClient(token=token, base_url=holder.now.slack_api_url, redactor=redactor)
        self.bolt_client = idempotent_client(token, holder.now.slack_api_url)
        self.identity = SlackIdentity(self.web)
        self.directory = SlackDirectory(self.web, team=self.identity.team)
        self.anchors = SlackAnchors(
            self.web,
            bot=self.identity.bot_user,
            channel=lambda: holder.now.configuration.audit.anchor_channel,
        )
        self.offers = SlackOffers(ButtonActionRepository(database), now=utc_now)
        self.update_rate_limit = UpdateRateLimit(
            UpdateRepository(database),
            self.web,
            replica=replica,
            now=utc_now,
            per_minute=lambda: holder.now.configuration.slack.updates_per_minute,
        )
        deliveries = DeliveryRepository(database)
        self.outbox = Outbox(self.web, deliveries, self.update_rate_limit, now=utc_now)
        self.progress_board = self._make_progress_board()
        self.answer = self._make_answer(redactor)

    def thread_link(self, operation: str) -> str:
        """Return the link to where an operation is answered; empty if that is nowhere in Slack."""
        continuation = self._continuations.get(operation)
        if continuation is None:
            return ""
        request = IncomingRequest.model_validate(continuation.request)
        channel = request.place.channel
        ts = request.place.thread or self.outbox.thread_of(request.continues or request.operation)
        return self.web.permalink(channel=channel, ts=ts) if ts and channel else ""

    def _make_progress_board(self) -> ProgressBoard:
        return ProgressBoard(
            self.update_rate_limit,
            is_shown=lambda operation: self.outbox.is_posted(operation, "answer"),
            is_over=self._continuations.has_outcome,
            monotonic=time.monotonic,
        )

    def _make_answer(self, redactor: Redactor) -> SlackAnswer:
        return SlackAnswer(
            web=self.web,
            outbox=self.outbox,
            board=self.progress_board,
            redactor=redactor,
            offers=self.offers,
        )

    def approval_cards(self, core: Core) -> ApprovalCards:
        """Return what shows approvals to those who decide."""
        return ApprovalCards(
            web=self.web,
            outbox=self.outbox,
            directory=self.directory,
            deciders=core.authoriser.deciders,
            offers=self.offers,
        )

    def app_homes(self, core: Core) -> AppHomes:
        """Return what keeps the App Homes that people look at up to date."""
        return AppHomes(
            AppHomeRepository(self._database),
            web=self.web,
            page=self._home_service(core).page,
            now=utc_now,
            offers=self.offers,
        )

    def _home_service(self, core: Core) -> HomeService:
        return HomeService(
            approvals=ApprovalRepository(self._database),
            continuations=self._continuations,
            verifications=VerificationRepository(self._database),
            migrations=ClusterMigrationRepository(self._database),
            audit=AuditEventRepository(self._database),
            roles=lambda person: core.authoriser.home_roles(person, self.identity.team()),
        )

    def bolt_app(
        self,
        signing_secret: str,
        *,
        accept: Callable[[IncomingRequest], bool],
        openers: Executor,
        home_opened: Callable[[str], None],
    ) -> App:
        """Return the Bolt app whose listeners store what Slack delivers."""
        return build_app(
            identity=self.identity,
            client=self.bolt_client,
            signing_secret=signing_secret,
            intake=Intake(accept=accept, parse=grammar.parse, web=self.web, openers=openers),
            home_opened=home_opened,
            logger=logging.getLogger("slack_bolt"),
        )

    def socket_connection(self, bolt: App, app_token: str) -> SocketModeConnection:
        """Return the connection over which Socket Mode delivers to a Bolt app."""
        return SocketModeConnection(
            bolt,
            app_token=app_token,
            web_client=self.bolt_client,
            logger=logging.getLogger("slack_bolt.socket_mode"),
        )


def _secret(secret: SecretStr | None, name: str) -> str:
    if secret is None:
        raise MissingSetting(f"{name} is not set", fix="See docs/configuration.md and `xk8s doctor`.")
    return secret.get_secret_value()
