"""Validates a person's own YAML as a NetworkPolicy that can be written into one namespace.

All mistakes are reported at once, each with its field as the API server would spell it
(`spec.ingress[0].from[1].ipBlock.cidr`). Fields that only a server writes, as `kubectl get -o yaml` shows
them, are left out and not refused.
"""

import re
from typing import Any

from bot.adapters.kube.writes import without_server_fields
from bot.drivers.catalog import profiles
from bot.drivers.profile import DriverProfile
from bot.policy import yaml_document
from bot.policy.errors import InvalidManifest
from bot.policy.reach import parser
from bot.policy.reach.field_errors import FieldError, FieldErrors
from bot.policy.reach.model import API_VERSION, KIND
from bot.policy.reach.selector_parser import parse_selector

Manifest = dict[str, Any]

METADATA = frozenset({"name", "namespace", "labels", "annotations"})
_TEXT_MAPS = frozenset({"labels", "annotations", "matchLabels"})
_RANGE = re.compile(r"'(\d+)[-:](\d+)' is not the name of a port")


def validate_manifest(raw: str | bytes, *, namespace: str) -> Manifest:
    """Return a text as the manifest of a policy in `namespace`. Raises `InvalidManifest`."""
    document = yaml_document.read_document(raw)
    check_kind(document)
    manifest = _clean(document)
    errors = [*_metadata_errors(manifest.get("metadata")), *parser.errors_of(manifest)]
    mistakes = list(dict.fromkeys(map(_describe, errors)))
    if mistakes:
        number = f"{len(mistakes)} things are wrong" if len(mistakes) > 1 else "Something is wrong"
        raise InvalidManifest(f"{number} with this NetworkPolicy", mistakes)
    own_namespace = manifest["metadata"].get("namespace") or namespace
    if own_namespace != namespace:
        raise InvalidManifest(
            f"The policy is for the namespace {own_namespace}, you said -n {namespace}",
            ["`metadata.namespace`: leave it out, or let it agree with `-n`"],
            fix=f"Or say `-n {own_namespace}`.",
        )
    return {**manifest, "metadata": {**manifest["metadata"], "namespace": namespace}}


def _driver_of(version: object) -> DriverProfile | None:
    """Return the driver whose own policies have an apiVersion."""
    group = version.partition("/")[0] if isinstance(version, str) else ""
    return next((p for p in profiles() if p.policies is not None and group in p.policies.groups), None)


def check_kind(manifest: Manifest) -> None:
    """Refuse whatever is not a NetworkPolicy of Kubernetes itself. Raises `InvalidManifest`."""
    kind, version = manifest.get("kind"), manifest.get("apiVersion")
    if (kind, version) == (KIND, API_VERSION):
        return
    if isinstance(kind, str) and kind.endswith("List"):
        raise InvalidManifest(
            f"This is a {_short(kind)}",
            ["`kind`: a list holds several objects"],
            fix=yaml_document.ONE_AT_A_TIME,
        )
    driver = _driver_of(version)
    if driver is not None and driver.policies is not None:
        raise InvalidManifest(
            f"This is {driver.title}'s own {_short(kind)}",
            [f"`apiVersion`: {_short(version)}"],
            fix=(
                f"I preview and write {API_VERSION} policies; apply {driver.title}'s with"
                f" {driver.policies.tools}."
            ),
        )
    if kind == KIND:
        raise InvalidManifest(
            f"The NetworkPolicy is of {_short(version) if version else 'no apiVersion'}",
            [f"`apiVersion`: {API_VERSION} is expected"],
        )
    raise InvalidManifest(
        (
            f"This is {_with_article(kind)}, not a NetworkPolicy"
            if isinstance(kind, str) and kind
            else "This is no Kubernetes object"
        ),
        [f"`kind`: {KIND} of {API_VERSION} is expected"],
        fix="Send a NetworkPolicy.",
    )


def _clean(document: Manifest) -> Manifest:
    manifest: Manifest = _without_nulls({key: value for key, value in document.items() if key != "status"})
    if isinstance(manifest.get("metadata"), dict):
        manifest = without_server_fields(manifest)
    return manifest


def _without_nulls(value: Any) -> Any:
    """Decode null as an API server does: such a field is absent, such a label or annotation is empty."""
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: (
            {name: "" if text is None else text for name, text in child.items()}
            if key in _TEXT_MAPS and isinstance(child, dict)
            else _without_nulls(child)
        )
        for key, child in value.items()
        if child is not None
    }


def _metadata_errors(metadata: Any) -> list[FieldError]:
    """What the parser of policies does not check: labels, annotations and other fields of the metadata."""
    errors = FieldErrors()
    fields = errors.mapping(metadata, "metadata", METADATA)
    annotations = errors.mapping(fields.get("annotations"), "metadata.annotations")
    for key, value in annotations.items():
        errors.text(value, f"metadata.annotations.{key}")
    label_errors = FieldErrors()  # the rules for labels are those for matchLabels
    parse_selector({"matchLabels": fields.get("labels")}, "metadata", label_errors)
    errors.errors += (
        FieldError(error.field.replace(".matchLabels", ".labels"), error.reason)
        for error in label_errors.errors
    )
    return errors.errors


def _describe(error: FieldError) -> str:
    ports = _RANGE.match(error.reason)
    reason = f"a range is written `port: {ports[1]}` and `endPort: {ports[2]}`" if ports else error.reason
    return f"`{_short(error.field)}`: {reason if len(reason) <= 300 else reason[:299] + '…'}"


def _with_article(kind: str) -> str:
    name = _short(kind)
    return f"{'an' if name[:1].upper() in ('A', 'E', 'I', 'O', 'U') else 'a'} {name}"


def _short(value: object) -> str:
    text = str(value).replace("`", "ˋ").replace("\n", " ")
    return text if len(text) <= 80 else f"{text[:79]}…"
