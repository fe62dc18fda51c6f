"""An answer becomes the error of what one does next, with the words of the server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.adapters.kube import errors
from bot.adapters.kube.errors import Cause, KubeError, from_answer, from_status


def status(**fields: Any) -> bytes:
    return json.dumps({"kind": "Status", "apiVersion": "v1", **fields}).encode()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, errors.Malformed),
        (401, errors.Unauthorized),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (410, errors.Expired),
        (418, KubeError),
        (422, errors.Invalid),
        (429, errors.TooManyRequests),
        (500, errors.ServerFailed),
        (503, errors.ServerFailed),
    ],
)
def test_each_status_has_its_error(code: int, kind: type[KubeError]) -> None:
    for error in (
        from_status(code, "the reason", doing="list pods"),
        from_answer(code, status(message="the reason"), doing="list pods"),
        from_answer(code, b"the reason", doing="list pods"),
    ):
        assert type(error) is kind
        assert (error.what, error.why) == ("The Kubernetes API did not list pods", f"HTTP {code}: the reason")


@pytest.mark.parametrize(
    ("code", "reason", "cause", "kind"),
    [
        (409, "AlreadyExists", "", errors.AlreadyExists),
        (409, "Conflict", "FieldManagerConflict", errors.FieldConflict),
        (403, "Forbidden", "NamespaceTerminating", errors.NamespaceTerminating),
        (422, "AlreadyExists", "FieldManagerConflict", errors.Invalid),
    ],
)
def test_a_reason_narrows_the_error(code: int, reason: str, cause: str, kind: type[KubeError]) -> None:
    details = {"causes": [{"reason": cause, "message": "m", "field": ".spec"}]} if cause else None
    error = from_answer(code, status(reason=reason, details=details), doing="apply web")
    assert type(error) is kind


def test_the_causes_name_fields_and_managers() -> None:
    causes = [{"reason": "FieldManagerConflict", "message": 'conflict with "helm"', "field": ".spec.egress"}]
    error = from_answer(409, status(details={"causes": causes}), doing="apply web")
    assert error.causes == (
        Cause(field=".spec.egress", message='conflict with "helm"', reason="FieldManagerConflict"),
    )


def test_the_page_of_a_proxy_is_cut_and_an_empty_body_is_said() -> None:
    assert len(from_answer(502, b"x" * 5_000, doing="list pods").why) < 250
    assert from_answer(502, b"", doing="list pods").why == "HTTP 502: no reason given"
    assert from_answer(502, b"{}", doing="list pods").why == "HTTP 502: no reason given"


def test_a_kind_without_an_advice_takes_that_of_its_base() -> None:
    exists = from_answer(409, status(reason="AlreadyExists"), doing="create web")
    assert exists.fix == from_status(409, "m", doing="create web").fix != ""
    assert from_status(404, "m", doing="show web").fix == ""
