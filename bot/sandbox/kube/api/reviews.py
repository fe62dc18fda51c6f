"""Access reviews: what somebody may do, asked for oneself or for another."""

from __future__ import annotations

from typing import Any

from bot.sandbox.kube.api import ownership
from bot.sandbox.kube.api.access import Authoriser, User
from bot.sandbox.kube.api.kinds import Kind

Object = dict[str, Any]
SUBJECT = "SubjectAccessReview"
KINDS = {"selfsubjectaccessreviews": "SelfSubjectAccessReview", "subjectaccessreviews": SUBJECT}


def subject(body: Object) -> User:
    """Who a SubjectAccessReview is about."""
    spec = body.get("spec") or {}
    return User(spec.get("user", ""), frozenset(spec.get("groups") or []))


def answer(authoriser: Authoriser, kind: Kind, body: Object, user: User, *, agent: str, now: str) -> Object:
    """The review with its verdict."""
    asked = body.get("spec", {}).get("resourceAttributes") or {}
    allowed = authoriser.allows(
        user, verb=asked.get("verb", ""), group=asked.get("group", ""), resource=asked.get("resource", ""),
        subresource=asked.get("subresource", ""), namespace=asked.get("namespace", ""), name=asked.get("name", ""),
    )  # fmt: skip
    scratch = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": {}, "spec": body.get("spec", {})}
    entry = {
        "manager": agent, "operation": "Update", "apiVersion": kind.api_version, "time": now, "fieldsType": "FieldsV1",
        "fieldsV1": ownership.encode(ownership.fields_of(scratch)),
    }  # fmt: skip
    return {**scratch, "metadata": {"managedFields": [entry]}, "status": {"allowed": allowed}}
