"""The `ProjectPorts` of the workflow, from the configuration in force, the cloud and the verifier."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from bot.adapters.kube.client import Kube
from bot.adapters.openstack.cloud_services import CloudServices
from bot.clusters.lifecycle.ports import ProjectCloud, ProjectClouds
from bot.clusters.projects import ProjectParts, Projects
from bot.clusters.verification import Keep, last_verification, verification_target
from bot.drivers.driver import Driver
from bot.drivers.verification.report import Verdict
from bot.drivers.verification.verifier import Verifier
from bot.migration.objects.digest_key_source import digest_keys
from bot.migration.objects.digest_keys import DigestKeys
from bot.migration.project_resources import connect, project_mappings
from bot.migration.workflow.live_cloud import live_cloud
from bot.migration.workflow.ports import ProjectPorts
from bot.settings import Settings
from bot.settings.file import Mappings

CONNECTION_SECONDS = 900.0  # for one step in one cluster: a copy of some ten thousand objects
NAMED = 3  # findings of a verification that the problem names


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConfiguredProjects:
    """Gives each migration the ports of its project, and shares one session for each cloud."""

    projects: Projects
    clouds: ProjectClouds
    settings: Callable[[], Settings]
    verifier: Verifier
    keep: Keep  # stores what a verification has found
    _services: dict[str, CloudServices] = dataclasses.field(default_factory=dict)
    _lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def services(self, cloud: str) -> CloudServices:
        """Return Cinder, Neutron and Octavia of a cloud; signed in once."""
        with self._lock:
            return self._services.setdefault(cloud, CloudServices(cloud))

    def ports(self, project: str, operation: str) -> ProjectPorts:
        """Return the ports of one project, for one operation."""
        return ConfiguredPorts(project, operation, self)


@dataclasses.dataclass(frozen=True)
class ConfiguredPorts:
    """The `ProjectPorts` of one project, for one operation."""

    project: str
    operation: str
    configured: ConfiguredProjects

    @property
    def cloud(self) -> ProjectCloud:
        """Its Magnum."""
        return live_cloud(self.configured.clouds, self.project, self.operation)

    @property
    def block_storage(self) -> CloudServices | None:
        """Its Cinder."""
        return self._services()

    @property
    def takes_snapshots(self) -> bool:
        """The setting `migration.snapshots`."""
        return self.configured.settings().configuration.migration.snapshots

    @property
    def floating_ips(self) -> CloudServices | None:
        """Its Neutron."""
        return self._services()

    @property
    def load_balancers(self) -> CloudServices | None:
        """Its Octavia."""
        return self._services()

    @property
    def mappings(self) -> Mappings:
        """The setting `mappings` of the project."""
        return project_mappings(self.configured.settings(), self.project)

    @property
    def digest_keys(self) -> DigestKeys:
        """The keys of the digests of Secrets."""
        return digest_keys(self.configured.settings())

    def connect(self, cluster: str) -> AbstractContextManager[Kube]:
        """Open a client for a cluster, by its id. Raises `Problem`."""
        return connect(
            self._parts(),
            cluster,
            operation=self.operation,
            settings=self.configured.settings(),
            seconds=CONNECTION_SECONDS,
        )

    def driver_problem(self, cluster: str, driver: str) -> str:
        """Verify a cluster, by its id, and say what is wrong with its driver; empty if it is healthy."""
        parts = self._parts()
        target = verification_target(parts, parts.catalog.find(cluster), self.operation)
        report = self.configured.verifier.verify(target, Driver(driver))
        self.configured.keep(last_verification(report))
        if report.verdict is Verdict.HEALTHY:
            return ""
        findings = [finding.title for finding in report.findings[:NAMED]]
        unchecked = [f"{check.what} not checked ({check.why})" for check in report.not_checked[:NAMED]]
        return f"{driver} on {report.cluster}: {report.problem or '; '.join(findings or unchecked)}"

    def _services(self) -> CloudServices | None:
        magnum = self._parts().magnum
        return self.configured.services(magnum.cloud) if magnum is not None else None

    def _parts(self) -> ProjectParts:
        return self.configured.projects.get(self.project, operation=self.operation)
