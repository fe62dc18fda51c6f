"""Both clusters are asked what accounts may do, and must answer alike."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec

from bot.adapters.kube.errors import Forbidden
from bot.migration.objects.fields import Ref
from bot.migration.proof import access_reviews
from bot.migration.proof.proof_result import ProofResult
from bot.migration.proof.rbac_questions import AccessQuestion

RUNNER = Ref("", "ServiceAccount", "shop", "runner")
READ = AccessQuestion(account=RUNNER, verb="get", resource="configmaps", namespace="shop")
METRICS = AccessQuestion(account=RUNNER, verb="get", path="/metrics")


@dataclasses.dataclass
class Reviewer:
    """An API server that allows some verbs, or none to ask."""

    allowed: bool = True
    refusal: Forbidden | None = None
    bodies: list[Any] = dataclasses.field(default_factory=list)

    def request(self, method: str, path: str, *, doing: str, body: bytes) -> bytes:
        if self.refusal is not None:
            raise self.refusal
        self.bodies.append(msgspec.json.decode(body)["spec"])
        return msgspec.json.encode({"status": {"allowed": self.allowed}})


def check(source: Reviewer, target: Reviewer, *questions: AccessQuestion) -> ProofResult:
    return access_reviews.check(source, target, questions)  # type: ignore[arg-type]


def test_equal_answers_are_no_fault_whatever_they_are() -> None:
    for allowed in (True, False):
        result = check(Reviewer(allowed), Reviewer(allowed), READ, METRICS)
        assert (result.checked_count, result.faults) == (2, ())


def test_a_right_that_is_lost_or_gained_is_named_with_both_answers() -> None:
    [lost] = check(Reviewer(), Reviewer(False), READ).faults
    assert lost.about == "ServiceAccount shop/runner" and lost.actual == "it may not get configmaps in shop"
    assert lost.expected == "as on the source, where it may get configmaps in shop"
    [gained] = check(Reviewer(False), Reviewer(), READ).faults
    assert gained.actual == "it may get configmaps in shop"


def test_a_review_names_the_account_as_the_api_server_knows_it() -> None:
    source = Reviewer()
    check(source, Reviewer(), READ, METRICS)
    resource, path = source.bodies
    assert resource["user"] == "system:serviceaccount:shop:runner"
    assert "system:serviceaccounts:shop" in resource["groups"]
    assert resource["resourceAttributes"] == {"verb": "get", "resource": "configmaps", "namespace": "shop"}
    assert path["nonResourceAttributes"] == {"verb": "get", "path": "/metrics"}


def test_a_cluster_that_does_not_let_the_bot_ask_is_reported_and_asked_once() -> None:
    refused = Reviewer(refusal=Forbidden("no", why="HTTP 403: no right"))
    result = check(Reviewer(), refused, READ, METRICS)
    assert result.checked_count == 0 and not result.faults
    assert result.unchecked == (
        "rights of service accounts: the new cluster does not let me ask (HTTP 403: no right)",
    )


def test_questions_beyond_the_limit_are_reported() -> None:
    result = check(Reviewer(), Reviewer(), *[READ] * 150)
    assert result.checked_count == 100
    assert result.unchecked == ("50 of 150 samples of rights: 200 reviews are the most",)


def test_without_questions_nobody_is_asked() -> None:
    assert check(Reviewer(), Reviewer()) == ProofResult(check="rights")
