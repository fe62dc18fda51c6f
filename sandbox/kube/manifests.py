"""What Magnum puts into a new cluster: the driver's objects as its manifests have them, CoreDNS, RBAC."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

CALICO_TAG, FLANNEL_TAG = "v3.26.4", "v0.15.1"
DNS_REPLICAS = 2


def _container(name: str, image: str, **more: Any) -> Object:
    return {"name": name, "image": image, **more}


def _probe(*argv: str) -> Object:
    return {"exec": {"command": list(argv)}, "periodSeconds": 10, "timeoutSeconds": 10, "failureThreshold": 3}


def _meta(name: str, labels: dict[str, str] | None = None, namespace: str = "kube-system") -> Object:
    return {"name": name, "namespace": namespace, "labels": labels or {}}


def calico(labels: dict[str, str]) -> list[Object]:
    """The objects of Magnum's Calico 3.26 manifest."""
    tag = labels.get("calico_tag", CALICO_TAG)
    pods = {"k8s-app": "calico-node"}
    node = _container(
        "calico-node",
        f"quay.io/calico/node:{tag}",
        env=[{"name": "CALICO_NETWORKING_BACKEND", "value": "bird"}],
        livenessProbe=_probe("/bin/calico-node", "-felix-live", "-bird-live"),
        readinessProbe=_probe("/bin/calico-node", "-felix-ready", "-bird-ready"),
    )
    init = [
        _container(name, f"quay.io/calico/{'cni' if name != 'mount-bpffs' else 'node'}:{tag}")
        for name in ("upgrade-ipam", "install-cni", "mount-bpffs")
    ]
    daemon = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": _meta("calico-node", pods),
        "spec": {
            "selector": {"matchLabels": pods},
            "template": {
                "metadata": {"labels": pods},
                "spec": {
                    "hostNetwork": True,
                    "priorityClassName": "system-node-critical",
                    "terminationGracePeriodSeconds": 0,
                    "tolerations": [
                        {"effect": "NoSchedule", "operator": "Exists"},
                        {"key": "CriticalAddonsOnly", "operator": "Exists"},
                        {"effect": "NoExecute", "operator": "Exists"},
                    ],
                    "initContainers": init,
                    "containers": [node],
                },
            },
        },
    }
    controllers = _deployment(
        "calico-kube-controllers",
        {"k8s-app": "calico-kube-controllers"},
        f"quay.io/calico/kube-controllers:{tag}",
        1,
    )
    pool = {
        "cidr": labels.get("calico_ipv4pool", "10.100.0.0/16"),
        "blockSize": 26,
        "natOutgoing": True,
        "vxlanMode": "Never",
        "ipipMode": "Never"
        if labels.get("calico_ipv4pool_ipip", "Off") in ("Off", "Never")
        else labels["calico_ipv4pool_ipip"],
        "nodeSelector": "all()",
        "allowedUses": ["Workload", "Tunnel"],
    }
    kinds = (
        ("IPPool", "ippools"),
        ("ClusterInformation", "clusterinformations"),
        ("FelixConfiguration", "felixconfigurations"),
        ("BGPConfiguration", "bgpconfigurations"),
        ("BGPPeer", "bgppeers"),
        ("IPAMBlock", "ipamblocks"),
        ("BlockAffinity", "blockaffinities"),
    )
    return [
        *(_crd(kind, plural) for kind, plural in kinds),
        _custom("IPPool", "default-ipv4-ippool", pool),
        _custom(
            "ClusterInformation",
            "default",
            {"calicoVersion": tag, "clusterType": "k8s,bgp,kdd", "datastoreReady": True},
        ),
        _custom(
            "FelixConfiguration",
            "default",
            {"bpfLogLevel": "", "floatingIPs": "Disabled", "logSeverityScreen": "Info"},
        ),
        daemon,
        controllers,
    ]


def flannel(labels: dict[str, str]) -> list[Object]:
    """The objects of Magnum's Flannel manifest: no probes, and only a NoSchedule toleration."""
    tag = labels.get("flannel_tag", FLANNEL_TAG)
    pods = {"app": "flannel", "tier": "node"}
    network = labels.get("flannel_network_cidr", "10.100.0.0/16")
    backend = labels.get("flannel_backend", "vxlan")
    config = f'{{"Network": "{network}", "Subnetlen": 24, "Backend": {{"Type": "{backend}"}}}}'
    daemon = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": _meta("kube-flannel-ds", pods),
        "spec": {
            "selector": {"matchLabels": pods},
            "template": {
                "metadata": {"labels": pods},
                "spec": {
                    "hostNetwork": True,
                    "tolerations": [{"effect": "NoSchedule", "operator": "Exists"}],
                    "initContainers": [
                        _container("install-cni-plugins", "quay.io/coreos/flannel-cni:v0.3.0"),
                        _container("install-cni", f"quay.io/coreos/flannel:{tag}"),
                    ],
                    "containers": [
                        _container(
                            "kube-flannel",
                            f"quay.io/coreos/flannel:{tag}",
                            resources={
                                "limits": {"cpu": "100m", "memory": "50Mi"},
                                "requests": {"cpu": "100m", "memory": "50Mi"},
                            },
                        )
                    ],
                },
            },
        },
    }
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": _meta("kube-flannel-cfg"),
            "data": {"net-conf.json": config},
        },
        daemon,
    ]


