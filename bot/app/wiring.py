"""Joins the parts of all domains into what every entry of the process uses: Slack, and the terminal."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from bot.access import help_service
from bot.access.approvals import Approvals
from bot.access.authorisation import Authoriser
from bot.access.directory import Directory
from bot.access.help_service import HelpServices
from bot.actions import grammar
from bot.actions.routes import Routes
from bot.actions.service import TargetReader
from bot.adapters.durable.outcomes import OutcomeCodec
from bot.adapters.durable.runtime import Runtime
from bot.app import parts, workflows
from bot.app.access_rules import home_channel
from bot.app.clock import utc_now
from bot.app.parts import Shared
from bot.audit.log import AuditLog
from bot.audit.service import Anchors, NoAnchors
from bot.audit.signatures import Keyring
from bot.clusters.lifecycle import results
from bot.common.redaction import Redactor
from bot.migration.workflow import events
from bot.requests.approval_gate import ApprovalGate
from bot.requests.long_running import LongRunningOperations, WorkflowStarter
from bot.requests.pipeline import RequestPipeline
from bot.requests.ports import Attachments, Offers
from bot.settings.holder import SettingsHolder
from storage.continuations import ContinuationRepository
from storage.database import Database


@dataclasses.dataclass(frozen=True, kw_only=True)
class Core:
    """The parts that every entry uses."""

    holder: SettingsHolder
    database: Database
    audit: AuditLog
    keyring: Keyring
    authoriser: Authoriser
    approvals: Approvals
    routes: Routes
    readers: Mapping[str, TargetReader]  # by the name of the action, for intents that a crash left open
    runtime: Runtime
    codec: OutcomeCodec  # of the ends of workflows

    @property
    def continuations(self) -> ContinuationRepository:
        """The requests that a workflow has."""
        return ContinuationRepository(self.database)

    def pipeline(
        self, offers: Offers, attachments: Attachments | None = None, work: WorkflowStarter | None = None
    ) -> RequestPipeline:
        """Return a pipeline whose buttons mean what `offers` says; `work` runs workflows, by default the
        runtime of this process.
        """
        approvals = ApprovalGate(
            self.approvals,
            routes=self.routes,
            deciders=self.authoriser.deciders,
            home_channel=lambda project: home_channel(self.holder.now.configuration, project),
            now=utc_now,
        )
        long_running = LongRunningOperations(
            self.continuations,
            audit=self.audit,
            work=work or self.runtime,
            decode=self.codec.decode,
            now=utc_now,
        )
        return RequestPipeline(
            parse=grammar.parse,
            offers=offers,
            approvals=approvals,
            access=self.authoriser,
            audit=self.audit,
            routes=self.routes,
            long_running=long_running,
            attachments=attachments,
        )


def build(
    holder: SettingsHolder,
    database: Database,
    *,
    directory: Directory,
    team: Callable[[], str],
    decided: Callable[[], None] = lambda: None,
    stranger: Callable[[], None] = lambda: None,
    anchors: Anchors | None = None,
    redactor: Redactor | None = None,
    thread_link: Callable[[str], str] = lambda _operation: "",
) -> Core:
    """Wire the parts; nothing is connected yet but the database.

    `decided` is called when an approval changes, `stranger` for a request of another workspace. `thread_link`
    leads to the thread of an operation; where there are no threads, nowhere.
    """
    shared = Shared(holder=holder, database=database, redactor=redactor or Redactor())
    shared.redactor.learn_all(holder.now)
    access = parts.access_parts(shared, directory, team=team, stranger=stranger, decided=decided)
    audit = parts.audit_parts(shared, access.authoriser, anchors or NoAnchors())
    clusters = parts.cluster_parts(shared)
    tools = parts.migration_tools(shared, clusters)
    help_services = HelpServices(access.authoriser, lambda: frozenset(kind.name for kind in routes))
    routes = Routes.joined(
        help_service.routes(help_services),
        clusters.routes,
        parts.policy_routes(shared, clusters.projects, access.approvals),
        parts.migration_routes(shared, tools, access.approvals, thread_link),
        access.routes,
        audit.routes,
    )
    codec = OutcomeCodec(results.KINDS | events.KINDS)
    runtime = workflows.runtime(shared, codec)
    decisions = workflows.decisions(shared, access.approvals, access.authoriser.deciders)
    workflows.register_cluster_workflows(runtime, shared, clusters.clouds)
    workflows.register_migration_workflow(runtime, shared, tools, decisions)
    return Core(
        holder=holder,
        database=database,
        audit=audit.log,
        keyring=audit.keyring,
        authoriser=access.authoriser,
        approvals=access.approvals,
        routes=routes,
        readers=routes.readers() | audit.readers,
        runtime=runtime,
        codec=codec,
    )
