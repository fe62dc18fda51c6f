"""A person's own YAML as a NetworkPolicy that can be written into one namespace, or what is wrong with it.

Every mistake is told with its field, as the API server would spell it
(`spec.ingress[0].from[1].ipBlock.cidr`), all of them at once. What only a server writes (`kubectl get -o
yaml` shows it) is left out, not refused.
"""

from __future__ import annotations

import re
from typing import Any

from bot.drivers.catalog import profiles
from bot.drivers.profile import DriverProfile
from bot.policy import yaml_document
from bot.policy.errors import BadManifest
from bot.policy.presets import API_VERSION, KIND
from bot.policy.reach import parser
from bot.policy.reach.fields import FieldError, Mistakes
from bot.policy.reach.selection import selector

Manifest = dict[str, Any]

SERVER_FIELDS = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink")
METADATA = frozenset({"name", "namespace", "labels", "annotations"})
_TEXT_MAPS = frozenset({"labels", "annotations", "matchLabels"})
_RANGE = re.compile(r"'(\d+)[-:](\d+)' is not the name of a port")


def own_policy(sent: str | bytes, *, namespace: str) -> Manifest:
    """A person's text as a manifest for a namespace. Raises `BadManifest`."""
    found = yaml_document.read(sent)
    check_kind(found)
    manifest = _cleaned(found)
    wrong = [*_metadata_errors(manifest.get("metadata")), *parser.errors_of(manifest)]
    mistakes = list(dict.fromkeys(map(_told, wrong)))
    if mistakes:
        number = f"{len(mistakes)} things are wrong" if len(mistakes) > 1 else "Something is wrong"
        raise BadManifest(f"{number} with this NetworkPolicy", mistakes)
    said = manifest["metadata"].get("namespace") or namespace
    if said != namespace:
        raise BadManifest(
            f"The policy is for the namespace {said}, you said -n {namespace}",
            ["`metadata.namespace`: leave it out, or let it agree with `-n`"],
            fix=f"Or say `-n {said}`.",
        )
    return {**manifest, "metadata": {**manifest["metadata"], "namespace": namespace}}


def _driver_of(version: object) -> DriverProfile | None:
    """The driver whose own policies have an apiVersion."""
    group = version.partition("/")[0] if isinstance(version, str) else ""
    return next((p for p in profiles() if p.policies is not None and group in p.policies.groups), None)


def check_kind(found: Manifest) -> None:
    """Refuse whatever is no NetworkPolicy of Kubernetes itself. Raises `BadManifest`."""
    kind, version = found.get("kind"), found.get("apiVersion")
    if (kind, version) == (KIND, API_VERSION):
        return
    if isinstance(kind, str) and kind.endswith("List"):
        raise BadManifest(
            f"This is a {_short(kind)}",
            ["`kind`: a list holds several objects"],
            fix=yaml_document.ONE_AT_A_TIME,
        )
    driver = _driver_of(version)
    if driver is not None and driver.policies is not None:
        raise BadManifest(
            f"This is {driver.title}'s own {_short(kind)}",
            [f"`apiVersion`: {_short(version)}"],
            fix=(
                f"I preview and write {API_VERSION} policies; apply {driver.title}'s with"
                f" {driver.policies.tools}."
            ),
        )
    if kind == KIND:
        raise BadManifest(
            f"The NetworkPolicy is of {_short(version) if version else 'no apiVersion'}",
            [f"`apiVersion`: {API_VERSION} is expected"],
        )
    raise BadManifest(
        (
            f"This is {_article(kind)}, not a NetworkPolicy"
            if isinstance(kind, str) and kind
            else "This is no Kubernetes object"
        ),
        [f"`kind`: {KIND} of {API_VERSION} is expected"],
        fix="Send a NetworkPolicy.",
    )


def _cleaned(found: Manifest) -> Manifest:
    manifest: Manifest = _without_nulls({key: value for key, value in found.items() if key != "status"})
    metadata = manifest.get("metadata")
    if isinstance(metadata, dict):
        manifest["metadata"] = {key: value for key, value in metadata.items() if key not in SERVER_FIELDS}
    return manifest


def _without_nulls(value: Any) -> Any:
    """As an API server decodes it: a field that is null is absent, a null label (or annotation) is an
    empty one.
    """
    if isinstance(value, list):
        return [_without_nulls(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: (
            {name: "" if text is None else text for name, text in each.items()}
            if key in _TEXT_MAPS and isinstance(each, dict)
            else _without_nulls(each)
        )
        for key, each in value.items()
        if each is not None
    }


def _metadata_errors(metadata: Any) -> list[FieldError]:
    """What the engine does not look at: other fields of metadata, labels and annotations."""
    mistakes = Mistakes()
    given = mistakes.mapping(metadata, "metadata", METADATA)
    keys = mistakes.mapping(given.get("annotations"), "metadata.annotations")
    for key, value in keys.items():
        mistakes.text(value, f"metadata.annotations.{key}")
    labels = Mistakes()  # labels keep the rules of matchLabels
    selector({"matchLabels": given.get("labels")}, "metadata", labels)
    in_labels = [
        FieldError(each.field.replace(".matchLabels", ".labels"), each.reason) for each in labels.found
    ]
    return [*mistakes.found, *in_labels]


def _told(error: FieldError) -> str:
    meant = _RANGE.match(error.reason)
    reason = f"a range is written `port: {meant[1]}` and `endPort: {meant[2]}`" if meant else error.reason
    return f"`{_short(error.field)}`: {reason if len(reason) <= 300 else reason[:299] + '…'}"


def _article(kind: str) -> str:
    shown = _short(kind)
    return f"{'an' if shown[:1].upper() in ('A', 'E', 'I', 'O', 'U') else 'a'} {shown}"


def _short(value: object) -> str:
    text = str(value).replace("`", "ˋ").replace("\n", " ")
    return text if len(text) <= 80 else f"{text[:79]}…"