def storage_class() -> Object:
    """The default class on Cinder. Magnum makes none: an administrator did."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "provisioner": "cinder.csi.openstack.org",
        "metadata": {
            "name": "cinder",
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
        "allowVolumeExpansion": True,
    }


def common(*, api_address: str) -> list[Object]:
    """CoreDNS, metrics, the CSI driver of Cinder, the Service of the API, and the roles."""
    dns = {"k8s-app": "kube-dns"}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _meta("kube-dns", dns),
        "spec": {
            "selector": dns,
            "clusterIP": "10.254.0.10",
            "ports": [
                {"name": "dns", "port": 53, "protocol": "UDP"},
                {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
            ],
        },
    }
    driver = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSIDriver",
        "metadata": {"name": "cinder.csi.openstack.org"},
        "spec": {
            "attachRequired": True,
            "podInfoOnMount": True,
            "volumeLifecycleModes": ["Persistent", "Ephemeral"],
        },
    }
    labels = {"component": "apiserver", "provider": "kubernetes"}
    port = {"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}
    api = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _meta("kubernetes", labels, "default"),
        "spec": {"clusterIP": "10.254.0.1", "ports": [port]},
    }
    addresses = {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": _meta("kubernetes", {"endpointslice.kubernetes.io/skip-mirror": "true"}, "default"),
        "subsets": [
            {
                "addresses": [{"ip": api_address}],
                "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}],
            }
        ],
    }
    slices = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "addressType": "IPv4",
        "metadata": _meta("kubernetes", {"kubernetes.io/service-name": "kubernetes"}, "default"),
        "endpoints": [{"addresses": [api_address], "conditions": {"ready": True}}],
        "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}],
    }
    return [
        driver,
        api,
        addresses,
        slices,
        _deployment("coredns", dns, "docker.io/coredns/coredns:1.6.6", DNS_REPLICAS),
        service,
        _deployment(
            "metrics-server",
            {"k8s-app": "metrics-server"},
            "registry.k8s.io/metrics-server/metrics-server:v0.6.4",
            1,
        ),
        *rbac(),
    ]


def rbac() -> list[Object]:
    """cluster-admin, view, and what `xk8s` needs to verify a cluster, bound to the user of that name."""
    group = "rbac.authorization.k8s.io"
    read = ["get", "list", "watch"]
    verify = [
        {
            "apiGroups": [""],
            "resources": ["nodes", "pods", "events", "namespaces", "configmaps"],
            "verbs": read,
        },
        {"apiGroups": ["apps"], "resources": ["daemonsets", "deployments"], "verbs": read},
        {"apiGroups": ["crd.projectcalico.org", "projectcalico.org"], "resources": ["*"], "verbs": read},
        {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create", "get"]},
    ]

    def role(name: str, rules: list[Object]) -> Object:
        return {
            "apiVersion": f"{group}/v1",
            "kind": "ClusterRole",
            "metadata": {"name": name},
            "rules": rules,
        }

    def binding(name: str, role_name: str, subject: Object) -> Object:
        return {
            "apiVersion": f"{group}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "subjects": [subject],
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role_name},
        }

    everything = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    return [
        role("cluster-admin", everything),
        role("xk8s-verify", verify),
        binding(
            "cluster-admin", "cluster-admin", {"kind": "Group", "apiGroup": group, "name": "system:masters"}
        ),
        binding("xk8s-verify", "xk8s-verify", {"kind": "User", "apiGroup": group, "name": "xk8s-reader"}),
    ]


def _deployment(name: str, labels: dict[str, str], image: str, replicas: int) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _meta(name, labels),
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "containers": [_container(name, image)],
                    "tolerations": [{"effect": "NoSchedule", "operator": "Exists"}],
                },
            },
        },
    }


def _crd(kind: str, plural: str) -> Object:
    group = "crd.projectcalico.org"
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Cluster",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
                    },
                }
            ],
        },
    }


def _custom(kind: str, name: str, spec: Object) -> Object:
    return {"apiVersion": "crd.projectcalico.org/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
