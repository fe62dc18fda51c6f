"""Every result and every intermediate state, with its view."""

from __future__ import annotations

from bot.access.authorise import WhoAmI
from bot.actions.describe import HelpPage
from bot.migration.workflow.telling import (
    MigrationEnded,
    MigrationGoesOn,
    MigrationPaused,
    MigrationProgress,
    MigrationStepDone,
)
from bot.operations.results import (
    ClusterBuilding,
    ClusterBuilt,
    ClusterCreated,
    ClusterDeleted,
    ClusterDeleting,
    ClusterVerifying,
)
from bot.policy.results import (
    ExposureShown,
    PolicyChanged,
    PolicyForm,
    PolicyListing,
    PolicyShown,
    PresetList,
    PreviewShown,
    ReachAnswer,
)
from bot.requests.approving import ApprovalAsked
from bot.services.approvals import ApprovalsShown, Decided, DecisionForm, Withdrawn
from bot.services.audit import AuditShown, AuditVerified
from bot.services.clusters import ClusterDetails, ClusterOverview
from bot.services.drivers import DriverComparison
from bot.services.migration_planning import MigrationPlanning
from bot.services.migrations import MigrationShown, MigrationsShown, MigrationSteered, RollbackAsked
from bot.slack.views import (
    approvals,
    audit,
    clusters,
    drivers,
    migrations,
    policies,
    policy_changes,
    reachability,
    talk,
    templates,
    verification,
)
from bot.slack.views.registry import Registry
from bot.templates.results import (
    TemplateChanged,
    TemplateCreated,
    TemplateDetails,
    TemplateForm,
    TemplateList,
    TemplatePlanned,
)
from bot.verification.report import VerificationProgress, VerificationSummary


def _registry() -> Registry:
    made = Registry()
    made.result(HelpPage, talk.help_page)
    made.result(WhoAmI, talk.whoami)
    made.result(DriverComparison, drivers.comparison)
    made.result(TemplateCreated, templates.created)
    made.result(TemplatePlanned, templates.planned)
    made.result(TemplateList, templates.listed)
    made.result(TemplateDetails, templates.shown)
    made.result(TemplateChanged, templates.changed)
    made.result(TemplateForm, templates.form_offered)
    made.result(ClusterOverview, clusters.listed)
    made.result(ClusterDetails, clusters.shown)
    made.result(ClusterCreated, clusters.created)
    made.result(ClusterDeleted, clusters.deleted)
    made.result(VerificationSummary, verification.summary)
    made.result(AuditShown, audit.shown)
    made.state(ClusterBuilding, clusters.building, root=clusters.building_root)
    made.state(ClusterBuilt, clusters.built)
    made.state(ClusterVerifying, clusters.verifying)
    made.state(ClusterDeleting, clusters.deleting, root=clusters.deleting_root)
    made.result(MigrationsShown, migrations.listed)
    made.result(MigrationShown, migrations.shown)
    made.result(MigrationSteered, migrations.steered)
    made.result(RollbackAsked, migrations.rollback_asked)
    made.result(MigrationEnded, migrations.ended)
    made.state(MigrationPlanning, migrations.planning)
    made.state(MigrationProgress, migrations.progress, root=migrations.progress_root)
    made.state(MigrationStepDone, migrations.step_done, root=migrations.step_root)
    made.state(MigrationPaused, migrations.paused, root=migrations.paused_root)
    made.state(MigrationGoesOn, migrations.goes_on, root=migrations.goes_on_root)
    made.result(ApprovalAsked, approvals.asked)
    made.result(ApprovalsShown, approvals.shown)
    made.result(DecisionForm, approvals.form_offered)
    made.result(Decided, approvals.decided)
    made.result(Withdrawn, approvals.withdrawn)
    made.result(PresetList, policies.presets)
    made.result(PolicyForm, policies.form_offered)
    made.result(PolicyListing, policies.listed)
    made.result(PolicyShown, policies.shown)
    made.result(PreviewShown, policy_changes.previewed)
    made.result(PolicyChanged, policy_changes.changed)
    made.result(ReachAnswer, reachability.answered)
    made.result(ExposureShown, reachability.exposed)
    made.result(AuditVerified, audit.verified)
    made.state(VerificationProgress, verification.progress)
    return made


RESULTS = _registry()
