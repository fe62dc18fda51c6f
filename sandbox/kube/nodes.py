"""The Node object of a machine, as Magnum's kubelet registers it and the network driver annotates it."""

from __future__ import annotations

from sandbox.infrastructure.block_storage import ZONE
from sandbox.kube.network_model import Machine
from sandbox.kube.objects import Object

RESOURCES = {"cpu": "4", "memory": "8148236Ki", "pods": "110", "ephemeral-storage": "39Gi"}
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"


def node_object(machine: Machine, *, driver: str, kubernetes: str, now: str, number: int) -> Object:
    """Return the node of a machine; `number` is its position in the cluster, from 0."""
    return {
        "metadata": {
            "name": machine.name,
            "labels": _labels(machine),
            "annotations": _annotations(machine, driver, number),
        },
        "spec": {
            "podCIDR": machine.pod_range,
            "podCIDRs": [machine.pod_range],
            "taints": [{"key": CONTROL_PLANE, "effect": "NoSchedule"}] if machine.master else [],
            "providerID": f"openstack:///{machine.server}",
        },
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": machine.address},
                {"type": "Hostname", "address": machine.name},
            ],
            "capacity": RESOURCES,
            "allocatable": RESOURCES,
            "conditions": [
                {
                    "type": "NetworkUnavailable",
                    "status": "False",
                    "reason": f"{driver.title()}IsUp",
                    "message": f"{driver.title()} is running on this node",
                    "lastTransitionTime": now,
                }
            ],
            "nodeInfo": {
                "kubeletVersion": kubernetes,
                "kubeProxyVersion": kubernetes,
                "operatingSystem": "linux",
                "architecture": "amd64",
                "osImage": "Fedora CoreOS 39",
                "kernelVersion": "6.7.7-200.fc39.x86_64",
                "containerRuntimeVersion": "containerd://1.6.31",
            },
        },
    }


def _labels(machine: Machine) -> dict[str, str]:
    role = "master" if machine.master else "worker"
    return {
        "kubernetes.io/hostname": machine.name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "magnum.openstack.org/role": role,
        "magnum.openstack.org/nodegroup": f"default-{role}",
        CONTROL_PLANE if machine.master else "node-role.kubernetes.io/worker": "",
        "topology.kubernetes.io/zone": ZONE,
        "topology.cinder.csi.openstack.org/zone": ZONE,
    }


def _annotations(machine: Machine, driver: str, number: int) -> dict[str, str]:
    if driver == "calico":
        return {"projectcalico.org/IPv4Address": f"{machine.address}/24"}
    mac = f"8e:5a:00:00:{number // 256:02x}:{number % 256:02x}"
    return {
        "flannel.alpha.coreos.com/kube-subnet-manager": "true",
        "flannel.alpha.coreos.com/backend-type": "vxlan",
        "flannel.alpha.coreos.com/backend-data": f'{{"VNI":1,"VtepMAC":"{mac}"}}',
        "flannel.alpha.coreos.com/public-ip": machine.address,
    }
