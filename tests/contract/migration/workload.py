"""A team's namespaces as they grow: enough of everything that a migration has to carry."""

from __future__ import annotations

import base64
import json
from typing import Any

Object = dict[str, Any]
SECRET = "correct horse battery staple"
DEPLOYMENTS = (
    "frontend",
    "cart",
    "catalog",
    "checkout",
    "payment",
    "shipping",
    "email",
    "currency",
    "ads",
    "recommend",
    "search",
)
PROBED = ("frontend", "cart")  # they say by which path they can be asked


def meta(name: str, namespace: str = "shop", **fields: Any) -> Object:
    return {"name": name, "namespace": namespace, **fields}


def pod_spec(name: str, **fields: Any) -> Object:
    container = {
        "name": name,
        "image": f"registry.old.example/{name}:1.4.2",
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {"requests": {"cpu": "50m", "memory": "32Mi"}},
        "envFrom": [{"configMapRef": {"name": "settings"}}],
    }
    if name in PROBED:
        container["readinessProbe"] = {"httpGet": {"path": "/healthz", "port": "http"}}
    return {"containers": [container], "serviceAccountName": "runner", **fields}


def deployment(name: str, replicas: int = 2, **fields: Any) -> Object:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta(name, labels=labels),
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod_spec(name, **fields)},
        },
    }


def stateful_set(name: str, replicas: int, hooks: Object | None = None) -> Object:
    labels = {"app": name}
    claim = {
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "fast",
            "resources": {"requests": {"storage": "2Gi"}},
        },
    }
    spec = pod_spec(name)
    spec["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": "/var/lib/data"}]
    template = {"metadata": {"labels": labels, **({"annotations": hooks} if hooks else {})}, "spec": spec}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": meta(name, labels=labels),
        "spec": {
            "replicas": replicas,
            "serviceName": name,
            "selector": {"matchLabels": labels},
            "template": template,
            "volumeClaimTemplates": [claim],
        },
    }


def service(name: str, **fields: Any) -> Object:
    spec = {"selector": {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}], **fields}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta(name), "spec": spec}


def objects() -> list[Object]:
    """What is applied to the source."""
    docker = base64.b64encode(json.dumps({"auths": {}}).encode()).decode()
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "coupons.shop.example"},
        "spec": {
            "group": "shop.example",
            "scope": "Namespaced",
            "names": {"kind": "Coupon", "plural": "coupons", "singular": "coupon", "listKind": "CouponList"},
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
    allow = {
        "ingress": [
            {"from": [{"podSelector": {"matchLabels": {"app": "frontend"}}}], "ports": [{"port": 8080}]}
        ]
    }
    policies = [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": meta("cart"),
            "spec": {"podSelector": {"matchLabels": {"app": "cart"}}, "policyTypes": ["Ingress"], **allow},
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": meta("quiet"),
            "spec": {"podSelector": {"matchLabels": {"app": "email"}}, "policyTypes": ["Egress"]},
        },
    ]
    job = {"spec": {"template": {"spec": {"restartPolicy": "Never", **pod_spec("report")}}}}
    return [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": "shop",
                "labels": {"team": "shop", "pod-security.kubernetes.io/enforce": "baseline"},
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": "billing", "labels": {"team": "billing"}},
        },
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": "fast"},
            "provisioner": "cinder.csi.openstack.org",
            "reclaimPolicy": "Delete",
        },
        {
            "apiVersion": "scheduling.k8s.io/v1",
            "kind": "PriorityClass",
            "metadata": {"name": "shop-first"},
            "value": 1000,
        },
        definition,
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": meta("runner"),
            "imagePullSecrets": [{"name": "pull"}],
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": meta("reader"),
            "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}],
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": meta("reader"),
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
            "subjects": [{"kind": "ServiceAccount", "name": "runner", "namespace": "shop"}],
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": meta("settings"),
            "data": {"MODE": "production"},
        },
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": meta("database"),
            "type": "Opaque",
            "data": {"password": base64.b64encode(SECRET.encode()).decode()},
        },
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": meta("pull"),
            "type": "kubernetes.io/dockerconfigjson",
            "data": {".dockerconfigjson": docker},
        },
        {
            "apiVersion": "v1",
            "kind": "LimitRange",
            "metadata": meta("limits"),
            "spec": {"limits": [{"type": "Container", "default": {"memory": "256Mi"}}]},
        },
        *policies,
        *(service(name) for name in DEPLOYMENTS),
        service("frontend-external", type="LoadBalancer", selector={"app": "frontend"}),
        service("db", clusterIP="None", selector={"app": "db"}),
        *(deployment(name) for name in DEPLOYMENTS),
        stateful_set(
            "db",
            2,
            {
                "xk8s.io/before-quiesce": '["sh", "-c", "exit 0"]',
                "post.hook.restore.velero.io/command": '["echo", "checked"]',
            },
        ),
        stateful_set("queue", 1),
        stateful_set("cache", 1),
        {
            "apiVersion": "shop.example/v1",
            "kind": "Coupon",
            "metadata": meta("spring"),
            "spec": {"percent": 10},
        },
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": meta("cart"),
            "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "cart"}}},
        },
        {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": meta("cart"),
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"},
                "minReplicas": 2,
                "maxReplicas": 5,
            },
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": meta("shop"),
            "spec": {
                "rules": [
                    {
                        "host": "shop.example",
                        "http": {
                            "paths": [
                                {
                                    "path": "/",
                                    "pathType": "Prefix",
                                    "backend": {"service": {"name": "frontend", "port": {"number": 80}}},
                                }
                            ]
                        },
                    }
                ]
            },
        },
        {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": meta("report"),
            "spec": {"schedule": "0 3 1 1 *", "jobTemplate": job},
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": meta("invoices", "billing"),
            "data": {"currency": "EUR"},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": meta("agent"),
            "spec": {
                "selector": {"matchLabels": {"app": "agent"}},
                "template": {"metadata": {"labels": {"app": "agent"}}, "spec": pod_spec("agent")},
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": meta("legacy"),
            "spec": {"ports": [{"port": 80}]},
        },
        {
            "apiVersion": "v1",
            "kind": "Endpoints",
            "metadata": meta("legacy"),
            "subsets": [{"addresses": [{"ip": "192.0.2.7"}], "ports": [{"port": 80}]}],
        },
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": meta("ci", annotations={"kubernetes.io/service-account.name": "runner"}),
            "type": "kubernetes.io/service-account-token",
            "data": {"token": "b2xk"},
        },
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": meta("import"),
            "spec": {"template": {"spec": {"restartPolicy": "Never", **pod_spec("import")}}},
        },
        {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": meta("paused"),
            "spec": {"schedule": "0 4 1 1 *", "suspend": True, "jobTemplate": job},
        },
    ]
