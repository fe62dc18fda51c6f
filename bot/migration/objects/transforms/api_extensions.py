"""Extensions of the API: CustomResourceDefinitions, webhooks, aggregated APIs.

A CA bundle that a controller injects is dropped, because the controller injects the new cluster's.
"""

from collections.abc import Iterable, Iterator

from bot.migration.objects.fields import Object, annotations_of
from bot.migration.objects.kinds import ADMISSION, WEBHOOKS
from bot.migration.objects.transforms.transform import Transform, TransformContext, TransformNote, warning

INJECTED = (
    "cert-manager.io/inject-ca-from",
    "cert-manager.io/inject-ca-from-secret",
    "cert-manager.io/inject-apiserver-ca",
    "service.beta.openshift.io/inject-cabundle",
)


def _ca_bundles(obj: Object, clients: Iterable[Object]) -> Iterator[TransformNote]:
    with_bundle = [client for client in clients if client.get("caBundle")]
    if with_bundle and any(name in annotations_of(obj) for name in INJECTED):
        for client in with_bundle:
            del client["caBundle"]
        yield TransformNote(text="its CA is injected again in the new cluster")
    elif with_bundle:
        yield TransformNote(
            text="its CA is kept: the certificate of its backend must be signed by it in the new cluster too"
        )


def _webhook(obj: Object, _original: Object, _context: TransformContext) -> Iterator[TransformNote]:
    hooks = obj.get("webhooks") or []
    yield from _ca_bundles(obj, [hook.get("clientConfig") or {} for hook in hooks])
    for hook in hooks:
        url = (hook.get("clientConfig") or {}).get("url")
        if url:
            yield warning(f"webhook {hook['name']} calls {url}: the new cluster must reach it")


def _definition(obj: Object, _original: Object, _context: TransformContext) -> Iterator[TransformNote]:
    webhook = (obj["spec"].get("conversion") or {}).get("webhook") or {}
    if webhook:
        yield from _ca_bundles(obj, [webhook.get("clientConfig") or {}])
        yield warning("its versions are converted by a webhook, which must run before its objects are copied")


def _api_service(obj: Object, _original: Object, _context: TransformContext) -> Iterator[TransformNote]:
    yield from _ca_bundles(obj, [obj.get("spec") or {}])


TRANSFORMS = (
    Transform(kinds=tuple((ADMISSION, kind) for kind in sorted(WEBHOOKS)), rewrite=_webhook),
    Transform(kinds=(("apiextensions.k8s.io", "CustomResourceDefinition"),), rewrite=_definition),
    Transform(kinds=(("apiregistration.k8s.io", "APIService"),), rewrite=_api_service),
)
