"""What became of a change that was cut off: one small reading per action, from the target itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.actions.action import Action
from bot.actions.clusters import ClusterCreate, ClusterDelete
from bot.actions.service import Outcome, Readback, TargetReader
from bot.actions.templates import (
    TemplateCreate,
    TemplateDelete,
    TemplateHide,
    TemplatePublish,
    TemplateUnpublish,
)
from bot.clusters.cluster import Cluster, ClusterNotFound
from bot.clusters.projects import ProjectParts, Projects
from bot.clusters.templates.results import Template, TemplateNotFound
from bot.clusters.templates.service import wish_of
from storage.audit import AuditEvent

CLOCKS = timedelta(minutes=2)  # how far Magnum's clock may be behind ours

Reading = Callable[[ProjectParts, Action, AuditEvent], Readback]


@dataclasses.dataclass(frozen=True)
class TargetReaders:
    """The readings of templates and clusters."""

    projects: Projects

    def all(self) -> dict[str, TargetReader]:
        """Every reading, by action."""
        readings: dict[str, Reading] = {
            TemplateCreate.name: template_created,
            TemplatePublish.name: lambda parts, action, _: _template_is(
                parts, action, "public", lambda t: t.public
            ),
            TemplateUnpublish.name: lambda parts, action, _: _template_is(
                parts, action, "not public", lambda t: not t.public
            ),
            TemplateHide.name: lambda parts, action, _: _template_is(
                parts, action, "hidden", lambda t: t.hidden
            ),
            TemplateDelete.name: template_deleted,
            ClusterCreate.name: cluster_created,
            ClusterDelete.name: cluster_deleted,
        }
        return {name: self._reader(reading) for name, reading in readings.items()}

    def _reader(self, reading: Reading) -> TargetReader:
        def read(intent: AuditEvent, /) -> Readback:
            parts = self.projects.get(intent.project, operation=intent.operation)
            action = Action.decode({"action": intent.action, "arguments": intent.arguments})
            return reading(parts, action, intent)

        return read


def template_created(parts: ProjectParts, action: Action, intent: AuditEvent) -> Readback:
    """A template of the wished name and kind that is not older than the intent is what the request made."""
    assert isinstance(action, TemplateCreate)  # noqa: S101 - the registry's promise
    name, same, others = parts.templates().made(wish_of(action))
    if any(_since(found.created, intent.at) for found in same):
        return Readback(
            outcome=Outcome.SUCCEEDED, detail=f"cut off, but the template {name} was created", target=name
        )
    if same or any(_since(found.created, intent.at) for found in others):
        detail = f"cut off; a template {name} is there: see `/xk8s template show {name}` whether it is yours"
        return Readback(outcome=Outcome.UNKNOWN, detail=detail, target=name)
    was = "a template of that name was there before" if others else f"there is no template {name}"
    return Readback(outcome=Outcome.FAILED, detail=f"cut off before anything was created: {was}", target=name)


def template_deleted(parts: ProjectParts, action: Action, _intent: AuditEvent) -> Readback:
    """A template that is gone was deleted."""
    name = action.target
    try:
        parts.templates().show(name)
    except TemplateNotFound:
        return Readback(outcome=Outcome.SUCCEEDED, detail=f"cut off, but the template {name} is gone")
    return Readback(outcome=Outcome.FAILED, detail=f"cut off: the template {name} is still there")


def cluster_created(parts: ProjectParts, action: Action, intent: AuditEvent) -> Readback:
    """A cluster of that name that is not older than the intent is what the request made; its status is
    its end.
    """
    name = action.target
    try:
        found = parts.catalog.find(name)
    except ClusterNotFound:
        return Readback(
            outcome=Outcome.FAILED, detail=f"cut off before anything was created: there is no cluster {name}"
        )
    if not _since(found.created, intent.at):
        return Readback(outcome=Outcome.FAILED, detail=f"cut off: the cluster {name} was there before")
    return _by_status(found, "CREATE")


def cluster_deleted(parts: ProjectParts, action: Action, _intent: AuditEvent) -> Readback:
    """A cluster that is gone was deleted."""
    name = action.target
    try:
        found = parts.catalog.find(name)
    except ClusterNotFound:
        return Readback(outcome=Outcome.SUCCEEDED, detail=f"cut off, but the cluster {name} is gone")
    if not found.status.startswith("DELETE"):
        return Readback(
            outcome=Outcome.FAILED, detail=f"cut off: the cluster {name} is still there, {found.status}"
        )
    return _by_status(found, "DELETE")


def _template_is(
    parts: ProjectParts, action: Action, state: str, holds: Callable[[Template], bool]
) -> Readback:
    try:
        found = parts.templates().show(action.target).template
    except TemplateNotFound as gone:
        return Readback(outcome=Outcome.FAILED, detail=f"cut off: {gone.what}")
    if holds(found):
        return Readback(
            outcome=Outcome.SUCCEEDED, detail=f"cut off, but the template {found.name} is {state}"
        )
    return Readback(
        outcome=Outcome.FAILED,
        detail=f"cut off: the template {found.name} is not {state}".replace("not not ", ""),
    )


def _by_status(cluster: Cluster, doing: str) -> Readback:
    said = f"cut off; the cluster {cluster.name} is {cluster.status}"
    if cluster.status == f"{doing}_FAILED":
        reason = f": {cluster.status_reason}" if cluster.status_reason else ""
        return Readback(outcome=Outcome.FAILED, detail=f"{said}{reason}")
    if cluster.status.endswith("_COMPLETE"):
        return Readback(outcome=Outcome.SUCCEEDED, detail=said)
    return Readback(outcome=Outcome.UNKNOWN, detail=f"{said}: see `/xk8s cluster show {cluster.name}`")


def _since(made: datetime | None, intent: datetime) -> bool:
    return made is not None and made >= intent - CLOCKS
