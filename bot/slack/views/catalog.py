"""Every result and every intermediate state, with its view."""

from __future__ import annotations

from bot.access.approval_service import ApprovalDecided, ApprovalsShown, ApprovalWithdrawn, DecisionForm
from bot.access.authorisation import AccessSummary
from bot.actions.help_pages import HelpPage
from bot.audit.service import AuditShown, AuditVerified
from bot.clusters.driver_catalog import DriverComparison
from bot.clusters.lifecycle.results import (
    ClusterBuilding,
    ClusterBuilt,
    ClusterCreated,
    ClusterDeleted,
    ClusterDeleting,
    ClusterVerifying,
)
from bot.clusters.service import ClusterDetails, ClusterOverview
from bot.clusters.templates.results import (
    TemplateChanged,
    TemplateCreated,
    TemplateDetails,
    TemplateForm,
    TemplateListing,
    TemplatePlanned,
)
from bot.drivers.verification.report import VerificationProgress, VerificationSummary
from bot.migration.planning.planner import MigrationPlanning
from bot.migration.results import MigrationShown, MigrationsShown, RollbackConfirmation, SignalSent
from bot.migration.workflow.events import (
    MigrationEnded,
    MigrationPaused,
    MigrationProgress,
    MigrationResumed,
    MigrationStepDone,
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
from bot.requests.approval_gate import ApprovalPending
from bot.slack.views import (
    approvals,
    audit,
    clusters,
    drivers,
    help_pages,
    migrations,
    policies,
    policy_changes,
    reachability,
    templates,
    verification,
)
from bot.slack.views.registry import Registry


def _registry() -> Registry:
    made = Registry()
    made.result(HelpPage, help_pages.help_page)
    made.result(AccessSummary, help_pages.whoami)
    made.result(DriverComparison, drivers.comparison)
    made.result(TemplateCreated, templates.created)
    made.result(TemplatePlanned, templates.planned)
    made.result(TemplateListing, templates.listed)
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
    made.result(SignalSent, migrations.steered)
    made.result(RollbackConfirmation, migrations.rollback_asked)
    made.result(MigrationEnded, migrations.ended)
    made.state(MigrationPlanning, migrations.planning)
    made.state(MigrationProgress, migrations.progress, root=migrations.progress_root)
    made.state(MigrationStepDone, migrations.step_done, root=migrations.step_root)
    made.state(MigrationPaused, migrations.paused, root=migrations.paused_root)
    made.state(MigrationResumed, migrations.goes_on, root=migrations.goes_on_root)
    made.result(ApprovalPending, approvals.asked)
    made.result(ApprovalsShown, approvals.shown)
    made.result(DecisionForm, approvals.form_offered)
    made.result(ApprovalDecided, approvals.decided)
    made.result(ApprovalWithdrawn, approvals.withdrawn)
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
