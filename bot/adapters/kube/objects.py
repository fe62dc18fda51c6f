"""The parts of Kubernetes objects that checks look at, as structs that msgspec decodes straight from JSON."""

from __future__ import annotations

import msgspec


class Meta(msgspec.Struct, rename="camel", frozen=True):
    """metadata."""

    name: str
    namespace: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    generation: int = 0


class Condition(msgspec.Struct, rename="camel", frozen=True):
    """One condition of a node or pod; times are RFC 3339 text."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    last_transition_time: str | None = None


class Taint(msgspec.Struct, rename="camel", frozen=True):
    """One taint."""

    key: str
    effect: str
    value: str = ""


class NodeSpec(msgspec.Struct, frozen=True):
    """spec of a node."""

    taints: list[Taint] = []
    unschedulable: bool = False
    podCIDR: str = ""  # noqa: N815 - as the API spells it; `camel` would say podCidr


class Address(msgspec.Struct, frozen=True):
    """One address of a node."""

    type: str
    address: str


class NodeStatus(msgspec.Struct, rename="camel", frozen=True):
    """status of a node."""

    conditions: list[Condition] = []
    addresses: list[Address] = []


class NodeObject(msgspec.Struct, frozen=True):
    """A node."""

    metadata: Meta
    spec: NodeSpec = msgspec.field(default_factory=NodeSpec)
    status: NodeStatus = msgspec.field(default_factory=NodeStatus)

    @property
    def name(self) -> str:
        """Its name."""
        return self.metadata.name

    @property
    def internal_ip(self) -> str:
        """Its InternalIP; empty if it has none."""
        return next((found.address for found in self.status.addresses if found.type == "InternalIP"), "")

    def condition(self, kind: str) -> Condition | None:
        """A condition by type."""
        return next((found for found in self.status.conditions if found.type == kind), None)


class Waiting(msgspec.Struct, frozen=True):
    """Why a container waits."""

    reason: str = ""
    message: str = ""


class Terminated(msgspec.Struct, rename="camel", frozen=True):
    """How a container ended."""

    reason: str = ""
    message: str = ""
    exit_code: int = 0
    finished_at: str | None = None


class ContainerState(msgspec.Struct, frozen=True):
    """One of waiting, running, terminated."""

    waiting: Waiting | None = None
    running: dict[str, str | None] | None = None
    terminated: Terminated | None = None


class ContainerStatus(msgspec.Struct, frozen=True):
    """The state of one container."""

    name: str
    ready: bool = False
    restartCount: int = 0  # noqa: N815
    imageID: str = ""  # noqa: N815
    image: str = ""
    state: ContainerState = msgspec.field(default_factory=ContainerState)
    lastState: ContainerState = msgspec.field(default_factory=ContainerState)  # noqa: N815


class PodSpec(msgspec.Struct, rename="camel", frozen=True):
    """spec of a pod."""

    node_name: str = ""


class PodStatus(msgspec.Struct, rename="camel", frozen=True):
    """status of a pod."""

    phase: str = ""
    reason: str = ""
    message: str = ""
    conditions: list[Condition] = []
    container_statuses: list[ContainerStatus] = []
    init_container_statuses: list[ContainerStatus] = []


class PodObject(msgspec.Struct, frozen=True):
    """A pod."""

    metadata: Meta
    spec: PodSpec = msgspec.field(default_factory=PodSpec)
    status: PodStatus = msgspec.field(default_factory=PodStatus)

    @property
    def name(self) -> str:
        """Its name."""
        return self.metadata.name

    @property
    def node(self) -> str:
        """The node it runs on; empty before it is scheduled."""
        return self.spec.node_name

    @property
    def ready(self) -> bool:
        """Running, and its Ready condition true."""
        ready = next((found for found in self.status.conditions if found.type == "Ready"), None)
        return self.status.phase == "Running" and ready is not None and ready.status == "True"


class _Exec(msgspec.Struct, frozen=True):
    command: list[str] = []


class _Probe(msgspec.Struct, frozen=True):
    exec: _Exec | None = None


class _Container(msgspec.Struct, rename="camel", frozen=True):
    name: str
    readiness_probe: _Probe | None = None


class _TemplateSpec(msgspec.Struct, frozen=True):
    containers: list[_Container] = []


class _TemplateMeta(msgspec.Struct, frozen=True):
    labels: dict[str, str] = {}


class _Template(msgspec.Struct, frozen=True):
    metadata: _TemplateMeta = msgspec.field(default_factory=_TemplateMeta)
    spec: _TemplateSpec = msgspec.field(default_factory=_TemplateSpec)


class _DaemonSetSpec(msgspec.Struct, frozen=True):
    template: _Template = msgspec.field(default_factory=_Template)


class DaemonSetStatus(msgspec.Struct, rename="camel", frozen=True):
    """status of a DaemonSet."""

    observed_generation: int = 0
    desired_number_scheduled: int = 0
    current_number_scheduled: int = 0
    updated_number_scheduled: int = 0
    number_ready: int = 0
    number_available: int = 0
    number_misscheduled: int = 0


class DaemonSet(msgspec.Struct, frozen=True):
    """A DaemonSet."""

    metadata: Meta
    spec: _DaemonSetSpec = msgspec.field(default_factory=_DaemonSetSpec)
    status: DaemonSetStatus = msgspec.field(default_factory=DaemonSetStatus)

    @property
    def pod_labels(self) -> dict[str, str]:
        """The labels of its pods."""
        return self.spec.template.metadata.labels

    @property
    def containers(self) -> list[str]:
        """The names of its containers."""
        return [found.name for found in self.spec.template.spec.containers]

    def readiness(self, container: str) -> tuple[str, ...]:
        """The command of a container's readiness probe; empty if there is none."""
        for found in self.spec.template.spec.containers:
            if found.name == container and found.readiness_probe and found.readiness_probe.exec:
                return tuple(found.readiness_probe.exec.command)
        return ()


class _Subject(msgspec.Struct, frozen=True):
    name: str = ""


class Event(msgspec.Struct, rename="camel", frozen=True):
    """A core/v1 event."""

    reason: str = ""
    message: str = ""
    last_timestamp: str | None = None
    involved_object: _Subject = msgspec.field(default_factory=_Subject)


class Custom(msgspec.Struct, frozen=True):
    """A custom resource: metadata, and spec as plain JSON."""

    metadata: Meta
    spec: dict[str, object] = {}
