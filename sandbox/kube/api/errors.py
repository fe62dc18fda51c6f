"""The errors of the Kubernetes API: a Status object with reason, message and details.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
"""

from __future__ import annotations

from typing import Any

from sandbox.kube.api.kinds import Kind

Cause = tuple[str, str, str]  # reason, field and message of one thing that is invalid


class ApiError(Exception):
    """A request that is answered with an error. `body` is the Status object."""

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        details: dict[str, Any] | None = None,
        retry_after: int = 0,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.body: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            "reason": reason,
            **({} if details is None else {"details": details}),
            "code": status,
        }


def not_found(kind: Kind, name: str) -> ApiError:
    """Return the 404 for an object that does not exist."""
    message = f'{kind.qualified_plural} "{name}" not found'
    return ApiError(404, "NotFound", message, details=_details(kind, name))


def already_exists(kind: Kind, name: str) -> ApiError:
    """Return the 409 for a name that is taken."""
    message = f'{kind.qualified_plural} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, details=_details(kind, name))


def modified(kind: Kind, name: str) -> ApiError:
    """Return the 409 for a stale resourceVersion."""
    message = (
        f'Operation cannot be fulfilled on {kind.qualified_plural} "{name}": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    return ApiError(409, "Conflict", message, details=_details(kind, name))


def precondition(kind: Kind, name: str, field: str, *, expected: str, actual: str) -> ApiError:
    """Return the 409 for a uid or resourceVersion that the client expects and the object has not."""
    message = (
        f'Operation cannot be fulfilled on {kind.qualified_kind} "{name}": the {field} in the'
        f" precondition ({expected}) does not match the {field} in record ({actual}). The object might have"
        " been modified"
    )
    return ApiError(409, "Conflict", message, details=_details(kind, name, by_kind=True))


def no_object_of_uid(kind: Kind, name: str, uid: str) -> ApiError:
    """Return the 409 of an apply that is for an object of this uid, when there is none."""
    message = (
        f'Operation cannot be fulfilled on {kind.qualified_plural} "{name}": uid mismatch: the provided'
        f" object specified uid {uid}, and no existing object was found"
    )
    return ApiError(409, "Conflict", message, details=_details(kind, name))


def apply_conflict(conflicts: list[tuple[str, str]]) -> ApiError:
    """Return the 409 of an apply of fields that others own: pairs of manager and field."""
    causes = [
        {"reason": "FieldManagerConflict", "message": f'conflict with "{manager}"', "field": field}
        for manager, field in conflicts
    ]
    lines = [f'conflict with "{manager}": {field}' for manager, field in conflicts]
    message = f"Apply failed with 1 conflict: {lines[0]}"
    if len(lines) > 1:
        listed = "".join(f"\n- {line}" for line in lines)
        message = f"Apply failed with {len(lines)} conflicts: {listed}"
    return ApiError(409, "Conflict", message, details={"causes": causes})


def invalid(kind: Kind, name: str, causes: list[Cause]) -> ApiError:
    """Return the 422 for an object with invalid fields."""
    lines = [f"{field}: {message}" for _, field, message in causes]
    listed = lines[0] if len(lines) == 1 else f"[{', '.join(lines)}]"
    detailed = [{"reason": reason, "message": message, "field": field} for reason, field, message in causes]
    message = f'{kind.qualified_kind} "{name}" is invalid: {listed}'
    return ApiError(422, "Invalid", message, details=_details(kind, name, by_kind=True, causes=detailed))


def invalid_value(field: str, message: str) -> Cause:
    """Return the cause for a value that is not allowed: the value, a colon, and why."""
    return "FieldValueInvalid", field, f"Invalid value: {message}"


def forbidden_value(field: str, message: str) -> Cause:
    """Return the cause for a field that may not be set or changed."""
    return "FieldValueForbidden", field, f"Forbidden: {message}"


def required_value(field: str, message: str) -> Cause:
    """Return the cause for a field that is missing."""
    return "FieldValueRequired", field, f"Required value: {message}"


def not_admitted(kind: Kind, obj: dict[str, Any], why: str) -> ApiError:
    """Return the 403 of an admission plugin for an object that is to be created."""
    name = obj["metadata"].get("name") or obj["metadata"].get("generateName", "")
    message = f'{kind.qualified_plural} "{name}" is forbidden: {why}'
    return ApiError(403, "Forbidden", message, details=_details(kind, name))


def terminating(kind: Kind, name: str, namespace: str) -> ApiError:
    """Return the 403 for a create in a namespace that is being deleted."""
    message = (
        f'{kind.qualified_plural} "{name}" is forbidden: unable to create new content in namespace'
        f" {namespace} because it is being terminated"
    )
    cause = {
        "reason": "NamespaceTerminating",
        "message": f"namespace {namespace} is being terminated",
        "field": "metadata.namespace",
    }
    return ApiError(403, "Forbidden", message, details=_details(kind, name, causes=[cause]))


def bad_request(message: str) -> ApiError:
    """Return the 400 for a request that the server does not understand."""
    return ApiError(400, "BadRequest", message)


def expired(message: str) -> ApiError:
    """Return the 410 for a version that the server does not keep any more."""
    return ApiError(410, "Expired", message)


def unauthorized() -> ApiError:
    """Return the 401 for credentials that are not accepted."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def _details(kind: Kind, name: str, *, by_kind: bool = False, **extra: Any) -> dict[str, Any]:
    details = {"name": name, "group": kind.group, "kind": kind.kind if by_kind else kind.plural, **extra}
    return {key: value for key, value in details.items() if value}
