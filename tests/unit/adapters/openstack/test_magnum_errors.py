"""Magnum's own words, with a better advice where they are not what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from bot.adapters.openstack import magnum_errors
from bot.adapters.openstack.magnum_errors import MagnumError, detail_of, from_answer


def body(detail: str) -> dict[str, Any]:
    return {"errors": [{"status": 400, "title": "Cut at", "detail": detail}]}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, magnum_errors.MagnumRejected),
        (401, magnum_errors.MagnumUnauthorized),
        (403, magnum_errors.MagnumForbidden),
        (404, magnum_errors.MagnumNotFound),
        (406, magnum_errors.MagnumRejected),
        (409, magnum_errors.MagnumConflict),
        (418, magnum_errors.MagnumRejected),
        (429, magnum_errors.MagnumFailed),
        (500, magnum_errors.MagnumFailed),
    ],
)
def test_each_status_has_its_error(status: int, kind: type[MagnumError]) -> None:
    error = from_answer(status, body("It is so."), doing="list clusters", request_id="req-1")
    assert type(error) is kind and error.status == status
    assert error.what == "Magnum did not list clusters"
    assert error.why == f"HTTP {status}: It is so. (request req-1)"


@pytest.mark.parametrize(
    ("detail", "advice"),
    [
        ("Cluster type (vm, None, kubernetes) not supported", "os_distro"),
        ("Unable to find flavor m9.huge.", "--flavor"),
        ("Unable to find external network nowhere.", "--external-network"),
        ("Unable to find keypair none.", "--keypair"),
        ("Invalid input for field attribute image_id", "--image"),
        ("Network driver type weave is not allowed", "ask its operator"),
        ("Network driver type weave is not supported, expecting one of []", "ask its operator"),
        ("Resource limit exceeded: You have reached the maximum clusters", "higher quota"),
        ("Policy does not allow setting public or hidden flag", "--public"),
        ("ClusterTemplate x is referenced by one or multiple clusters", "make a new one"),
    ],
)
def test_what_magnum_says_becomes_an_advice(detail: str, advice: str) -> None:
    assert advice in from_answer(400, body(detail), doing="create the template", request_id="").fix


def test_without_a_pattern_the_advice_is_that_of_the_kind() -> None:
    assert "credentials" in from_answer(401, {}, doing="list clusters", request_id="").fix
    assert from_answer(404, body("Cluster x could not be found"), doing="show it", request_id="").fix == ""


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (body("A sentence. Another one."), "A sentence. Another one."),
        ({"errors": [{"title": "Only a title"}]}, "Only a title"),
        ({"errors": [{}]}, "no reason given"),
        (
            {"error": {"message": "The request you have made requires authentication."}},
            "The request you have",
        ),
        ("<html><style>p {}</style><h1>502</h1><p>Bad  Gateway</p></html>", "502 Bad Gateway"),
        ("", "no reason given"),
        (None, "no reason given"),
    ],
)
def test_the_detail_is_found_in_every_kind_of_body(answer: Any, detail: str) -> None:
    assert detail_of(answer).startswith(detail)


def test_a_long_page_is_cut() -> None:
    assert len(detail_of("word " * 500)) == 200
