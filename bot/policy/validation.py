"""A person's own YAML as a NetworkPolicy that can be written into one namespace, or what is wrong with it.

Every mistake is told with its field, as the API server would spell it (`spec.ingress[0].from[1].ipBlock.cidr`),
all of them at once. What only a server writes (`kubectl get -o yaml` shows it) is left out, not refused.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.policy import document, schema
from bot.policy.errors import BadManifest
from bot.policy.presets import API_VERSION, KIND

Manifest = dict[str, Any]

SERVER_FIELDS = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink")
_EXPECTED = {
    "string_type": "text", "int_type": "a number", "list_type": "a list", "dict_type": "a map", "model_type": "a map",
}  # fmt: skip


def own_policy(sent: str | bytes, *, namespace: str) -> Manifest:
    """A person's text as a manifest for a namespace. Raises `BadManifest`."""
    found = document.read(sent)
    check_kind(found)
    manifest = _cleaned(found)
    try:
        schema.Policy.model_validate(manifest)
    except ValidationError as error:
        mistakes = list(dict.fromkeys(_mistake(each) for each in error.errors()))
        number = f"{len(mistakes)} things are wrong" if len(mistakes) > 1 else "Something is wrong"
        raise BadManifest(f"{number} with this NetworkPolicy", mistakes) from None
    said = manifest["metadata"].get("namespace") or namespace
    if said != namespace:
        raise BadManifest(
            f"The policy is for the namespace {said}, you said -n {namespace}",
            ["`metadata.namespace`: leave it out, or let it agree with `-n`"], fix=f"Or say `-n {said}`.",
        )  # fmt: skip
    return {**manifest, "metadata": {**manifest["metadata"], "namespace": namespace}}


def check_kind(found: Manifest) -> None:
    """Refuse whatever is no NetworkPolicy of Kubernetes itself. Raises `BadManifest`."""
    kind, version = found.get("kind"), found.get("apiVersion")
    if (kind, version) == (KIND, API_VERSION):
        return
    if isinstance(kind, str) and kind.endswith("List"):
        raise BadManifest(
            f"This is a {_short(kind)}", ["`kind`: a list holds several objects"], fix=document.ONE_AT_A_TIME
        )
    if isinstance(version, str) and "projectcalico.org" in version:
        raise BadManifest(
            f"This is Calico's own {_short(kind)}", [f"`apiVersion`: {_short(version)}"],
            fix=f"I preview and write {API_VERSION} policies; apply Calico's with calicoctl or kubectl.",
        )  # fmt: skip
    if kind == KIND:
        raise BadManifest(
            f"The NetworkPolicy is of {_short(version) if version else 'no apiVersion'}",
            [f"`apiVersion`: {API_VERSION} is expected"],
        )  # fmt: skip
    raise BadManifest(
        f"This is {_article(kind)}, not a NetworkPolicy" if isinstance(kind, str) and kind else "This is no Kubernetes object",
        [f"`kind`: {KIND} of {API_VERSION} is expected"], fix="Send a NetworkPolicy.",
    )  # fmt: skip


def _cleaned(found: Manifest) -> Manifest:
    manifest = {key: value for key, value in found.items() if key != "status"}
    metadata = manifest.get("metadata")
    if isinstance(metadata, dict):
        manifest["metadata"] = {key: value for key, value in metadata.items() if key not in SERVER_FIELDS}
    if manifest.get("spec") is None and "spec" not in manifest:
        manifest["spec"] = {}
    return manifest


def _mistake(error: ErrorDetails) -> str:
    path = _path(error["loc"])
    kind = error["type"]
    if kind == "extra_forbidden":
        return f"`{path}`: there is no such field{_meant(error['loc'])}"
    if kind == "missing":
        return f"`{path}`: it is missing"
    if kind == "literal_error":
        return f"`{path}`: `{_short(error['input'])}` is not {error['ctx']['expected']}".replace("'", "`")
    if kind in _EXPECTED:
        return f"`{path}`: {_EXPECTED[kind]} is expected{_quoted(error['input'], kind)}"
    message = error["msg"].removeprefix("Value error, ")
    return f"`{path}`: {message}" if path else message


def _quoted(value: object, kind: str) -> str:
    if kind == "string_type" and isinstance(value, (int, float, bool)):
        return f": put {str(value).lower()} in quotes"
    return ""


def _path(location: Iterable[int | str]) -> str:
    path = ""
    for step in location:
        if step == "[key]":
            continue
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
    return path


def _meant(location: tuple[int | str, ...]) -> str:
    """The field that was meant by one that there is not."""
    model: type[BaseModel] | None = schema.Policy
    for step in location[:-1]:
        if isinstance(step, str) and model is not None:
            model = _inner(model, step)
    if model is None:
        return ""
    known = [info.alias or name for name, info in model.model_fields.items()]
    wrong = str(location[-1])
    near = next((each for each in known if each.lower() == wrong.lower()), None)
    found = [near] if near else difflib.get_close_matches(wrong, known, n=1, cutoff=0.5)
    return f", did you mean `{found[0]}`?" if found else f" (there are {', '.join(f'`{each}`' for each in known)})"


def _inner(model: type[BaseModel], field: str) -> type[BaseModel] | None:
    """The model of a field, through Optional and list."""
    info = next((info for name, info in model.model_fields.items() if field in (name, info.alias)), None)
    waiting: list[Any] = [info.annotation] if info is not None else []
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
        waiting += getattr(kind, "__args__", ())
    return None


def _article(kind: str) -> str:
    shown = _short(kind)
    return f"{'an' if shown[:1].upper() in ('A', 'E', 'I', 'O', 'U') else 'a'} {shown}"


def _short(value: object) -> str:
    text = str(value).replace("`", "ˋ").replace("\n", " ")
    return text if len(text) <= 60 else f"{text[:59]}…"
