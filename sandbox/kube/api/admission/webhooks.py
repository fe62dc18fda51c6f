"""Admission webhooks: called where their rules match.

One that cannot be reached fails the request, unless its failurePolicy is `Ignore`. A backend with a ready
pod admits everything: what a webhook decides is not part of the sandbox.
"""

from __future__ import annotations

from sandbox.kube.api import selectors
from sandbox.kube.api.errors import ApiError
from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.store import Store
from sandbox.kube.objects import Object, labels_of

CONFIGURATIONS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


def admit(store: Store, kind: Kind, obj: Object, operation: str, *, dry_run: bool) -> None:
    """Call every webhook whose rules match. Raises `ApiError` 400 and 500."""
    if kind.kind in CONFIGURATIONS:
        return
    for name in CONFIGURATIONS:
        for configuration in store.all_of(store.registry.named(name)):
            for webhook in configuration.get("webhooks") or []:
                rules = webhook.get("rules") or []
                if any(_covers(rule, kind, operation) for rule in rules) and _selects(store, webhook, obj):
                    _call(store, webhook, dry_run=dry_run)


def _covers(rule: Object, kind: Kind, operation: str) -> bool:
    attributes = {
        "operations": operation,
        "apiGroups": kind.group,
        "apiVersions": kind.version,
        "resources": kind.plural,
    }
    return all({"*", value} & set(rule.get(field) or ["*"]) for field, value in attributes.items())


def _selects(store: Store, webhook: Object, obj: Object) -> bool:
    if not selectors.matches(webhook.get("objectSelector"), labels_of(obj)):
        return False
    namespaces, namespace = store.registry.named("Namespace"), obj["metadata"].get("namespace", "")
    if not namespace or not store.has(namespaces, None, namespace):
        return True
    labels = labels_of(store.peek(namespaces, None, namespace))
    return selectors.matches(webhook.get("namespaceSelector"), labels)


def _call(store: Store, webhook: Object, *, dry_run: bool) -> None:
    name, client = webhook["name"], webhook["clientConfig"]
    if dry_run and webhook.get("sideEffects", "None") not in ("None", "NoneOnDryRun"):
        raise ApiError(400, "BadRequest", f'admission webhook "{name}" does not support dry run')
    obstacle = _unreachable(store, client)
    if obstacle and webhook.get("failurePolicy", "Fail") == "Fail":
        url = f"{_url(client)}?timeout={webhook.get('timeoutSeconds', 10)}s"
        message = f'failed calling webhook "{name}": failed to call webhook: Post "{url}": {obstacle}'
        details = {"causes": [{"message": message}]}
        raise ApiError(500, "InternalError", f"Internal error occurred: {message}", details=details)


def _url(client: Object) -> str:
    if client.get("url"):
        return str(client["url"])
    service = client["service"]
    host = f"{service['name']}.{service['namespace']}.svc"
    return f"https://{host}:{service.get('port', 443)}{service.get('path', '/')}"


def _unreachable(store: Store, client: Object) -> str:
    """Return why a webhook cannot be called; empty if it can."""
    service = client.get("service")
    if not service:
        return "dial tcp: lookup failed: no such host"
    if not store.has(store.registry.named("Service"), service["namespace"], service["name"]):
        return f'service "{service["name"]}" not found'
    slices = store.all_of(store.registry.named("EndpointSlice"), service["namespace"])
    ready = any(
        endpoint["conditions"].get("ready")
        for endpoint_slice in slices
        if labels_of(endpoint_slice).get("kubernetes.io/service-name") == service["name"]
        for endpoint in endpoint_slice.get("endpoints") or []
    )
    return "" if ready else f'no endpoints available for service "{service["name"]}"'
