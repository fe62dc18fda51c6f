"""Admission webhooks: called where their rules match; one that cannot be reached fails the request if it says
so.

A backend with a ready pod lets everything through: what a webhook decides is not part of the sandbox.
"""

from __future__ import annotations

from typing import Any

from sandbox.kube.api import selectors
from sandbox.kube.api.errors import ApiError
from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.store import Store

Object = dict[str, Any]
CONFIGURATIONS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


def admit(store: Store, kind: Kind, obj: Object, operation: str, *, dry_run: bool) -> None:
    """Call every webhook that wants to see it. Raises `ApiError` 400 and 500."""
    if kind.kind in CONFIGURATIONS:
        return
    for name in CONFIGURATIONS:
        for configuration in store.all_of(store.registry.named(name)):
            for webhook in configuration.get("webhooks") or []:
                if _matches(store, webhook, kind, obj, operation):
                    _call(store, webhook, dry_run=dry_run)


def _matches(store: Store, webhook: Object, kind: Kind, obj: Object, operation: str) -> bool:
    def has(rule: Object, field: str, value: str) -> bool:
        listed = rule.get(field) or ["*"]
        return "*" in listed or value in listed

    wanted = any(
        has(rule, "operations", operation)
        and has(rule, "apiGroups", kind.group)
        and has(rule, "apiVersions", kind.version)
        and has(rule, "resources", kind.plural)
        for rule in webhook.get("rules") or []
    )
    if not wanted:
        return False
    if not selectors.matches(webhook.get("objectSelector") or {}, obj["metadata"].get("labels") or {}):
        return False
    namespaces = store.registry.named("Namespace")
    namespace = obj["metadata"].get("namespace", "")
    if not namespace or not store.has(namespaces, None, namespace):
        return True
    labels = store.peek(namespaces, None, namespace)["metadata"].get("labels") or {}
    return selectors.matches(webhook.get("namespaceSelector") or {}, labels)


def _call(store: Store, webhook: Object, *, dry_run: bool) -> None:
    if dry_run and webhook.get("sideEffects", "None") not in ("None", "NoneOnDryRun"):
        message = f'admission webhook "{webhook["name"]}" does not support dry run'
        raise ApiError(400, "BadRequest", message)
    why = _unreachable(store, webhook["clientConfig"])
    if why and webhook.get("failurePolicy", "Fail") == "Fail":
        client = webhook["clientConfig"]
        service = client.get("service")
        url = client.get("url") or (
            f"https://{service['name']}.{service['namespace']}.svc"
            f":{service.get('port', 443)}{service.get('path', '/')}"
        )
        timeout = webhook.get("timeoutSeconds", 10)
        message = (
            f'failed calling webhook "{webhook["name"]}": failed to call webhook: Post'
            f' "{url}?timeout={timeout}s": {why}'
        )
        raise ApiError(
            500,
            "InternalError",
            f"Internal error occurred: {message}",
            details={"causes": [{"message": message}]},
        )


def _unreachable(store: Store, client: Object) -> str:
    service = client.get("service")
    if not service:
        return "dial tcp: lookup failed: no such host"
    if not store.has(store.registry.named("Service"), service["namespace"], service["name"]):
        return f'service "{service["name"]}" not found'
    slices = store.all_of(store.registry.named("EndpointSlice"), service["namespace"])
    ready = any(
        endpoint["conditions"].get("ready")
        for each in slices
        if (each["metadata"].get("labels") or {}).get("kubernetes.io/service-name") == service["name"]
        for endpoint in each.get("endpoints") or []
    )
    return "" if ready else f'no endpoints available for service "{service["name"]}"'
