"""Reads from the target itself what became of a change whose request was cut off by a crash.

There is one function for each action; it changes nothing. What cannot be told for sure is UNKNOWN, with what
to look at.
"""

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.actions import templates
from bot.actions.action import Action
from bot.actions.clusters import ClusterCreate, ClusterDelete
from bot.actions.service import Outcome, Readback, TargetReader
from bot.clusters.cluster import Cluster, ClusterNotFound
from bot.clusters.projects import ProjectParts, Projects
from bot.clusters.templates.results import Template, TemplateNotFound
from bot.clusters.templates.service import to_request
from storage.audit_events import AuditEvent

CLOCK_SKEW = timedelta(minutes=2)  # how far Magnum's clock may be behind ours

Reader = Callable[[ProjectParts, Action, AuditEvent], Readback]


@dataclasses.dataclass(frozen=True)
class TargetReaders:
    """The readers of templates and clusters."""

    projects: Projects

    def all(self) -> dict[str, TargetReader]:
        """Return the readers by the action's name."""
        readers: dict[str, Reader] = {
            templates.TemplateCreate.name: read_template_creation,
            templates.TemplatePublish.name: _flag_reader("public", lambda template: template.public),
            templates.TemplateUnpublish.name: _flag_reader(
                "not public", lambda template: not template.public
            ),
            templates.TemplateHide.name: _flag_reader("hidden", lambda template: template.hidden),
            templates.TemplateDelete.name: read_template_deletion,
            ClusterCreate.name: read_cluster_creation,
            ClusterDelete.name: read_cluster_deletion,
        }
        return {name: self._bind(reader) for name, reader in readers.items()}

    def _bind(self, reader: Reader) -> TargetReader:
        def read(intent: AuditEvent, /) -> Readback:
            parts = self.projects.get(intent.project, operation=intent.operation)
            action = Action.decode({"action": intent.action, "arguments": intent.arguments})
            return reader(parts, action, intent)

        return read


def read_template_creation(parts: ProjectParts, action: Action, intent: AuditEvent) -> Readback:
    """A template that is exactly the requested one, and not older than the intent, comes from the request."""
    assert isinstance(action, templates.TemplateCreate)  # noqa: S101 - registered for it
    name, same, namesakes = parts.templates().find_created(to_request(action))
    if any(_is_since(template.created, intent.at) for template in same):
        detail = f"cut off, but the template {name} was created"
        return Readback(outcome=Outcome.SUCCEEDED, detail=detail, target=name)
    if same or any(_is_since(template.created, intent.at) for template in namesakes):
        detail = f"cut off; a template {name} is there: see `/xk8s template show {name}` whether it is yours"
        return Readback(outcome=Outcome.UNKNOWN, detail=detail, target=name)
    why = "a template of that name was there before" if namesakes else f"there is no template {name}"
    return Readback(outcome=Outcome.FAILED, detail=f"cut off before anything was created: {why}", target=name)


def read_template_deletion(parts: ProjectParts, action: Action, _intent: AuditEvent) -> Readback:
    """A template that does not exist was deleted."""
    try:
        parts.templates().show(action.target)
    except TemplateNotFound:
        return _succeeded(f"the template {action.target} is gone")
    return _failed(f": the template {action.target} is still there")


def _flag_reader(state: str, holds: Callable[[Template], bool]) -> Reader:
    """Return the reader of a change that a template's own state shows."""

    def read(parts: ProjectParts, action: Action, _intent: AuditEvent) -> Readback:
        try:
            template = parts.templates().show(action.target).template
        except TemplateNotFound as error:
            return _failed(f": {error.what}")
        if holds(template):
            return _succeeded(f"the template {template.name} is {state}")
        return _failed(f": the template {template.name} is not {state}".replace("not not ", ""))

    return read


def read_cluster_creation(parts: ProjectParts, action: Action, intent: AuditEvent) -> Readback:
    """A cluster of that name that is not older than the intent comes from the request; its status tells."""
    try:
        cluster = parts.catalog.find(action.target)
    except ClusterNotFound:
        return _failed(f" before anything was created: there is no cluster {action.target}")
    if not _is_since(cluster.created, intent.at):
        return _failed(f": the cluster {action.target} was there before")
    return _by_status(cluster, "CREATE")


def read_cluster_deletion(parts: ProjectParts, action: Action, _intent: AuditEvent) -> Readback:
    """A cluster that does not exist was deleted; otherwise its status tells."""
    try:
        cluster = parts.catalog.find(action.target)
    except ClusterNotFound:
        return _succeeded(f"the cluster {action.target} is gone")
    if not cluster.status.startswith("DELETE"):
        return _failed(f": the cluster {action.target} is still there, {cluster.status}")
    return _by_status(cluster, "DELETE")


def _by_status(cluster: Cluster, change: str) -> Readback:
    detail = f"cut off; the cluster {cluster.name} is {cluster.status}"
    if cluster.status == f"{change}_FAILED":
        reason = f": {cluster.status_reason}" if cluster.status_reason else ""
        return Readback(outcome=Outcome.FAILED, detail=f"{detail}{reason}")
    if cluster.status.endswith("_COMPLETE"):
        return Readback(outcome=Outcome.SUCCEEDED, detail=detail)
    return Readback(outcome=Outcome.UNKNOWN, detail=f"{detail}: see `/xk8s cluster show {cluster.name}`")


def _succeeded(detail: str) -> Readback:
    return Readback(outcome=Outcome.SUCCEEDED, detail=f"cut off, but {detail}")


def _failed(detail: str) -> Readback:
    return Readback(outcome=Outcome.FAILED, detail=f"cut off{detail}")


def _is_since(created: datetime | None, intent: datetime) -> bool:
    return created is not None and created >= intent - CLOCK_SKEW
