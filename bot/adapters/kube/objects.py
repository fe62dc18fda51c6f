"""The fields of Kubernetes objects that checks read, as structs that msgspec decodes straight from JSON.

The names are those of the API reference (https://kubernetes.io/docs/reference/kubernetes-api/); fields that
no check reads are left out, because decoding them costs time and memory.
"""

import msgspec


class Meta(msgspec.Struct, rename="camel", frozen=True):
    """The metadata of any object."""

    name: str
    namespace: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    generation: int = 0


class Condition(msgspec.Struct, frozen=True):
    """One condition of a node or a pod."""

    type: str
    status: str
    reason: str = ""
    message: str = ""


class Taint(msgspec.Struct, frozen=True):
    """One taint of a node."""

    key: str
    effect: str
    value: str = ""


class NodeSpec(msgspec.Struct, frozen=True):
    """The spec of a node."""

    taints: list[Taint] = []
    podCIDR: str = ""  # noqa: N815 - as the API spells it; `camel` would say podCidr


class Address(msgspec.Struct, frozen=True):
    """One address of a node."""

    type: str
    address: str


class NodeStatus(msgspec.Struct, frozen=True):
    """The status of a node."""

    conditions: list[Condition] = []
    addresses: list[Address] = []


class NodeObject(msgspec.Struct, frozen=True):
    """A node of the cluster."""

    metadata: Meta
    spec: NodeSpec = msgspec.field(default_factory=NodeSpec)
    status: NodeStatus = msgspec.field(default_factory=NodeStatus)

    @property
    def name(self) -> str:
        """The name of the node."""
        return self.metadata.name

    @property
    def internal_ip(self) -> str:
        """The node's InternalIP, empty if it has none."""
        addresses = self.status.addresses
        return next((address.address for address in addresses if address.type == "InternalIP"), "")

    def condition(self, kind: str) -> Condition | None:
        """Return a condition by its type, None if the node has none."""
        return next((condition for condition in self.status.conditions if condition.type == kind), None)


class Waiting(msgspec.Struct, frozen=True):
    """The reason why a container waits."""

    reason: str = ""
    message: str = ""


class Terminated(msgspec.Struct, rename="camel", frozen=True):
    """How a container has ended."""

    reason: str = ""
    message: str = ""
    exit_code: int = 0
    finished_at: str | None = None


class ContainerState(msgspec.Struct, frozen=True):
    """The state of a container: one of waiting, running and terminated."""

    waiting: Waiting | None = None
    running: dict[str, str | None] | None = None
    terminated: Terminated | None = None


class ContainerStatus(msgspec.Struct, frozen=True):
    """The status of one container."""

    name: str
    ready: bool = False
    restartCount: int = 0  # noqa: N815
    imageID: str = ""  # noqa: N815
    image: str = ""
    state: ContainerState = msgspec.field(default_factory=ContainerState)
    lastState: ContainerState = msgspec.field(default_factory=ContainerState)  # noqa: N815


class PodSpec(msgspec.Struct, rename="camel", frozen=True):
    """The spec of a pod."""

    node_name: str = ""


class PodStatus(msgspec.Struct, rename="camel", frozen=True):
    """The status of a pod."""

    phase: str = ""
    reason: str = ""
    message: str = ""
    conditions: list[Condition] = []
    container_statuses: list[ContainerStatus] = []
    init_container_statuses: list[ContainerStatus] = []


class PodObject(msgspec.Struct, frozen=True):
    """A pod of the cluster."""

    metadata: Meta
    spec: PodSpec = msgspec.field(default_factory=PodSpec)
    status: PodStatus = msgspec.field(default_factory=PodStatus)

    @property
    def name(self) -> str:
        """The name of the pod."""
        return self.metadata.name

    @property
    def node(self) -> str:
        """The name of the pod's node, empty before it is scheduled."""
        return self.spec.node_name

    @property
    def ready(self) -> bool:
        """Whether the pod is running and its Ready condition is true."""
        conditions = {condition.type: condition.status for condition in self.status.conditions}
        return self.status.phase == "Running" and conditions.get("Ready") == "True"


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
    """The status of a DaemonSet."""

    observed_generation: int = 0
    desired_number_scheduled: int = 0
    updated_number_scheduled: int = 0
    number_misscheduled: int = 0


class DaemonSet(msgspec.Struct, frozen=True):
    """A DaemonSet of the cluster."""

    metadata: Meta
    spec: _DaemonSetSpec = msgspec.field(default_factory=_DaemonSetSpec)
    status: DaemonSetStatus = msgspec.field(default_factory=DaemonSetStatus)

    @property
    def pod_labels(self) -> dict[str, str]:
        """The labels of the DaemonSet's pods."""
        return self.spec.template.metadata.labels

    @property
    def containers(self) -> list[str]:
        """The names of the containers of a pod."""
        return [container.name for container in self.spec.template.spec.containers]

    def readiness(self, container: str) -> tuple[str, ...]:
        """Return the command of a container's readiness probe, empty if there is none."""
        for candidate in self.spec.template.spec.containers:
            probe = candidate.readiness_probe
            if candidate.name == container and probe is not None and probe.exec is not None:
                return tuple(probe.exec.command)
        return ()


class _InvolvedObject(msgspec.Struct, frozen=True):
    name: str = ""


class Event(msgspec.Struct, rename="camel", frozen=True):
    """An event of the core API group."""

    reason: str = ""
    message: str = ""
    last_timestamp: str | None = None
    involved_object: _InvolvedObject = msgspec.field(default_factory=_InvolvedObject)


class CustomResource(msgspec.Struct, frozen=True):
    """A custom resource: its metadata, and its spec as plain JSON."""

    metadata: Meta
    spec: dict[str, object] = {}
