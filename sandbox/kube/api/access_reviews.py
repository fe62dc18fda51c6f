"""Access reviews: what somebody may do, asked for oneself or for another user."""

from __future__ import annotations

from sandbox.kube.api import errors, field_paths, managed_fields
from sandbox.kube.api.authentication import User
from sandbox.kube.api.authorization import AccessRequest, Authoriser
from sandbox.kube.api.errors import Cause
from sandbox.kube.api.kinds import Kind
from sandbox.kube.objects import Object

SUBJECT = "SubjectAccessReview"
KINDS = {"selfsubjectaccessreviews": "SelfSubjectAccessReview", "subjectaccessreviews": SUBJECT}
FIELDS = ("verb", "group", "resource", "subresource", "namespace", "name", "path")


def subject(review: Object) -> User:
    """Return the user that a SubjectAccessReview is about."""
    spec = review.get("spec") or {}
    return User(spec.get("user", ""), frozenset(spec.get("groups") or []))


def evaluate(
    authoriser: Authoriser, kind: Kind, review: Object, user: User, *, manager: str, now: str
) -> Object:
    """Return a review with its verdict, and the binding that allows it. Raises `ApiError` 422."""
    spec = review.get("spec") or {}
    _check(kind, spec)
    attributes = spec.get("resourceAttributes") or spec["nonResourceAttributes"]
    request = AccessRequest(**{field: attributes.get(field, "") for field in FIELDS})
    reason = authoriser.reason(user, request)
    status: Object = {"allowed": reason is not None, **({"reason": reason} if reason else {})}
    evaluated = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": {}, "spec": spec}
    fields = field_paths.fields_of(evaluated)
    managed_fields.own(evaluated, managed_fields.Manager(manager, "Update"), kind, fields, now=now)
    return {**evaluated, "status": status}


def _check(kind: Kind, spec: Object) -> None:
    causes: list[Cause] = []
    if bool(spec.get("resourceAttributes")) == bool(spec.get("nonResourceAttributes")):
        why = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        causes.append(errors.invalid_value("spec.resourceAttributes", f'"null": {why}'))
    if kind.kind == SUBJECT and not spec.get("user") and not spec.get("groups"):
        causes.append(
            errors.invalid_value("spec.user", '"": at least one of user or group must be specified')
        )
    if causes:
        raise errors.invalid(kind, "", causes)
