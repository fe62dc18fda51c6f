"""What extends the API: definitions, webhooks, aggregated APIs. A CA that is injected is injected again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.migration.objects.manifest import Object, annotations_of
from bot.migration.objects.transforms.transform import Transform, TransformContext, TransformNote, warning

INJECTED = (
    "cert-manager.io/inject-ca-from",
    "cert-manager.io/inject-ca-from-secret",
    "cert-manager.io/inject-apiserver-ca",
    "service.beta.openshift.io/inject-cabundle",
)


def _bundles(obj: Object, clients: Iterable[Object]) -> Iterator[TransformNote]:
    found = [client for client in clients if client.get("caBundle")]
    if found and any(name in annotations_of(obj) for name in INJECTED):
        for client in found:
            del client["caBundle"]
        yield TransformNote(text="its CA is injected again in the new cluster")
    elif found:
        yield TransformNote(
            text="its CA is kept: the certificate of its backend must be signed by it in the new cluster too"
        )


def _webhook(obj: Object, _original: Object, _context: TransformContext) -> Iterator[TransformNote]:
    hooks = obj.get("webhooks") or []
    yield from _bundles(obj, [hook.get("clientConfig") or {} for hook in hooks])
    for hook in hooks:
        url = (hook.get("clientConfig") or {}).get("url")
        if url:
            yield warning(f"webhook {hook['name']} calls {url}: the new cluster must reach it")


def _definition(obj: Object, _original: Object, _context: TransformContext) -> Iterator[TransformNote]:
    webhook = (obj["spec"].get("conversion") or {}).get("webhook") or {}
    if webhook:
        yield from _bundles(obj, [webhook.get("clientConfig") or {}])
        yield warning("its versions are converted by a webhook, which must run before its objects are copied")


def _api_service(obj: Object, _original: Object, _context: TransformContext) -> Iterator[TransformNote]:
    yield from _bundles(obj, [obj.get("spec") or {}])


def _binding(obj: Object, _original: Object, context: TransformContext) -> Iterator[TransformNote]:
    subjects = {
        each.get("namespace") for each in obj.get("subjects") or [] if each.get("kind") == "ServiceAccount"
    }
    outside = sorted(str(name) for name in subjects - context.namespaces if name)
    if outside:
        yield warning(f"it names service accounts in {', '.join(outside)}, which are not migrated")


RBAC = "rbac.authorization.k8s.io"
ADMISSION = "admissionregistration.k8s.io"
UNITS = (
    Transform(
        kinds=((ADMISSION, "ValidatingWebhookConfiguration"), (ADMISSION, "MutatingWebhookConfiguration")),
        rewrite=_webhook,
    ),
    Transform(kinds=(("apiextensions.k8s.io", "CustomResourceDefinition"),), rewrite=_definition),
    Transform(kinds=(("apiregistration.k8s.io", "APIService"),), rewrite=_api_service),
    Transform(kinds=((RBAC, "RoleBinding"), (RBAC, "ClusterRoleBinding")), rewrite=_binding),
)
