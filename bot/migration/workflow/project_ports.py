"""The ports of one project: its cloud, its clusters and its settings, looked up whenever they are used."""

import dataclasses
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from bot.adapters.kube.client import KubeClient
from bot.adapters.openstack.cloud_services import CloudServices
from bot.clusters.lifecycle.ports import ProjectCloud, ProjectClouds
from bot.clusters.projects import ProjectParts, Projects
from bot.clusters.verification import StoreVerification, last_verification, verification_target
from bot.common.problems import Problem
from bot.drivers.driver import Driver
from bot.drivers.verification.report import Verdict
from bot.drivers.verification.verifier import Verifier
from bot.migration.objects.digest_key_source import digest_keys
from bot.migration.objects.digest_keys import DigestKeys
from bot.migration.project_resources import connect, project_mappings
from bot.settings import Settings
from bot.settings.mappings import Mappings

CONNECTION_SECONDS = 900.0  # for one step in one cluster: a copy of some ten thousand objects
NAMED = 3  # findings of a verification that the problem names


@dataclasses.dataclass(frozen=True)
class ConfiguredPorts:
    """The `ProjectPorts` of one project, for one operation."""

    project: str
    operation: str
    _: dataclasses.KW_ONLY
    projects: Projects
    clouds: ProjectClouds
    services: Callable[[str], CloudServices]  # those of a cloud, by its name; one session for all migrations
    settings: Callable[[], Settings]
    verifier: Verifier
    store_verification: StoreVerification  # stores what a verification has found

    @property
    def cloud(self) -> ProjectCloud:
        """The Magnum of the project, looked up at each call."""
        return live_cloud(self.clouds, self.project, self.operation)

    @property
    def block_storage(self) -> CloudServices | None:
        """The Cinder of the project, which is its Neutron and Octavia as well; None without a cloud."""
        magnum = self._parts().magnum
        return self.services(magnum.cloud) if magnum is not None else None

    floating_ips = load_balancers = block_storage

    @property
    def takes_snapshots(self) -> bool:
        """Whether the setting `migration.snapshots` is on."""
        return self.settings().configuration.migration.snapshots

    @property
    def mappings(self) -> Mappings:
        """The setting `mappings` of the project."""
        return project_mappings(self.settings(), self.project)

    @property
    def digest_keys(self) -> DigestKeys:
        """The keys of the digests of Secrets."""
        return digest_keys(self.settings())

    def connect(self, cluster: str) -> AbstractContextManager[KubeClient]:
        """Open a client for a cluster, by its id. Raises `Problem`."""
        parts, settings, seconds = self._parts(), self.settings(), CONNECTION_SECONDS
        return connect(parts, cluster, operation=self.operation, settings=settings, seconds=seconds)

    def driver_problem(self, cluster: str, driver: str) -> str:
        """Verify a cluster, by its id, and say what is wrong with its driver; empty if it is healthy."""
        parts = self._parts()
        target = verification_target(parts, parts.catalog.find(cluster), self.operation)
        report = self.verifier.verify(target, Driver(driver))
        self.store_verification(last_verification(report))
        if report.verdict is Verdict.HEALTHY:
            return ""
        findings = [finding.title for finding in report.findings[:NAMED]]
        unchecked = [f"{check.what} not checked ({check.why})" for check in report.not_checked[:NAMED]]
        return f"{driver} on {report.cluster}: {report.problem or '; '.join(findings or unchecked)}"

    def _parts(self) -> ProjectParts:
        return self.projects.get(self.project, operation=self.operation)


class _LiveMagnum:
    """The Magnum of a project: each of its methods, looked up when it is called."""

    def __init__(self, find: Callable[[], ProjectCloud]) -> None:
        self._find = find

    def __getattr__(self, method: str) -> Any:
        return getattr(self._find().magnum, method)


def live_cloud(clouds: ProjectClouds, project: str, operation: str) -> ProjectCloud:
    """Return the cloud of a project, which is looked up at each call. Never raises; its calls do.

    A workflow holds it for hours, while the configuration is read again. A project that is gone is then a
    problem of the step that calls, where it is recorded.
    """

    def find() -> ProjectCloud:
        return clouds(project, operation)

    try:
        name = find().name
    except Problem:
        name = ""
    magnum: Any = _LiveMagnum(find)
    return ProjectCloud(
        name=name,
        magnum=magnum,
        verify=lambda cluster, driver: find().verify(cluster, driver),
        forget=lambda cluster: find().forget(cluster),
    )
