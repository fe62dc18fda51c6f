"""Kubernetes' errors as its API words them: a Status with reason, message and details."""

from __future__ import annotations

from typing import Any

from sandbox.kube.api.kinds import Kind


class ApiError(Exception):
    """An answer that is an error. `body` is the Status object."""

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
            "details": details,
            "code": status,
        }
        if details is None:
            del self.body["details"]


def _details(kind: Kind, name: str = "", *, by_kind: bool = False, **more: Any) -> dict[str, Any]:
    details: dict[str, Any] = {
        "name": name,
        "group": kind.group,
        "kind": kind.kind if by_kind else kind.plural,
    }
    return {key: value for key, value in {**details, **more}.items() if value}


def _qualified(kind: Kind, *, by_kind: bool = False) -> str:
    word = kind.kind if by_kind else kind.plural
    return f"{word}.{kind.group}" if kind.group else word


def not_found(kind: Kind, name: str) -> ApiError:
    """404."""
    return ApiError(404, "NotFound", f'{_qualified(kind)} "{name}" not found', details=_details(kind, name))


def already_exists(kind: Kind, name: str) -> ApiError:
    """409 for a name that is taken."""
    return ApiError(
        409, "AlreadyExists", f'{_qualified(kind)} "{name}" already exists', details=_details(kind, name)
    )


def modified(kind: Kind, name: str) -> ApiError:
    """409 for a stale resourceVersion."""
    message = (
        f'Operation cannot be fulfilled on {_qualified(kind)} "{name}": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    return ApiError(409, "Conflict", message, details=_details(kind, name))


def precondition(kind: Kind, name: str, field: str, wanted: str, found: str) -> ApiError:
    """409 for a deletion's precondition."""
    message = (
        f'Operation cannot be fulfilled on {_qualified(kind, by_kind=True)} "{name}": the {field} in the'
        f" precondition ({wanted}) does not match the {field} in record ({found}). The object might have been"
        " modified"
    )
    return ApiError(409, "Conflict", message, details=_details(kind, name, by_kind=True))


def nobody_of_uid(kind: Kind, name: str, uid: str) -> ApiError:
    """409 of an apply that is for a certain object, when there is none."""
    message = (
        f'Operation cannot be fulfilled on {_qualified(kind)} "{name}": uid mismatch: the provided object'
        f" specified uid {uid}, and no existing object was found"
    )
    return ApiError(409, "Conflict", message, details=_details(kind, name))


def apply_conflict(conflicts: list[tuple[str, str]]) -> ApiError:
    """409 of an apply: (manager, field) pairs that others own."""
    number = len(conflicts)
    causes = [
        {"reason": "FieldManagerConflict", "message": f'conflict with "{manager}"', "field": field}
        for manager, field in conflicts
    ]
    if number == 1:
        manager, field = conflicts[0]
        message = f'Apply failed with 1 conflict: conflict with "{manager}": {field}'
    else:
        lines = "".join(f'\n- conflict with "{manager}": {field}' for manager, field in conflicts)
        message = f"Apply failed with {number} conflicts: {lines}"
    return ApiError(409, "Conflict", message, details={"causes": causes})


def invalid(kind: Kind, name: str, causes: list[tuple[str, str, str]]) -> ApiError:
    """422: (reason, field, message) for each thing that is wrong."""
    shown = [f"{field}: {message}" for _, field, message in causes]
    listed = shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"
    found = [{"reason": reason, "message": message, "field": field} for reason, field, message in causes]
    message = f'{_qualified(kind, by_kind=True)} "{name}" is invalid: {listed}'
    return ApiError(422, "Invalid", message, details=_details(kind, name, by_kind=True, causes=found))


def forbidden(
    user: str, verb: str, kind_plural: str, group: str, *, name: str, namespace: str, subresource: str
) -> ApiError:
    """403 of RBAC."""
    resource = f"{kind_plural}/{subresource}" if subresource else kind_plural
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    qualified = f"{kind_plural}.{group}" if group else kind_plural
    subject = f'{qualified} "{name}"' if name else qualified
    message = (
        f'{subject} is forbidden: User "{user}" cannot {verb} resource "{resource}" in API group "{group}"'
        f" {where}"
    )
    details = {"name": name, "group": group, "kind": kind_plural}
    return ApiError(
        403, "Forbidden", message, details={key: value for key, value in details.items() if value}
    )


def terminating(kind: Kind, name: str, namespace: str) -> ApiError:
    """403 for a create in a namespace that is being deleted."""
    why = f"namespace {namespace} is being terminated"
    message = (
        f'{_qualified(kind)} "{name}" is forbidden: unable to create new content in namespace {namespace}'
        " because it is being terminated"
    )
    causes = [{"reason": "NamespaceTerminating", "message": why, "field": "metadata.namespace"}]
    return ApiError(403, "Forbidden", message, details=_details(kind, name, causes=causes))


def bad_request(message: str) -> ApiError:
    """400."""
    return ApiError(400, "BadRequest", message)


def expired(message: str) -> ApiError:
    """410."""
    return ApiError(410, "Expired", message)


def unauthorized() -> ApiError:
    """401."""
    return ApiError(401, "Unauthorized", "Unauthorized")
