"""Accounts have the rights that they had: both API servers are asked by SubjectAccessReview."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from bot.adapters.json_decoders import decoder_of
from bot.adapters.kube.client import KubeClient
from bot.adapters.kube.errors import Forbidden
from bot.migration.inventory.cluster_objects import AT_ONCE
from bot.migration.proof.proof_result import ProofFault, ProofResult
from bot.migration.proof.rbac_questions import AccessQuestion, groups_of, user_of

PATH = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
MOST = 200  # reviews, of both clusters together
ATTRIBUTES = ("verb", "group", "resource", "subresource", "namespace", "name")
CHECK = "rights"


class _Status(msgspec.Struct):
    allowed: bool = False


class _Review(msgspec.Struct):
    status: _Status = msgspec.field(default_factory=_Status)


def check(source: KubeClient, target: KubeClient, questions: Sequence[AccessQuestion]) -> ProofResult:
    """Put every question to both clusters, whose answers must be equal. Reviews store nothing.

    Where the bot may not ask, that is reported as unchecked. Raises `KubeError`.
    """
    samples, unchecked = questions[: MOST // 2], []
    if not samples:
        return ProofResult(check=CHECK)
    if len(samples) < len(questions):
        omitted, most = len(questions) - len(samples), f"{MOST} reviews are the most"
        unchecked.append(f"{omitted} of {len(questions)} samples of rights: {most}")
    answers: list[list[bool]] = []
    for kube, side in ((source, "the old cluster"), (target, "the new cluster")):
        try:
            answers.append(_review_all(kube, samples))
        except Forbidden as refused:
            unchecked.append(f"rights of service accounts: {side} does not let me ask ({refused.why})")
    if len(answers) < 2:
        return ProofResult(check=CHECK, unchecked=tuple(unchecked))
    compared = zip(samples, *answers, strict=True)
    faults = tuple(_fault(question, before) for question, before, now in compared if before != now)
    return ProofResult(check=CHECK, checked_count=len(samples), faults=faults, unchecked=tuple(unchecked))


def _review_all(kube: KubeClient, questions: Sequence[AccessQuestion]) -> list[bool]:
    first = _review(kube, questions[0])  # if the bot may not ask, it is told so only once
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="review") as pool:
        return [first, *pool.map(lambda question: _review(kube, question), questions[1:])]


def _review(kube: KubeClient, question: AccessQuestion) -> bool:
    if question.path:
        attributes = {"nonResourceAttributes": {"verb": question.verb, "path": question.path}}
    else:
        values = {name: getattr(question, name) for name in ATTRIBUTES}
        attributes = {"resourceAttributes": {name: value for name, value in values.items() if value}}
    spec = {"user": user_of(question.account), "groups": groups_of(question.account), **attributes}
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    reply = kube.request("POST", PATH, doing="tell what an account may do", body=msgspec.json.encode(body))
    return decoder_of(_Review).decode(reply).status.allowed


def _fault(question: AccessQuestion, before: bool) -> ProofFault:
    may, may_not = f"it may {question}", f"it may not {question}"
    return ProofFault(
        about=str(question.account),
        actual=may_not if before else may,
        expected=f"as on the source, where {may if before else may_not}",
        fix="look at the roles and bindings that name it",
    )
