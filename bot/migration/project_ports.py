"""One project as a migration's workflow sees it: looked up whenever it is used, so that a configuration that
is read
again counts, and a project that is gone is a problem of the step in hand."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from bot import __version__
from bot.adapters.kube.client import Kube
from bot.adapters.openstack.cloud_services import CloudServices
from bot.clusters.lifecycle.ports import ProjectCloud, ProjectClouds
from bot.clusters.projects import ProjectParts, Projects
from bot.clusters.verification import Keep, last_verification, verification_target
from bot.common.problems import Problem, Refusal
from bot.drivers.driver import Driver
from bot.drivers.verification.report import Verdict
from bot.drivers.verification.verifier import Verifier
from bot.migration.objects.digest_key_source import digest_keys
from bot.migration.objects.digest_keys import DigestKeys
from bot.migration.workflow.ports import ProjectPorts
from bot.settings import Settings
from bot.settings.file import Mappings

SECONDS = 900.0  # for one step in one cluster: a copy of some ten thousand objects

Json = dict[str, Any]


class Tools:
    """What the grounds of all projects share."""

    def __init__(
        self,
        projects: Projects,
        sites: ProjectClouds,
        settings: Callable[[], Settings],
        *,
        verifier: Verifier,
        keep: Keep,
    ) -> None:
        self.projects = projects
        self.sites = sites
        self.settings = settings
        self.verifier = verifier
        self.keep = keep
        self._services: dict[str, CloudServices] = {}
        self._lock = threading.Lock()

    def services(self, cloud: str) -> CloudServices:
        """Cinder and Neutron of a cloud; signed in once."""
        with self._lock:
            return self._services.setdefault(cloud, CloudServices(cloud))

    def ground(self, project: str, operation: str) -> ProjectPorts:
        """One project, for one operation."""
        return ProjectGround(project, operation, self)


class ProjectGround:
    """The `ProjectPorts` of one project, for one operation."""

    def __init__(self, name: str, operation: str, tools: Tools) -> None:
        self._name = name
        self._operation = operation
        self._tools = tools

    @property
    def site(self) -> ProjectCloud:
        """Its Magnum, asked for at each call."""
        return live_site(self._tools.sites, self._name, self._operation)

    @property
    def disks(self) -> CloudServices | None:
        """Its Cinder."""
        return self._services()

    @property
    def takes_snapshots(self) -> bool:
        """As the configuration in force says."""
        return self._tools.settings().configuration.migration.snapshots

    @property
    def addresses(self) -> CloudServices | None:
        """Its Neutron."""
        return self._services()

    @property
    def balancers(self) -> CloudServices | None:
        """Its Octavia."""
        return self._services()

    @property
    def mappings(self) -> Mappings:
        """As the configuration in force has them."""
        return mappings_of(self._tools.settings(), self._name)

    @property
    def keys(self) -> DigestKeys:
        """The keys of the digests of Secrets."""
        return digest_keys(self._tools.settings())

    @contextlib.contextmanager
    def connect(self, cluster: str) -> Iterator[Kube]:
        """A client for a cluster, by its id. Raises `Problem`."""
        answer = self._tools.settings().configuration.migration.answer_timeout
        with connected(self._parts(), cluster, self._operation, answer=answer) as kube:
            yield kube

    def driver_problem(self, cluster: str, driver: str) -> str:
        """What is wrong with a cluster's driver; empty if it is healthy."""
        parts = self._parts()
        target = verification_target(parts, parts.catalog.find(cluster), self._operation)
        report = self._tools.verifier.verify(target, Driver(driver))
        self._tools.keep(last_verification(report))
        if report.verdict is Verdict.HEALTHY:
            return ""
        found = report.problem or "; ".join(
            [each.title for each in report.findings[:3]]
            or [f"{each.what} not checked ({each.why})" for each in report.not_checked[:3]]
        )
        return f"{driver} on {report.cluster}: {found}"

    def _services(self) -> CloudServices | None:
        magnum = self._parts().magnum
        return self._tools.services(magnum.cloud) if magnum is not None else None

    def _parts(self) -> ProjectParts:
        return self._tools.projects.get(self._name, operation=self._operation)


class _LiveMagnum:
    """A project's Magnum that is looked up at each call, within the step that calls."""

    def __init__(self, find: Callable[[], ProjectCloud]) -> None:
        self._find = find

    def template(self, ref: str) -> Json:
        """One template."""
        return self._find().magnum.template(ref)

    def clusters(self) -> list[Json]:
        """All clusters."""
        return self._find().magnum.clusters()

    def cluster(self, ref: str) -> Json:
        """One cluster."""
        return self._find().magnum.cluster(ref)

    def create_cluster(self, values: Mapping[str, Any], *, operation: str) -> str:
        """Order one."""
        return self._find().magnum.create_cluster(values, operation=operation)

    def delete_cluster(self, cluster: str, *, operation: str) -> None:
        """Have one deleted."""
        self._find().magnum.delete_cluster(cluster, operation=operation)


def live_site(sites: ProjectClouds, project: str, operation: str) -> ProjectCloud:
    """A site whose project is looked up at each call. Never raises."""

    def find() -> ProjectCloud:
        return sites(project, operation)

    try:
        cloud = find().cloud
    except Problem:
        cloud = ""
    return ProjectCloud(
        cloud=cloud,
        magnum=_LiveMagnum(find),
        verify=lambda cluster, driver: find().verify(cluster, driver),
        forget=lambda cluster: find().forget(cluster),
    )


@contextlib.contextmanager
def connected(
    parts: ProjectParts, cluster: str, operation: str, *, answer: timedelta, seconds: float = SECONDS
) -> Iterator[Kube]:
    """A client for a cluster of a project, by its id. Raises `Problem`.

    `answer` is for each request, `seconds` for all: an API that says nothing must not hold a step for long.
    """
    found = parts.catalog.find(cluster)
    kube = Kube(
        parts.credentials.endpoint(found),
        user_agent=f"xk8s/{__version__} (operation {operation})",
        seconds=seconds,
        answer=answer.total_seconds(),
    )
    try:
        yield kube
    finally:
        kube.close()


def mappings_of(settings: Settings, project: str) -> Mappings:
    """What is called otherwise in the new clusters of a project. Raises `Refusal` if it is gone."""
    found = settings.configuration.projects.get(project)
    if found is None:
        raise Refusal(f"There is no project {project}", fix="Look at `projects` in the configuration.")
    return found.mappings
