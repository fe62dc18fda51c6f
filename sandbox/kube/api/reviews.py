"""Access reviews: what somebody may do, asked for oneself or for another."""

from __future__ import annotations

from typing import Any

from sandbox.kube.api import errors, ownership
from sandbox.kube.api.access import Asked, Authoriser, User
from sandbox.kube.api.kinds import Kind

Object = dict[str, Any]
SUBJECT = "SubjectAccessReview"
KINDS = {"selfsubjectaccessreviews": "SelfSubjectAccessReview", "subjectaccessreviews": SUBJECT}


def subject(body: Object) -> User:
    """Who a SubjectAccessReview is about."""
    spec = body.get("spec") or {}
    return User(spec.get("user", ""), frozenset(spec.get("groups") or []))


def answer(authoriser: Authoriser, kind: Kind, body: Object, user: User, *, agent: str, now: str) -> Object:
    """The review with its verdict, and by which binding. Raises `ApiError` 422."""
    spec = body.get("spec") or {}
    _check(kind, spec)
    found = spec.get("resourceAttributes") or spec["nonResourceAttributes"]
    fields = ("verb", "group", "resource", "subresource", "namespace", "name", "path")
    why = authoriser.why(user, Asked(**{field: found.get(field, "") for field in fields}))
    status: Object = {"allowed": why is not None, **({"reason": why} if why else {})}
    scratch = {
        "kind": kind.kind,
        "apiVersion": kind.api_version,
        "metadata": {},
        "spec": body.get("spec", {}),
    }
    entry = {
        "manager": agent,
        "operation": "Update",
        "apiVersion": kind.api_version,
        "time": now,
        "fieldsType": "FieldsV1",
        "fieldsV1": ownership.encode(ownership.fields_of(scratch)),
    }
    return {**scratch, "metadata": {"managedFields": [entry]}, "status": status}


def _check(kind: Kind, spec: Object) -> None:
    causes = []
    if bool(spec.get("resourceAttributes")) == bool(spec.get("nonResourceAttributes")):
        causes.append(
            (
                "FieldValueInvalid",
                "spec.resourceAttributes",
                (
                    'Invalid value: "null": exactly one of nonResourceAttributes or resourceAttributes must'
                    " be specified"
                ),
            )
        )
    if kind.kind == SUBJECT and not spec.get("user") and not spec.get("groups"):
        causes.append(
            (
                "FieldValueInvalid",
                "spec.user",
                'Invalid value: "": at least one of user or group must be specified',
            )
        )
    if causes:
        raise errors.invalid(kind, "", causes)
