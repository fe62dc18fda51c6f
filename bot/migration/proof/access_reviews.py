"""Asks both API servers what accounts may do, by SubjectAccessReview, and compares the answers. Stores
nothing there.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from bot.adapters.kube.client import Kube
from bot.adapters.kube.errors import Forbidden
from bot.migration.inventory.cluster_objects import AT_ONCE
from bot.migration.proof.rbac_questions import AccessQuestion, groups_of, user_of
from bot.migration.proof.verdict import ProofFault, ProofResult

PATH = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
MOST = 200  # reviews, both sides together
CHECK = "rights"


class _Status(msgspec.Struct):
    allowed: bool = False


class _Review(msgspec.Struct):
    status: _Status = msgspec.field(default_factory=_Status)


def check(source: Kube, target: Kube, questions: Sequence[AccessQuestion]) -> ProofResult:
    """Put every question to both sides: the answers are to be equal. At most 200 reviews, at most 8 at once.

    Where one may not ask, that is said. Raises `KubeError`.
    """
    asked = questions[: MOST // 2]
    if not asked:
        return ProofResult(check=CHECK)
    unchecked = []
    if len(asked) < len(questions):
        unchecked.append(
            f"{len(questions) - len(asked)} of {len(questions)} samples of rights: {MOST} reviews are the"
            " most"
        )
    answers: list[list[bool]] = []
    for kube, side in ((source, "the old cluster"), (target, "the new cluster")):
        try:
            answers.append(_answers(kube, asked))
        except Forbidden as refused:
            unchecked.append(f"rights of service accounts: {side} does not let me ask ({refused.why})")
    if len(answers) < 2:
        return ProofResult(check=CHECK, unchecked=tuple(unchecked))
    faults = tuple(_fault(each, old) for each, old, new in zip(asked, *answers, strict=True) if old != new)
    return ProofResult(check=CHECK, looked=len(asked), faults=faults, unchecked=tuple(unchecked))


def _answers(kube: Kube, asked: Sequence[AccessQuestion]) -> list[bool]:
    first = _answer(kube, asked[0])  # one that may not ask is told so once
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="review") as pool:
        return [first, *pool.map(lambda each: _answer(kube, each), asked[1:])]


def _answer(kube: Kube, asked: AccessQuestion) -> bool:
    if asked.path:
        what = {"nonResourceAttributes": {"verb": asked.verb, "path": asked.path}}
    else:
        fields = ("verb", "group", "resource", "subresource", "namespace", "name")
        what = {"resourceAttributes": {field: value for field in fields if (value := getattr(asked, field))}}
    spec = {"user": user_of(asked.account), "groups": groups_of(asked.account), **what}
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    reply = kube.request("POST", PATH, doing="tell what an account may do", body=msgspec.json.encode(body))
    return msgspec.json.decode(reply, type=_Review).status.allowed


def _fault(asked: AccessQuestion, old: bool) -> ProofFault:
    may, may_not = f"it may {asked}", f"it may not {asked}"
    return ProofFault(
        about=str(asked.account),
        seen=may_not if old else may,
        expected=f"as on the source, where {may if old else may_not}",
        fix="look at the roles and bindings that name it",
    )
