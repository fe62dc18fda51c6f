"""The parts of one project that services work with: its cloud, clusters, credentials and template defaults.

They are made for each request from the configuration in force. Clouds and credentials are kept beyond that,
by the cloud's entry, so that reading the configuration again does not ask Magnum for new certificates; so are
connections to clusters.
"""

import dataclasses
import threading
from collections.abc import Callable
from datetime import datetime

from pydantic import SecretStr

from bot import __version__
from bot.adapters.kube.client import KubeClient
from bot.adapters.kube.connection_pools import ConnectionPools
from bot.adapters.openstack.magnum import MagnumCloud
from bot.clusters.catalog import ClusterCatalog, ConfiguredEntry
from bot.clusters.cluster import Cluster, NoCloud
from bot.clusters.credentials import Credentials
from bot.clusters.templates.project_templates import ProjectTemplates
from bot.clusters.templates.spec import Defaults
from bot.common.problems import Refusal
from bot.drivers.driver import Driver
from bot.settings import Settings
from bot.settings.projects import Project


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProjectParts:
    """One project, wired for one operation."""

    name: str
    magnum: MagnumCloud | None
    catalog: ClusterCatalog
    credentials: Credentials
    defaults: Defaults
    pools: ConnectionPools

    def cloud(self) -> MagnumCloud:
        """Return the project's Magnum. Raises `NoCloud`."""
        if self.magnum is None:
            raise NoCloud(
                f"{self.name} has no cloud: no templates, and no clusters but those of kubeconfig files",
                fix=f"Set `projects.{self.name}.cloud` to an entry of clouds.yaml.",
            )
        return self.magnum

    def connect(
        self, cluster: Cluster, *, operation: str, seconds: float, answer: float | None = None
    ) -> KubeClient:
        """Return a client of a cluster's API that lives for so many seconds. Raises `Problem`.

        The operation's id goes along with every request; `answer` seconds are how long each may take.
        """
        agent = f"xk8s/{__version__} (operation {operation})"
        return KubeClient(
            self.credentials.endpoint(cluster),
            user_agent=agent,
            seconds=seconds,
            answer=answer,
            pools=self.pools,
        )

    def templates(self) -> ProjectTemplates:
        """Return the project's templates. Raises `NoCloud`."""
        return ProjectTemplates(self.cloud(), project=self.name, defaults=self.defaults)


class Projects:
    """The projects of the configuration in force. Thread-safe."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        *,
        now: Callable[[], datetime],
        learn: Callable[[SecretStr], None] = lambda _secret: None,
    ) -> None:
        """`learn` is given every secret of clouds and clusters, so that they can be kept out of messages."""
        self._settings = settings
        self._now = now
        self._learn = learn
        self._clouds: dict[str, MagnumCloud] = {}
        self._credentials: dict[tuple[str, str | None, str], Credentials] = {}
        self._pools = ConnectionPools()
        self._lock = threading.Lock()

    def get(self, name: str | None, *, operation: str = "") -> ProjectParts:
        """Return a project for one operation, whose id goes along with every request to its cloud.

        Raises `Refusal` if the configuration has no such project (any more).
        """
        project = self._settings().configuration.projects.get(name or "")
        if project is None or name is None:
            raise Refusal(f"There is no project {name}", fix="Look at `projects` in the configuration.")
        with self._lock:
            magnum = self._cloud(project.cloud)
            credentials = self._credentials_of(name, project, magnum)
        if magnum is not None and operation:
            magnum = magnum.caused_by(operation)
            credentials = credentials.signed_by(magnum)
        return ProjectParts(
            name=name,
            magnum=magnum,
            catalog=ClusterCatalog(project=name, magnum=magnum, configured=_entries(project)),
            credentials=credentials,
            defaults=_defaults(project),
            pools=self._pools,
        )

    def _cloud(self, cloud: str | None) -> MagnumCloud | None:
        if cloud is None:
            return None
        return self._clouds.setdefault(cloud, MagnumCloud(cloud, learn=self._learn))

    def _credentials_of(self, name: str, project: Project, magnum: MagnumCloud | None) -> Credentials:
        key = (name, project.cloud, project.credentials_group)
        if key not in self._credentials:
            self._credentials[key] = Credentials(
                magnum, group=project.credentials_group, now=self._now, learn=self._learn
            )
        return self._credentials[key]


def _entries(project: Project) -> dict[str, ConfiguredEntry]:
    return {name: ConfiguredEntry(**cluster.model_dump()) for name, cluster in project.clusters.items()}


def _defaults(project: Project) -> Defaults:
    defaults = project.template_defaults
    return Defaults(
        **defaults.model_dump(exclude={"drivers"}),
        driver_labels={Driver(name): driver.labels for name, driver in defaults.drivers.items()},
    )
