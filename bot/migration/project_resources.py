"""What planning and the workflow share of a project: connections to its clusters, and its mappings."""

import contextlib

from bot.adapters.kube.client import KubeClient
from bot.clusters.projects import ProjectParts
from bot.common.problems import Refusal
from bot.settings import Settings
from bot.settings.mappings import Mappings


def connect(
    parts: ProjectParts, cluster: str, *, operation: str, settings: Settings, seconds: float
) -> contextlib.closing[KubeClient]:
    """Open a client for a cluster of a project, by its id, for at most so many seconds. Raises `Problem`.

    Each request has the configured time for its answer: an API server that says nothing must not hold a
    step for long.
    """
    answer = settings.configuration.migration.answer_timeout.total_seconds()
    entry = parts.catalog.find(cluster)
    return contextlib.closing(parts.connect(entry, operation=operation, seconds=seconds, answer=answer))


def project_mappings(settings: Settings, project: str) -> Mappings:
    """Return the names that differ in the new clusters of a project. Raises `Refusal` if it is gone."""
    configured = settings.configuration.projects.get(project)
    if configured is None:
        raise Refusal(f"There is no project {project}", fix="Look at `projects` in the configuration.")
    return configured.mappings
