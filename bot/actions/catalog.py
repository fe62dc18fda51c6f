"""Every action there is, in the order of the help."""

from __future__ import annotations

from bot.actions.action import Action
from bot.actions.approvals import ApprovalsList, ApprovalsWithdraw
from bot.actions.audit import AuditList, AuditVerify
from bot.actions.clusters import ClusterCreate, ClusterDelete, ClusterList, ClusterShow
from bot.actions.drivers import DriverList, DriverShow
from bot.actions.help_words import Help, WhoAmI
from bot.actions.migrations import (
    MigrateCancel,
    MigrateList,
    MigratePause,
    MigrateResume,
    MigrateRollback,
    MigrateShow,
    MigrateStart,
)
from bot.actions.policies import (
    PolicyApply,
    PolicyDelete,
    PolicyList,
    PolicyPresets,
    PolicyPreview,
    PolicyReach,
    PolicyRollback,
    PolicyShow,
)
from bot.actions.templates import (
    TemplateCreate,
    TemplateDelete,
    TemplateHide,
    TemplateList,
    TemplatePublish,
    TemplateShow,
    TemplateUnpublish,
)
from bot.actions.verification import Diagnose, Verify, WatchList, WatchStart, WatchStop

ACTIONS: tuple[type[Action], ...] = (
    Help,
    WhoAmI,
    DriverList,
    DriverShow,
    TemplateCreate,
    TemplateList,
    TemplateShow,
    TemplatePublish,
    TemplateUnpublish,
    TemplateHide,
    TemplateDelete,
    ClusterList,
    ClusterShow,
    ClusterCreate,
    ClusterDelete,
    Verify,
    Diagnose,
    WatchStart,
    WatchList,
    WatchStop,
    PolicyPresets,
    PolicyList,
    PolicyShow,
    PolicyPreview,
    PolicyApply,
    PolicyDelete,
    PolicyRollback,
    PolicyReach,
    MigrateStart,
    MigrateList,
    MigrateShow,
    MigratePause,
    MigrateResume,
    MigrateCancel,
    MigrateRollback,
    ApprovalsList,
    ApprovalsWithdraw,
    AuditList,
    AuditVerify,
)

BY_PATH: dict[tuple[str, ...], type[Action]] = {action.path: action for action in ACTIONS}
TOPICS: tuple[str, ...] = tuple(dict.fromkeys(action.path[0] for action in ACTIONS))
